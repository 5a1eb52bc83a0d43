"""What came of a programme, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.effects import pages
from dangol.insight.effects.policies import can_see_effects
from dangol.insight.effects.windows import State
from dangol.records.rest.endpoints import endpoint, id_of, json_response, not_found, parameters
from dangol.records.rest.problems import Problem

WAITING = "waiting"
PLACES = 10
"""Digits after the point; more would be noise of floats."""


def _effect(request: HttpRequest, actor: Actor, programme_id: str) -> HttpResponse:
    """`GET /api/v1/programmes/{id}/effect`: what the last refresh found. Two queries."""
    if not can_see_effects(actor):
        text = _("The effect is told to those who see programmes, all customers and all their orders.")
        raise Problem(403, "forbidden", text)
    parameters(request)
    programme = pages.programmes_for(actor).filter(pk=id_of(programme_id)).first()
    if programme is None:
        raise not_found()
    found = pages.found_of(programme)
    told: dict[str, Any] = {
        "programme": programme.pk,
        "state": found["state"] if found else WAITING,
        "as_of": programme.effect.as_of.isoformat() if found and programme.effect.as_of else None,
    }
    if found is None or found["state"] != State.MEASURED:
        return json_response(told)
    names = ("since", "start", "until", "days", "by_chance", "treated", "control", "left_out")
    return json_response(
        {
            **told,
            "currency": found["currency"],
            **{name: found[name] for name in names},
            "measures": [_measure(one) for one in pages.measures_for(actor, found)],
            "money": {name: _text(found["money"][name]) for name in ("amount", "low", "high")},
            "line": [
                {"day": step["day"], **{name: _text(step[name]) for name in ("treated", "control")}}
                for step in found["line"]
            ],
        }
    )


def _measure(one: Mapping[str, Any]) -> dict[str, Any]:
    relative = one["relative"]
    names = ("difference", "low", "high", "detectable", "apart")
    return {
        "name": one["name"],
        "before": {"treated": _text(one["before"][0]), "control": _text(one["before"][1])},
        "after": {"treated": _text(one["after"][0]), "control": _text(one["after"][1])},
        **{name: _text(one[name]) for name in names},
        "relative": None
        if relative is None
        else {name: _text(value) for name, value in zip(("share", "low", "high"), relative, strict=True)},
        "verdict": one["verdict"],
        "reason": one["reason"],
    }


def _text(number: float) -> str:
    """A number as text, as all numbers of the API that are not whole."""
    text = f"{number:.{PLACES}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


effect = endpoint(GET=_effect)
