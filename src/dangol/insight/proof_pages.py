"""What the page of a model shows beyond its verdict: each week of the time held out, and what its intervals do not hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from dangol.insight.models import ModelVersion


def weekly_chart(version: ModelVersion) -> dict[str, Any] | None:
    """Repeat purchases of each week of the time held out: told and come. None for versions of before it was kept."""
    curve = version.held["tracking"]
    if "told" not in curve:
        return None
    begin = sum(curve["learnt"])
    ends = [date.fromisoformat(one) for one in curve["ends"]]
    if len(ends) > 1 and (ends[-1] - ends[-2]).days < 7:
        ends.pop()  # the days after the last whole week would look as if purchases had come to an end
    if not 0 < begin < len(ends):
        return None
    came = _steps(curve["actual"][begin - 1 : len(ends)])
    # What had come by the moment from which on it was told: the week in which that lies is told from its own begin.
    told = _steps([curve["actual"][begin - 1], *curve["told"][begin : len(ends)]])
    return {
        "type": "line",
        "label_name": _("Week until"),
        "labels": [one.isoformat() for one in ends[begin:]],
        "series": [
            {"name": _("Came"), "values": came, "tone": "p"},
            {"name": _("Told"), "values": told, "tone": "o", "kind": "forecast"},
        ],
        "unit": "number",
    }


def doubts(version: ModelVersion) -> list[str]:
    """What speaks neither against using the model nor is held by its intervals."""
    found = []
    if "spend" in version.held.get("doubts", []):
        found.append(
            _(
                "Spend may go with how often customers buy. The value of frequent customers can be off by more than "
                "its interval says."
            )
        )
    if not version.held["order"]["sure"] and "order" not in version.reasons:
        found.append(
            _(
                "Whether it puts customers in a better order than last year's revenue cannot be told: the interval holds 0."
            )
        )
    return found


def _steps(values: Sequence[float]) -> list[float]:
    return [round(later - earlier, 2) for earlier, later in pairwise(values)]
