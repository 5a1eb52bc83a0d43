"""The metrics endpoints in the API's description."""

from typing import Any

from django.utils.translation import gettext as _

from dangol.measures import metrics
from dangol.records import openapi

TEXT = {"type": "string"}
DESCRIBED = {"name": TEXT, "label": TEXT, "unit": TEXT, "meaning": TEXT, "good": TEXT}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def paths() -> dict[str, Any]:
    """`/metrics` and `/metrics/{name}`."""
    names = [metric.name for metric in metrics.registered()]
    month = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$"}
    figures = _object({"period": TEXT, "value": TEXT})
    result = {
        **DESCRIBED,
        "as_of": {"type": ["string", "null"], "format": "date"},
        "currency": {"type": ["string", "null"]},
        "items": {"type": "array", "items": figures},
    }
    return {
        "/metrics": {
            "get": {
                "tags": ["metrics"],
                "operationId": "listMetrics",
                "summary": _("All metrics with their meaning"),
                "responses": {
                    "200": openapi.answer(
                        _("The metrics"), _object({"items": {"type": "array", "items": _object(DESCRIBED)}})
                    ),
                    **openapi.problems("401", "403"),
                },
            }
        },
        "/metrics/{name}": {
            "get": {
                "tags": ["metrics"],
                "operationId": "getMetric",
                "summary": _("A metric by month, of what the caller may see"),
                "parameters": [
                    openapi.parameter(
                        "name", "path", _("The metric"), {"type": "string", "enum": names}, required=True
                    ),
                    openapi.parameter("from", "query", _("The first month, such as 2026-01"), month),
                    openapi.parameter("to", "query", _("The last month, such as 2026-11"), month),
                ],
                "responses": {
                    "200": openapi.answer(_("The metric, one item a month"), _object(result)),
                    **openapi.problems("400", "401", "403", "404"),
                },
            }
        },
    }
