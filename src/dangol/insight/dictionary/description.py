"""The metrics endpoints in the API's description."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.measures import metrics
from dangol.measures.metrics.periods import GRAINS
from dangol.records import openapi

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": ["string", "null"]}
NULLABLE: Final = {"type": ["string", "null"]}
FLAG: Final = {"type": "boolean"}


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


DESCRIBED: Final = {
    "name": TEXT, "label": TEXT, "unit": TEXT, "meaning": TEXT, "formula": TEXT, "owner": TEXT, "good": TEXT,
    "filters": NULLABLE, "dimensions": _list(_object({"name": TEXT, "label": TEXT, "adds_up": FLAG})),
}  # fmt: skip
ABOUT: Final = {
    "as_of": NULLABLE, "taken_at": NULLABLE, "currency": NULLABLE, "grain": NULLABLE, "from": NULLABLE,
    "to": NULLABLE, "by": NULLABLE, "filter": TEXT, "limited": FLAG,
}  # fmt: skip
COMPARED: Final = {
    "kind": TEXT, "from": TEXT, "to": TEXT, "value": NUMBER, "change": NUMBER, "ratio": NUMBER, "known": FLAG,
    "url": TEXT,
}  # fmt: skip
ROW: Final = {
    "period": NULLABLE, "to": NULLABLE, "value": NUMBER, "complete": FLAG, "member": NULLABLE, "label": TEXT,
    "year_before": NUMBER, "url": TEXT,
}  # fmt: skip
PART: Final = {
    "member": NULLABLE, "label": TEXT, "value": NUMBER, "before": NUMBER, "share": NUMBER, "url": TEXT,
}  # fmt: skip
CONTRIBUTION: Final = {
    "member": NULLABLE, "label": TEXT, "now": NUMBER, "then": NUMBER, "contribution": NUMBER, "mix": NUMBER,
    "rate": NUMBER,
}  # fmt: skip


def paths() -> dict[str, Any]:
    """`/metrics`, `/metrics/{name}` and `/metrics/{name}/change`."""
    names = [metric.name for metric in metrics.every()]
    day = {"type": "string", "pattern": r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"}
    asked = [
        openapi.parameter("name", "path", _("The metric"), {"type": "string", "enum": names}, required=True),
        openapi.parameter("by", "query", _("The dimension it is split by, such as customer.grade"), TEXT),
        openapi.parameter("filter", "query", _("A filter about the records that the metric counts"), TEXT),
        openapi.parameter("from", "query", _("The first day, month or year, such as 2026-01"), day),
        openapi.parameter("to", "query", _("The last day, month or year, such as 2026-11"), day),
        openapi.parameter(
            "grain", "query", _("The length of a period"), {"type": "string", "enum": list(GRAINS)}
        ),
    ]
    against = openapi.parameter(
        "against", "query", _("What it is compared with"), {"type": "string", "enum": ["before", "year"]}
    )
    result = {
        **DESCRIBED,
        **ABOUT,
        "total": _object({"value": NUMBER, "url": TEXT}),
        "compared": _list(_object(COMPARED)),
        "items": _list(_object(ROW, "member", "label", "year_before", "url")),
        "parts": _list(_object(PART)),
        "more": {"type": "integer"},
    }
    changed = {
        **DESCRIBED, **ABOUT, "against": TEXT, "now": NUMBER, "then": NUMBER, "change": NUMBER, "mix": NUMBER,
        "rate": NUMBER, "contributions": _list(_object(CONTRIBUTION)),
    }  # fmt: skip
    refusals = openapi.problems("400", "401", "403", "404", "503")
    return {
        "/metrics": {
            "get": {
                "tags": ["metrics"],
                "operationId": "listMetrics",
                "summary": _("All metrics with their meaning"),
                "responses": {
                    "200": openapi.answer(_("The metrics"), _object({"items": _list(_object(DESCRIBED))})),
                    **openapi.problems("401", "403"),
                },
            }
        },
        "/metrics/{name}": {
            "get": {
                "tags": ["metrics"],
                "operationId": "getMetric",
                "summary": _("A metric by period, of what the caller may see"),
                "parameters": asked,
                "responses": {"200": openapi.answer(_("The metric"), _object(result)), **refusals},
            }
        },
        "/metrics/{name}/change": {
            "get": {
                "tags": ["metrics"],
                "operationId": "explainMetric",
                "summary": _("What a change of a metric is made of"),
                "parameters": [*asked, against],
                "responses": {"200": openapi.answer(_("The change"), _object(changed)), **refusals},
            }
        },
    }
