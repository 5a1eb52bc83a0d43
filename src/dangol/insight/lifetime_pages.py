"""What the page of customer value shows of lifetime value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import lifetime_selectors, links
from dangol.insight.modelling import room, words
from dangol.insight.models import ModelVersion
from dangol.insight.policies import Sight
from dangol.insight.segments import TIER_LABELS
from dangol.measures.models import RefreshRun
from dangol.web import formats

BRIDGE_TONES = {"won": "p", "grew": "s", "shrank": "c", "lost": "o", "model": "n"}


def lifetime_part(*, actor: Actor, run: RefreshRun, sight: Sight, currency: str) -> dict[str, Any]:
    """Sum, tiers, spread, bridge and proof of lifetime value; empty without a model in use. Four queries, else one.

    The proof and the interval of the sum are the company's, and shown to those who see all of it.
    """
    version = room.published(room.LIFETIME)
    facts = run.facts.get(room.LIFETIME)
    if version is None or not facts:
        return {"lifetime_lacking": _lacking_short()} if sight.everything else {}
    found = lifetime_selectors.tiers(sight)
    worth = sum((tier.worth for tier in found.values()), Decimal(0))
    customers = sum(tier.customers for tier in found.values())
    bridge = lifetime_selectors.bridge(sight)
    shown: dict[str, Any] = {
        "lifetime_kpi": _kpi(actor, currency, worth, customers, bridge, facts if sight.everything else None),
        "lifetime_tiers": _tiers_chart(currency, found),
        "lifetime_spread": _spread_chart(lifetime_selectors.spread(sight), actor.language, currency),
        "lifetime_bridge": bridge_chart(bridge, currency) if bridge.before else None,
        "lifetime_since": facts.get("month_ago", ""),
        "lifetime_model": _model_words(version),
        "lifetime_in_revenue": version.terms.get("margin") is None,
    }
    if sight.everything:
        shown |= {
            "lifetime_tracking": tracking_chart(version),
            "lifetime_bands": bands_chart(version),
            "lifetime_held_from": version.held["from"],
        }
    return shown


def _lacking_short() -> list[dict[str, Any]]:
    return lacking_rows(room.setting_of(room.LIFETIME).lacking)


def lacking_rows(lacking: Mapping[str, int]) -> list[dict[str, Any]]:
    """What a model needs, and how much of it there is; empty where nothing is lacking."""
    rows = []
    for name, (label, usual) in words.LACKS.items():
        if name in lacking:
            needed = lacking.get(f"{name}_needed", usual)
            enough = lacking[name] >= needed
            rows.append({"label": label, "needed": needed, "there": lacking[name], "enough": enough})
    return rows


def _kpi(
    actor: Actor,
    currency: str,
    worth: Decimal,
    customers: int,
    bridge: lifetime_selectors.Bridge,
    facts: Mapping[str, Any] | None,
) -> dict[str, Any]:
    language = actor.language
    item: dict[str, Any] = {
        "label": _("Customer equity, 3 years"),
        "value": formats.money_short(worth, currency, language),
        "detail": _("%(n)s customers") % {"n": formats.number(customers, language)},
        "url": links.records_url("customer", "clv.3y > 0", sort="-clv.3y"),
        "info": _("What all customers are expected to bring in three years, discounted to today."),
    }
    if facts is not None:
        item["small"] = "%s–%s" % tuple(  # noqa: UP031 - two ends of one range
            formats.money_short(Decimal(facts[end]), currency, language) for end in ("low", "high")
        )
    if bridge.before > 0:
        item["trend"] = (bridge.after - bridge.before) / bridge.before
        item["detail"] = _("against a month ago")
    return item


def _model_words(version: ModelVersion) -> str:
    total = version.held["total"]
    came = total["came"] or 1
    return _("Model v%(number)s · error on unseen time %(error)s (baseline %(baseline)s)") % {
        "number": version.number,
        "error": formats.percent(Decimal(str(abs(total["told"] - came) / came))),
        "baseline": formats.percent(Decimal(str(abs(total["simple"] - came) / came))),
    }


def _tiers_chart(currency: str, found: Mapping[str, lifetime_selectors.Tier]) -> dict[str, Any]:
    codes = [code for code in TIER_LABELS if code in found]
    return {
        "type": "bar",
        "label_name": _("Value tier"),
        "labels": [f"{TIER_LABELS[code]} ({found[code].customers:,})" for code in codes],
        "series": [
            {"name": _("Customer equity, 3 years"), "values": [str(found[code].worth) for code in codes]}
        ],
        "urls": [links.records_url("customer", f'clv.tier = "{code}"', sort="-clv.3y") for code in codes],
        "unit": "money",
        "currency": currency,
    }


def _spread_chart(bins: Sequence[lifetime_selectors.Bin], language: str, currency: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "label_name": _("Lifetime value, 3 years"),
        "labels": [
            _("from %(amount)s") % {"amount": formats.money_short(one.least, currency, language)}
            for one in bins
        ],
        "series": [{"name": _("Customers"), "values": [one.customers for one in bins], "tone": "b"}],
        "unit": "number",
    }


def bridge_chart(bridge: lifetime_selectors.Bridge, currency: str) -> dict[str, Any]:
    """The steps from then to now; their sum is the difference, to the last digit."""
    names = {
        "won": _("Won"),
        "grew": _("Grew"),
        "shrank": _("Shrank"),
        "lost": _("Lost"),
        "model": _("Model"),
    }
    return {
        "type": "bridge",
        "label_name": _("Step"),
        "labels": [_("A month ago"), *names.values(), _("Now")],
        "series": [
            {
                "name": _("Amount"),
                "values": [
                    str(bridge.before),
                    *(str(bridge.steps[code][1]) for code in names),
                    str(bridge.after),
                ],
                "tones": ["p", *(BRIDGE_TONES[code] for code in names), "p"],
            }
        ],
        "unit": "money",
        "currency": currency,
    }


def tracking_chart(version: ModelVersion) -> dict[str, Any]:
    """Repeat purchases by week, added up: what came, what the model learnt from, what it told of time it had not seen."""
    curve = version.held["tracking"]
    seen = curve["learnt"]
    turn = max((at for at, one in enumerate(seen) if one), default=0)
    return {
        "type": "line",
        "label_name": _("Week until"),
        "labels": curve["ends"],
        "series": [
            {"name": _("Came"), "values": curve["actual"], "tone": "p"},
            {
                "name": _("Expected, while learning"),
                "values": [value if at <= turn else None for at, value in enumerate(curve["expected"])],
                "tone": "n",
                "kind": "forecast",
            },
            {
                "name": _("Expected, time not seen"),
                **_unseen(curve, turn),
                "tone": "o",
                "kind": "forecast",
            },
        ],
        "unit": "number",
    }


def _unseen(curve: Mapping[str, Any], turn: int) -> dict[str, Any]:
    """The curve of the time not seen, with its interval where one was kept; it begins where what came stood at the turn."""
    if "told" not in curve:
        return {"values": [value if at >= turn else None for at, value in enumerate(curve["expected"])]}
    return {
        key: [curve["actual"][turn] if at == turn else value for at, value in enumerate(curve[name])]
        for key, name in (("values", "told"), ("low", "low"), ("high", "high"))
    }


def bands_chart(version: ModelVersion) -> dict[str, Any]:
    """Mean purchases in the time held out by repeat purchases so far: told and come."""
    rows = version.held["bands"]
    last = rows[-1][0] if rows else 0
    sure = bool(rows) and len(rows[0]) > 5
    interval = {"low": [row[4] for row in rows], "high": [row[5] for row in rows]} if sure else {}
    return {
        "type": "line",
        "label_name": _("Bought again so far"),
        "labels": [f"{row[0]}+" if row[0] == last and row[0] >= 7 else str(row[0]) for row in rows],
        "series": [
            {"name": _("Came"), "values": [row[3] for row in rows], "tone": "p"},
            {
                "name": _("Told"),
                "values": [row[2] for row in rows],
                "tone": "o",
                "kind": "forecast",
                **interval,
            },
        ],
        "unit": "number",
    }
