"""What the pages of programmes show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.effects import pictures, words
from dangol.insight.effects.policies import can_see_visits
from dangol.insight.effects.windows import State
from dangol.insight.effects.words import Tongue
from dangol.insight.models import Programme
from dangol.insight.segmentation import index
from dangol.insight.segmentation.pages import members_url
from dangol.records import permissions, registry
from dangol.web import formats

MOST_ROWS = 500


def programmes_for(actor: Actor) -> QuerySet[Programme]:
    """The programmes that the actor finds, with what was found of them. Lazy."""
    rows: QuerySet[Programme] = permissions.visible_to(actor, registry.get("programme"))
    return rows.select_related("effect", "owner").order_by("-starts_on", "-pk")


def found_of(programme: Programme) -> Mapping[str, Any] | None:
    """What the last refresh found of it; None where none has looked yet. No query where `effect` was selected."""
    effect = getattr(programme, "effect", None)
    return effect.found if effect is not None else None


def measures_for(actor: Actor, found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The measures that the actor may know. No query."""
    visits = can_see_visits(actor)
    return [one for one in found["measures"] if visits or one["name"] != "visits"]


def overview(actor: Actor) -> dict[str, Any]:
    """All programmes with their verdicts. One query."""
    return {"rows": [overview_row(actor, one) for one in programmes_for(actor)[:MOST_ROWS]]}


def overview_row(actor: Actor, programme: Programme) -> dict[str, Any]:
    """One programme with its verdict and the sizes of its groups. No query where `effect` was selected."""
    found = found_of(programme)
    text, tone = words.verdict_chip(found, _tongue(actor, found))
    groups = {name: (found or {}).get(name) for name in ("treated", "control")}
    return {"programme": programme, "text": text, "tone": tone, **groups}


def programme_page(actor: Actor, programme: Programme) -> dict[str, Any]:
    """One programme: cards, line, assumptions. No query."""
    found = found_of(programme)
    context: dict[str, Any] = {
        "programme": programme,
        "record_url": f"/programmes/{programme.pk}/",
        "reached_url": _list_url(programme.reached_id),
        "compared_url": _list_url(programme.compared_id),
        "found": found,
    }
    if found is None:
        return context
    tongue = _tongue(actor, found)
    if found["state"] != State.MEASURED:
        title, text = words.state_words(found["state"])
        return {**context, "title": title, "text": text, "kpis": _kpis(context, found, tongue)[:2]}
    measures = measures_for(actor, found)
    start = date.fromisoformat(found["start"])
    return {
        **context,
        "kpis": _kpis(context, found, tongue),
        "cards": [_card(one, tongue) for one in measures],
        "warnings": words.warnings(found, [one["name"] for one in measures]),
        "assumptions": words.assumptions(found),
        "line": _line(found, start, tongue),
        "window": _("%(days)s days before (%(since)s – %(eve)s) and %(days)s days after (%(start)s – %(until)s)")
        % {
            "days": found["days"],
            "since": found["since"],
            "eve": date.fromordinal(start.toordinal() - 1).isoformat(),
            "start": found["start"],
            "until": found["until"],
        },
    }  # fmt: skip


def _tongue(actor: Actor, found: Mapping[str, Any] | None) -> Tongue:
    return Tongue((found or {}).get("currency") or formats.HOME_CURRENCY, actor.language)


def _list_url(number: int | None) -> str:
    known = index.of_id(number) if number else None
    return members_url(known) if known is not None and known.fixed else ""


def _kpis(context: Mapping[str, Any], found: Mapping[str, Any], tongue: Tongue) -> list[dict[str, Any]]:
    groups = [
        {"label": label, "value": formats.number(found[name], tongue.language), "url": context[url]}
        for label, name, url in (
            (_("Customers reached"), "treated", "reached_url"),
            (_("Control group"), "control", "compared_url"),
        )
        if name in found
    ]
    if found["state"] != State.MEASURED:
        return groups
    money = found["money"]
    unsure = money["low"] <= 0 <= money["high"] or any(
        one["name"] == words.MONEY and one["verdict"] == "cannot_tell" for one in found["measures"]
    )
    ends = {"low": tongue.money(money["low"]), "high": tongue.money(money["high"])}
    return [
        *groups,
        {
            "label": _("Revenue brought in all"),
            "value": _("Cannot tell") if unsure else tongue.money(money["amount"]),
            "detail": _("between %(low)s and %(high)s") % ends,
        },
    ]


def _card(one: Mapping[str, Any], tongue: Tongue) -> dict[str, Any]:
    name = one["name"]
    sentence = words.sentence(one, tongue)
    ends = (tongue.value(name, one["low"], sign=True), "0", tongue.value(name, one["high"], sign=True))
    tone, symbol = {"more": ("p", "trending-up"), "less": ("r", "trending-down")}.get(
        one["verdict"], ("g", "help-circle")
    )
    chip = {"more": _("More"), "less": _("Less")}.get(one["verdict"], _("Cannot tell"))
    return {
        "name": name,
        "label": words.labels()[name],
        "sentence": sentence,
        "chip": chip,
        "tone": tone,
        "symbol": symbol,
        "rows": [
            (label, tongue.value(name, one["before"][at]), tongue.value(name, one["after"][at]))
            for at, label in enumerate((_("Reached"), _("Control group")))
        ],
        "effect": tongue.value(name, one["difference"], sign=True),
        "svg": pictures.whisker(one, ends, sentence),
        "detectable": words.detectable(one, tongue) if one["verdict"] == "cannot_tell" else "",
    }


def _line(found: Mapping[str, Any], start: date, tongue: Tongue) -> dict[str, Any] | None:
    steps: Sequence[Mapping[str, Any]] = found["line"]
    label = _("Revenue per customer, thirty days each")
    top = max((max(step["treated"], step["control"]) for step in steps), default=0)
    texts = {
        "label": label,
        "start": _("Start %(day)s") % {"day": start.isoformat()},
        "top": tongue.money(top),
    }
    drawn = pictures.lines(steps, start, texts)
    if drawn is None:
        return None
    return {
        "label": label,
        "svg": drawn,
        "rows": [
            (step["day"], *(tongue.value(words.MONEY, step[name]) for name in ("treated", "control")))
            for step in steps
        ],
    }
