"""What the page of the model of defection shows: what it was learnt from, how right it was, what it got most wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import defection_selectors
from dangol.insight.modelling import room
from dangol.insight.models import ModelVersion
from dangol.insight.policies import sight_of
from dangol.records import fieldrules, registry
from dangol.web import formats

SHOWN_DRIFT = 12


def proof(version: ModelVersion, language: str) -> dict[str, Any]:
    """The one figure of lists of versions: how well it tells apart who leaves and who stays. No query."""
    area = version.held["area"]
    return {
        "error": figure(area["model"], language),
        "baseline": figure(area["baseline"], language),
        "proof": _("told apart on unseen time (AUC)"),
    }


def gap_words(chosen: str) -> str:
    """How the gap was chosen. No query."""
    return {
        "said": _("as said in the settings"),
        "usual": _("the usual 90 days: too few gaps to tell"),
        "data": _("nine of ten gaps between purchases were no longer"),
    }[chosen]


def details(actor: Actor, version: ModelVersion) -> dict[str, Any]:
    """Everything the page tells of a version. One query."""
    held, language = version.held, actor.language
    return {
        "facts": _facts(version, language),
        "held_from": held["from"],
        "held_until": held["until"],
        "judged": _judged(version, language),
        "gain": [figure(round(one, 3), language) for one in held["gain"]],
        "sure": held["gain"][1] > 0,
        "calibration": calibration_chart(version),
        "windows": [
            {
                "role": role,
                "day": one["day"],
                "customers": formats.number(one["customers"], language),
                "left": formats.percent(Decimal(str(one["left"] / one["taken"])), language),
            }
            for role, one in zip(
                (_("learnt on"), _("calibrated on"), _("judged on")), version.data["windows"], strict=True
            )
        ],
        "drift": drift(version, language),
        "worst": _worst(actor, version),
    }


def drift(version: ModelVersion, language: str) -> list[dict[str, str]]:
    """How right it was since it was learnt, newest first. No query."""
    return [
        {
            "as_of": one["as_of"],
            "told": figure(one["told"], language),
            "came": formats.number(one["came"], language),
            "share": formats.percent(Decimal(str(one["came"] / one["told"])), language)
            if one["told"]
            else "–",
        }
        for one in reversed(version.drift[-SHOWN_DRIFT:])
    ]


def figure(value: float | None, language: str) -> str:
    """A number of a model to four figures."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return formats.number(round(value), language)
    return formats.number(Decimal(f"{value:.4g}"), language, None)


def _facts(version: ModelVersion, language: str) -> list[tuple[str, str]]:
    data = version.data
    return [
        (_("Orders"), f"{data['first']} – {data['until']}"),
        (
            _("Whose"),
            _("all customers who are there, orders in %(currency)s, less what was called off or came back")
            % {"currency": version.currency},
        ),
        (_("Purchases"), formats.number(data["purchases"], language)),
        (_("Came back in whole"), formats.number(data["undone"], language)),
        (
            _("Still a customer"),
            _("bought within the last %(n)s days") % {"n": formats.number(data["gap"], language)},
        ),
        (
            _("Has left"),
            _("then buys nothing for %(n)s days") % {"n": formats.number(data["gap"], language)},
        ),
        (_("Why so many days"), gap_words(data["gap_chosen"])),
        (
            _("Baseline"),
            _("days since the last purchase alone"),
        ),
    ]


def _judged(version: ModelVersion, language: str) -> list[dict[str, Any]]:
    held = version.held
    area, top, error, brier = (held[name] for name in ("area", "top", "calibration", "brier"))

    def share(value: float) -> str:
        return formats.percent(Decimal(str(value)), language)

    return [
        {
            "label": _("Told apart who leaves and who stays (AUC)"),
            "model": figure(area["model"], language),
            "baseline": figure(area["baseline"], language),
            "better": held["gain"][1] > 0,
        },
        {
            "label": _("Leavers in the tenth held most probable, times the average"),
            "model": figure(top["model"], language),
            "baseline": figure(top["baseline"], language),
            "better": top["model"] >= top["baseline"],
            "unsure": top["model"] < top["baseline"] and "top" not in version.reasons,
        },
        {
            "label": _("Calibration error"),
            "model": share(error["model"]),
            "baseline": share(error["baseline"]),
            "better": error["model"] <= error["baseline"],
        },
        {
            "label": _("Squared error of the probability (Brier)"),
            "model": figure(brier["model"], language),
            "baseline": figure(brier["baseline"], language),
            "better": brier["model"] < brier["baseline"],
        },
        {
            "label": _("Customers who left"),
            "model": formats.number(round(held["told"]), language),
            "baseline": "",
            "came": formats.number(held["left"], language),
            "better": None,
        },
    ]


def calibration_chart(version: ModelVersion) -> dict[str, Any]:
    """Told and come by bins of equal numbers of customers, lowest first. No query."""
    rows = version.held["bins"]
    return {
        "type": "line",
        "label_name": _("Told"),
        "labels": [formats.percent(Decimal(str(row[1])), places=0) for row in rows],
        "series": [
            {
                "name": _("Left"),
                "values": [row[2] for row in rows],
                "low": [row[3] for row in rows],
                "high": [row[4] for row in rows],
                "tone": "p",
            },
            {"name": _("Told"), "values": [row[1] for row in rows], "kind": "forecast", "tone": "n"},
        ],
        "unit": "percent",
    }


def _worst(actor: Actor, version: ModelVersion) -> dict[str, Any] | None:
    """The customer, of those the actor may see, whom this version foretold worst; only the newest version's are kept."""
    one = defection_selectors.missed(sight_of(actor), model=room.name_of(version.purpose, version.number))
    if one is None:
        return None
    language = actor.language
    if one.left:
        why = _(
            "Bought as somebody who stays, and then stopped at once. A model that goes by orders cannot know of what ends "
            "a good relation in one day: a complaint, another supplier, a closed shop. Ask."
        )
    else:
        why = _(
            "Had become rarer or smaller like those who leave, and bought again. A pause is not told from an end by orders "
            "alone: look at whether season or stock explains it."
        )
    return {
        "name": fieldrules.masked_title(actor, registry.get("customer"), one.name),
        "url": f"/customers/{one.id}/",
        "told": formats.percent(one.told, language, 0),
        "came": _("left") if one.left else _("went on buying"),
        "why": why,
        "history": _("usually %(gap)s days between orders, the last %(days)s days before the day of the data")
        % {
            "gap": "–" if one.interval is None else formats.number(one.interval, language),
            "days": "–" if one.recency is None else formats.number(one.recency, language),
        },
    }
