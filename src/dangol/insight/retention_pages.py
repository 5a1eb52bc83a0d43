"""What the page of retention shows: cohorts, and how long customers stay. The company's, from the facts of the run."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.defection_proof import gap_words
from dangol.web import formats

TONES = ("p", "b", "o")


def retention_page(actor: Actor, found: Mapping[str, Any]) -> dict[str, Any]:
    """Key figures and charts. No query."""
    language = actor.language
    chosen = gap_words(found["gap_chosen"])
    median = found["all"]["median"]
    return {
        "kpis": [
            {
                "label": _("Customers"),
                "value": formats.number(found["customers"], language),
                "detail": _("who ever bought"),
            },
            {
                "label": _("Silent for too long"),
                "value": formats.percent(Decimal(found["left"]) / found["customers"], language),
                "detail": _("%(n)s customers") % {"n": formats.number(found["left"], language)},
            },
            {
                "label": _("Counts as gone after"),
                "value": _("%(n)s days") % {"n": formats.number(found["gap"], language)},
                "detail": chosen,
            },
            {
                "label": _("Half have left after"),
                "value": _("%(n)s months") % {"n": formats.number(Decimal(f"{median:.1f}"), language)}
                if median is not None
                else _("not yet"),
                "detail": _("between first and last purchase"),
            },
        ],
        "cohorts": cohort_chart(found) if found["cohorts"] else None,
        "staying": _staying_chart(found),
        "alike": None if found["alike"] is None else _probability(found["alike"], language),
    }


def _probability(value: float, language: str) -> str:
    if value < 0.001:
        return "< 0.001"
    return formats.number(Decimal(f"{value:.2g}"), language)


def cohort_chart(found: Mapping[str, Any], latest: int | None = None) -> dict[str, Any]:
    """Who bought again, by month of the first purchase: of all cohorts, or of the `latest` that can have bought again, as
    many months long."""
    cohorts = found["cohorts"]
    if latest is not None:
        cohorts = [
            {**one, "active": one["active"][: latest + 1]} for one in cohorts if len(one["active"]) > 1
        ][-latest:]
    width = max((len(one["active"]) for one in cohorts), default=0)
    return {
        "type": "heatmap",
        "label_name": _("First purchase"),
        "columns": [_("%(n)s months") % {"n": month} for month in range(width)],
        "rows": [f"{one['month'][2:]} ({one['customers']:,})" for one in cohorts],
        "cells": [
            [month, place, f"{active / one['customers']:.4f}"]
            for place, one in enumerate(cohorts)
            for month, active in enumerate(one["active"])
        ],
        "unit": "percent",
        "min": 0,
        "max": 1,
    }


def _staying_chart(found: Mapping[str, Any]) -> dict[str, Any]:
    groups = found["groups"] if len(found["groups"]) > 1 else [found["all"]]
    longest = max(len(one["share"]) for one in groups)

    def padded(values: list[float]) -> list[float | None]:
        return [*values, *[None] * (longest - len(values))]

    return {
        "type": "line",
        "label_name": _("Months since the first purchase"),
        "labels": [str(month) for month in range(longest)],
        "series": [
            {
                "name": _("began in %(year)s") % {"year": one["year"]}
                if "year" in one
                else _("Still buying"),
                "values": padded(one["share"]),
                "low": padded(one["low"]),
                "high": padded(one["high"]),
                "tone": TONES[place],
            }
            for place, one in enumerate(groups)
        ],
        "unit": "percent",
    }
