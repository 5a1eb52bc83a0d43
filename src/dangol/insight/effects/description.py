"""The endpoint of effects in the API's description."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.insight.effects.api import WAITING
from dangol.insight.effects.measured import MEASURES, REASONS, VERDICTS
from dangol.insight.effects.windows import State
from dangol.records import openapi

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "string", "format": "decimal"}
DAY: Final = {"type": "string", "format": "date"}
WHOLE: Final = {"type": "integer"}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties)}


def paths() -> dict[str, Any]:
    """`/programmes/{id}/effect`."""
    two = _object({"treated": NUMBER, "control": NUMBER})
    ends = {"low": NUMBER, "high": NUMBER}
    relative = _object({"share": NUMBER, **ends})
    measure = _object(
        {
            "name": {**TEXT, "enum": list(MEASURES)}, "before": two, "after": two, "difference": NUMBER, **ends,
            "detectable": NUMBER, "apart": NUMBER, "relative": {"anyOf": [relative, {"type": "null"}]},
            "verdict": {**TEXT, "enum": list(VERDICTS)},
            "reason": {**TEXT, "enum": list(REASONS)},
        }
    )  # fmt: skip
    effect = _object(
        {
            "programme": WHOLE, "state": {**TEXT, "enum": [WAITING, *(one.value for one in State)]},
            "as_of": {"anyOf": [DAY, {"type": "null"}]}, "currency": TEXT, "since": DAY, "start": DAY, "until": DAY,
            "days": WHOLE, "by_chance": {"type": "boolean"}, "treated": WHOLE, "control": WHOLE, "left_out": WHOLE,
            "measures": {"type": "array", "items": measure}, "money": _object({"amount": NUMBER, **ends}),
            "line": {"type": "array", "items": _object({"day": DAY, "treated": NUMBER, "control": NUMBER})},
        },
        ["programme", "state", "as_of"],
    )  # fmt: skip
    which = openapi.parameter("id", "path", _("The programme"), WHOLE, required=True)
    return {
        "/programmes/{id}/effect": {
            "parameters": [which],
            "get": {
                "tags": ["effects"],
                "operationId": "getProgrammeEffect",
                "summary": _("What a programme changed, with 95 % intervals"),
                "responses": {
                    "200": openapi.answer(_("The effect, as the last refresh found it"), effect),
                    **openapi.problems("400", "401", "403", "404"),
                },
            },
        }
    }
