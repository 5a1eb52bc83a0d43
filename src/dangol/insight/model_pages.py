"""What the pages of the model room show."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import defection_proof, lifetime_selectors, proof_pages
from dangol.insight.defection_proof import figure
from dangol.insight.lifetime_pages import bands_chart, lacking_rows, tracking_chart
from dangol.insight.modelling import margins, room, words
from dangol.insight.models import ModelVersion
from dangol.insight.policies import can_publish, sight_of
from dangol.records import fieldrules, registry
from dangol.web import formats

SHOWN_VERSIONS = 20
HEAVY = ("parameters", "fit")
"""Columns that lists of versions do without; a model of trees is a hundred kilobytes."""


def room_page(actor: Actor) -> list[dict[str, Any]]:
    """All purposes with the version in use and the newest. Two queries each."""
    found = []
    for purpose in room.PURPOSES:
        versions = _versions(purpose)
        used = next((one for one in versions if one.state == ModelVersion.State.PUBLISHED), None)
        found.append(
            {
                "purpose": purpose,
                "label": words.PURPOSES[purpose],
                "about": words.ABOUT[purpose],
                "used": used and row(used, actor),
                "newest": row(versions[0], actor) if versions else None,
                "lacking": lacking_rows(room.setting_of(purpose).lacking),
            }
        )
    return found


def model_page(actor: Actor, purpose: str, number: int | None) -> dict[str, Any] | None:
    """One purpose, with the version asked for, else the one in use, else the newest. Four queries.

    None for a version that is not there.
    """
    setting = room.setting_of(purpose)
    versions = _versions(purpose)
    if number is None:
        chosen = next(
            (one for one in versions if one.state == ModelVersion.State.PUBLISHED),
            versions[0] if versions else None,
        )
    else:
        chosen = ModelVersion.objects.filter(purpose=purpose, number=number).defer(*HEAVY).first()
        if chosen is None:
            return None
    return {
        "purpose": purpose,
        "label": words.PURPOSES[purpose],
        "about": words.ABOUT[purpose],
        "setting": setting,
        "proof_template": f"insight/parts/model_{purpose}.html",
        "may_publish": can_publish(actor),
        "lacking": lacking_rows(setting.lacking),
        "versions": [row(one, actor) for one in versions],
        "version": None if chosen is None else _DETAILS[purpose](actor, chosen),
    }


def _versions(purpose: str) -> list[ModelVersion]:
    """The newest versions, without what only those who score need."""
    found = ModelVersion.objects.filter(purpose=purpose).defer(*HEAVY)
    return list(found.order_by("-number")[:SHOWN_VERSIONS])


def row(version: ModelVersion, actor: Actor) -> dict[str, Any]:
    """A version as a line of a table."""
    state, tone = words.STATES[version.state]
    return {
        "number": version.number,
        "state": version.state,
        "state_label": state,
        "tone": tone,
        "method": words.METHODS[version.method],
        "as_of": version.as_of,
        "fitted_at": version.fitted_at,
        "published_at": version.published_at,
        "published_name": version.published_name,
        **_PROOF[version.purpose](version, actor.language),
        "reasons": [words.REASONS[code] for code in version.reasons],
        "can_publish": version.state in (ModelVersion.State.FITTED, ModelVersion.State.RETIRED),
    }


def _lifetime_proof(version: ModelVersion, language: str) -> dict[str, Any]:
    total = version.held["total"]
    return {
        "error": _error(total["told"], total["came"], language),
        "baseline": _error(total["simple"], total["came"], language),
        "proof": _("error on unseen time"),
    }


def _error(told: float, came: float, language: str) -> str:
    return formats.percent(Decimal(str(abs(told - came) / came)), language) if came else "–"


def _details(actor: Actor, version: ModelVersion) -> dict[str, Any]:
    held, language = version.held, actor.language
    return {
        **row(version, actor),
        "facts": _facts(version, language),
        "parameters": [
            {
                "name": name,
                "value": figure(one["value"], language),
                "error": "–" if one["error"] is None else f"± {figure(one['error'], language)}",
                "of": label,
            }
            for part, label in (("buying", words.METHODS[version.method]), ("spending", "Gamma-Gamma"))
            for name, one in version.parameters[part].items()
        ],
        "candidates": [
            {
                "label": words.METHODS[name],
                "chosen": name == version.method,
                "usable": one["usable"],
                "likelihood": figure(one.get("log_likelihood"), language),
                "told": figure(one.get("told"), language),
                "each": figure(one.get("each"), language),
            }
            for name, one in held["candidates"].items()
        ],
        "held_from": held["from"],
        "judged": _judged(version, language),
        "sure": held["order"]["sure"],
        "gain": [figure(one, language) for one in held["order"]["gain"]],
        "tracking": tracking_chart(version),
        "bands": bands_chart(version),
        "weekly": proof_pages.weekly_chart(version),
        "doubts": proof_pages.doubts(version),
        "calibration": _calibration(version),
        "drift": defection_proof.drift(version, language),
        "worst": _worst(actor, version),
    }


def _facts(version: ModelVersion, language: str) -> list[tuple[str, str]]:
    data, terms, fit = version.data, version.terms, version.fit
    low, high = fit["correlation_interval"]
    return [
        (_("Orders"), f"{data['first']} – {data['until']}"),
        (
            _("Whose"),
            _("all customers who are there, orders in %(currency)s, less what was called off or came back")
            % {"currency": version.currency},
        ),
        (
            _("Customers"),
            _("%(n)s, of whom %(m)s bought again")
            % {
                "n": formats.number(data["customers"], language),
                "m": formats.number(data["repeaters"], language),
            },
        ),
        (_("Purchases"), formats.number(data["purchases"], language)),
        (_("Came back in whole"), formats.number(data["undone"], language)),
        (
            _("Time held out"),
            _("%(start)s – %(end)s, %(days)s days")
            % {"start": version.held["from"], "end": version.held["until"], "days": version.held["days"]},
        ),
        (
            _("Spend and frequency"),
            _("correlation %(r)s (%(low)s … %(high)s), allowed up to 0.3")
            % {
                "r": figure(fit["correlation"], language),
                "low": figure(low, language),
                "high": figure(high, language),
            },
        ),
        (_("Margin"), margin_told(terms, language)),
        (_("Discount a year"), formats.percent(Decimal(terms["yearly_rate"]), language)),
    ]


def margin_told(terms: Mapping[str, Any], language: str) -> str:
    """Which margin a value was reckoned with, and whence it is (`modelling.margins.terms_of`)."""
    margin, coverage = terms.get("margin"), terms.get("margin_coverage")
    if terms.get("margin_from") == "data" and margin is not None:
        return _(
            "%(margin)s, from the costs of what was sold (%(since)s – %(until)s), known for %(coverage)s of revenue"
        ) % {
            "margin": formats.percent(Decimal(margin), language),
            "coverage": formats.percent(Decimal(str(coverage)), language),
            "since": terms["margin_since"],
            "until": terms["margin_until"],
        }
    if margin is not None:
        return _("%(margin)s, as the company says") % {"margin": formats.percent(Decimal(margin), language)}
    if coverage is None:
        return _("none said: value is revenue")
    if Decimal(coverage) < margins.ENOUGH:
        return _(
            "none: value is revenue; cost is known for only %(coverage)s of revenue, %(needed)s is needed"
        ) % {
            "coverage": formats.percent(Decimal(coverage), language),
            "needed": formats.percent(margins.ENOUGH, language),
        }
    return _("none: value is revenue; the costs known give no margin between 0 and 100 percent")


def _judged(version: ModelVersion, language: str) -> list[dict[str, Any]]:
    held = version.held
    total, each, order = held["total"], held["each"], held["order"]
    interval = (
        f"{formats.number(round(total['low']), language)} … {formats.number(round(total['high']), language)}"
        if "low" in total
        else ""
    )
    return [
        {
            "label": _("Purchases in all"),
            "model": formats.number(round(total["told"]), language),
            "note": interval,
            "baseline": formats.number(round(total["simple"]), language),
            "came": formats.number(total["came"], language),
            "better": abs(total["told"] - total["came"]) <= abs(total["simple"] - total["came"]),
        },
        {
            "label": _("Error per customer"),
            "model": figure(each["model"], language),
            "baseline": figure(each["simple"], language),
            "better": each["model"] < each["simple"],
        },
        {
            "label": _("Order of customers (Gini)"),
            "model": figure(order["model"]["gini"], language),
            "baseline": figure(order["baseline"]["gini"], language),
            "better": order["gain"][0] > 0,
        },
        {
            "label": _("The best tenth brought"),
            "model": formats.percent(Decimal(str(order["model"]["top"])), language),
            "baseline": formats.percent(Decimal(str(order["baseline"]["top"])), language),
            "better": order["model"]["top"] >= order["baseline"]["top"],
        },
    ]


def _calibration(version: ModelVersion) -> dict[str, Any]:
    rows = version.held["deciles"]
    return {
        "type": "bar",
        "label_name": _("Tenth, best first"),
        "labels": [str(row[0]) for row in rows],
        "series": [
            {"name": _("Told"), "values": [row[2] for row in rows], "tone": "g"},
            {"name": _("Came"), "values": [row[3] for row in rows], "tone": "p"},
        ],
        "unit": "number",
    }


def _worst(actor: Actor, version: ModelVersion) -> dict[str, Any] | None:
    """The customer, of those the actor may see, whom this version foretold worst; only the newest version's are kept."""
    found = lifetime_selectors.missed(sight_of(actor), model=room.name_of(version.purpose, version.number))
    if not found:
        return None
    one = found[0]
    language = actor.language

    def money(amount: Decimal) -> str:
        return formats.money_short(amount, one.currency, language)

    if one.came > one.told:
        why = _(
            "Bought far more than before. A model that goes by frequency and mean spend cannot know of one large order; "
            "look at whether it will come again."
        )
    else:
        why = _(
            "Bought often or for much before, and hardly since. The model still counted on it: so many purchases so close "
            "together look like somebody who stays."
        )
    return {
        "name": fieldrules.masked_title(actor, registry.get("customer"), one.name),
        "url": f"/customers/{one.id}/",
        "told": money(one.told),
        "came": money(one.came),
        "why": why,
        "history": _("%(n)s orders so far, the last %(days)s days before the day of the data")
        % {
            "n": "–" if one.frequency is None else formats.number(one.frequency, language),
            "days": "–" if one.recency is None else formats.number(one.recency, language),
        },
    }


def _defection_details(actor: Actor, version: ModelVersion) -> dict[str, Any]:
    return {**row(version, actor), **defection_proof.details(actor, version)}


_DETAILS = {room.LIFETIME: _details, room.DEFECTION: _defection_details}
_PROOF = {room.LIFETIME: _lifetime_proof, room.DEFECTION: defection_proof.proof}
