"""Who may leave, on the pages of customer value and of retention; and why nothing is told where it is not."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import defection_selectors, leaving_reasons, links
from dangol.insight.defection_proof import figure
from dangol.insight.defection_selectors import LIKELY, Leaving, can_see_leaving
from dangol.insight.lifetime_pages import lacking_rows
from dangol.insight.modelling import room, words
from dangol.insight.models import ModelVersion
from dangol.insight.policies import Sight, can_see_models
from dangol.insight.segmentation import acts
from dangol.insight.segmentation.policies import can_make
from dangol.measures.models import RefreshRun
from dangol.records import fieldrules, registry
from dangol.records.bulk.acts import acts_for
from dangol.web import formats

SHOWN: Final = 20
SHOWN_SHORT: Final = 5
ALL: Final = "defection.value_at_risk > 0"


def leaving_part(*, actor: Actor, run: RefreshRun, sight: Sight, currency: str, limit: int) -> dict[str, Any]:
    """The list of customers with most value at risk, with what can be done about it; else why there is none.

    Three queries; nothing for those who may not see it.
    """
    if not can_see_leaving(actor):
        return {}
    facts = run.facts.get(room.DEFECTION)
    version = None
    if facts:
        found = ModelVersion.objects.filter(purpose=room.DEFECTION, number=facts["version"])
        version = found.defer("parameters", "fit").first()
    if version is None or not facts:
        return {"leaving_why_not": _why_not(actor)}
    rows = defection_selectors.most_at_risk(sight, limit=limit)
    total = defection_selectors.at_risk(sight)
    by_lifetime = facts["worth"] == "lifetime"
    return {
        "leaving_kpi": _kpi(actor, total, currency, by_lifetime=by_lifetime),
        "leaving_rows": [_row(actor, one) for one in rows],
        "leaving_all": links.records_url("customer", ALL, sort="-defection.value_at_risk"),
        "leaving_model": _model_words(version, actor.language),
        "leaving_model_url": reverse("insight:model", args=[room.DEFECTION]) if can_see_models(actor) else "",
        "leaving_day": run.as_of,
        "leaving_by_lifetime": by_lifetime,
        "leaving_gap": facts["gap"],
        "leaving_segment": _segment_url() if can_make(actor) else "",
        "leaving_may_task": bool(rows) and may_task(actor),
    }


def may_task(actor: Actor) -> bool:
    """Whether the actor may make tasks of customers. No query."""
    return acts.NAME in {one.name for one in acts_for(actor, registry.get("customer"))}


def condition_of(rows: list[Leaving]) -> str:
    """The filter that holds the customers listed, and others only where they have exactly as much at risk as the last."""
    return f"defection.value_at_risk >= {links.plain(rows[-1].at_risk)}"


def _segment_url() -> str:
    asked = {
        "made": "filter",
        "name": _("About to leave"),
        "condition": f"defection.probability >= {LIKELY}",
    }
    return f"{reverse('insight:segment_new')}?{urlencode(asked)}"


def _kpi(
    actor: Actor, total: defection_selectors.AtRisk, currency: str, *, by_lifetime: bool
) -> dict[str, Any]:
    language = actor.language
    return {
        "label": _("Value at risk"),
        "value": formats.money_short(total.value, currency, language),
        "tone": "dn",
        "detail": _("%(n)s customers more likely to leave than to stay")
        % {"n": formats.number(total.likely, language)},
        "url": links.records_url("customer", ALL, sort="-defection.value_at_risk"),
        "info": worth_words(by_lifetime=by_lifetime),
    }


def worth_words(*, by_lifetime: bool) -> str:
    """What value at risk is made of."""
    if by_lifetime:
        return _("Probability of leaving × the value expected in the next year (lifetime value).")
    return _("Probability of leaving × the revenue of the last twelve months; no lifetime value is in use.")


def _row(actor: Actor, one: Leaving) -> dict[str, Any]:
    language = actor.language
    return {
        "name": fieldrules.masked_title(actor, registry.get("customer"), one.name),
        "url": f"/customers/{one.id}/",
        "reason": leaving_reasons.told(one.reasons, language) or "–",
        "probability": formats.percent(one.probability, language, 0),
        "at_risk": formats.money_short(one.at_risk, one.currency or formats.HOME_CURRENCY, language),
    }


def _model_words(version: ModelVersion, language: str) -> str:
    area = version.held["area"]
    return _("Model v%(number)s · AUC on unseen time %(area)s (baseline %(baseline)s)") % {
        "number": version.number,
        "area": figure(round(area["model"], 3), language),
        "baseline": figure(round(area["baseline"], 3), language),
    }


def _why_not(actor: Actor) -> dict[str, Any]:
    """Why nobody is said to leave: what is lacking, what speaks against the newest version, or that it waits. Two queries.

    What it was judged by is the company's, and told to those who see all of it.
    """
    newest = (
        ModelVersion.objects.filter(purpose=room.DEFECTION)
        .defer("parameters", "fit")
        .order_by("-number")
        .first()
    )
    setting = room.setting_of(room.DEFECTION)
    told: dict[str, Any] = {"state": "" if newest is None else newest.state}
    if not can_see_models(actor):
        return told
    told |= {"url": reverse("insight:model", args=[room.DEFECTION]), "lacking": lacking_rows(setting.lacking)}
    if newest is not None and newest.state == ModelVersion.State.REFUSED:
        area = newest.held["area"]
        told["reasons"] = [words.REASONS[code] for code in newest.reasons]
        told["figures"] = _("AUC %(area)s, baseline %(baseline)s") % {
            "area": figure(area["model"], actor.language),
            "baseline": figure(area["baseline"], actor.language),
        }
    return told
