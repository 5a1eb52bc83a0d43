"""Data quality for programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import problem, unauthorized
from dangol.measures.quality import pages, selectors
from dangol.measures.quality.rules import DIMENSIONS
from dangol.measures.quality.selectors import Sums, Total
from dangol.records import openapi
from dangol.records.types import RecordType


@csrf_exempt
@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """`GET /api/v1/quality`: the data quality of every type that the caller may see."""
    actor, refused = _caller(request)
    if actor is None:
        return refused
    items = [
        _told(record_type, selectors.sums_of(actor, record_type))
        for record_type in selectors.types_for(actor)
    ]
    return _json({"items": items})


@csrf_exempt
@require_safe
def of_type(request: HttpRequest, record_type: str) -> HttpResponseBase:
    """`GET /api/v1/quality/{record_type}`: one type, with findings, sources and the mean score by day."""
    actor, refused = _caller(request)
    if actor is None:
        return refused
    types = selectors.types_for(actor)
    found = next((one for one in types if one.name == record_type), None)
    if found is None:
        return problem(
            status=404,
            code="unknown_type",
            title=_("Not found"),
            detail=_("There is no data quality of this type. There is of: %(names)s.")
            % {"names": ", ".join(one.name for one in types) or "–"},
        )
    sums = selectors.sums_of(actor, found)
    rules = selectors.rules_for(actor, found)
    sources = pages.source_labels(actor, sums.sources)
    days = selectors.trend(actor, [found], until=sums.day) if sums.day else {}
    return _json(
        {
            **_told(found, sums),
            "findings": [
                {
                    "code": code,
                    "label": str(rules[code].label),
                    "dimension": rules[code].dimension.value,
                    "records": count,
                }
                for code, count in sums.total.findings.most_common()
                if code in rules
            ],
            "sources": [
                {"source": source, "label": sources[source], "records": total.records, "score": total.score}
                for source, total in sums.sources.items()
            ],
            "days": [{"day": day.isoformat(), "score": score} for day, score in days.items()],
            "changes": [
                {
                    "at": one["at"].isoformat(),
                    "code": one["code"],
                    "label": str(one["label"]),
                    "act": one["act"],
                }
                for one in pages.changes(actor, [found])
            ],
        }
    )


def _caller(request: HttpRequest) -> tuple[Actor | None, HttpResponse]:
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    return actor, unauthorized(code="sign_in_needed", detail=_("Sign in, or send an API token."))


def _told(record_type: RecordType, sums: Sums) -> dict[str, Any]:
    total: Total = sums.total
    return {
        "record_type": record_type.name,
        "as_of": sums.day.isoformat() if sums.day else None,
        "records": total.records,
        "with_findings": total.flawed,
        "score": total.score,
        "dimensions": {one.value: total.part(at) for at, one in enumerate(DIMENSIONS)},
    }


def _json(data: dict[str, Any]) -> JsonResponse:
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False})


TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
SCORE = {"type": ["integer", "null"], "minimum": 0, "maximum": 100}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(properties)}


def paths() -> dict[str, Any]:
    """`/quality` and `/quality/{record_type}` in the API's description."""
    shared = {
        "record_type": TEXT,
        "as_of": {"type": ["string", "null"], "format": "date"},
        "records": NUMBER,
        "with_findings": NUMBER,
        "score": SCORE,
        "dimensions": _object({one.value: SCORE for one in DIMENSIONS}),
    }
    findings = _list({"code": TEXT, "label": TEXT, "dimension": TEXT, "records": NUMBER})
    sources = _list({"source": TEXT, "label": TEXT, "records": NUMBER, "score": SCORE})
    days = _list({"day": {"type": "string", "format": "date"}, "score": NUMBER})
    changes = _list(
        {"at": {"type": "string", "format": "date-time"}, "code": TEXT, "label": TEXT, "act": TEXT}
    )
    one = {**shared, "findings": findings, "sources": sources, "days": days, "changes": changes}
    name = openapi.parameter("record_type", "path", _("The type of records"), TEXT, required=True)
    return {
        "/quality": {
            "get": {
                "tags": ["quality"],
                "operationId": "listQuality",
                "summary": _("Data quality of every type, of the records that the caller may see"),
                "responses": {
                    "200": openapi.answer(_("The types"), _object({"items": _list(shared)})),
                    **openapi.problems("401"),
                },
            }
        },
        "/quality/{record_type}": {
            "get": {
                "tags": ["quality"],
                "operationId": "getQuality",
                "summary": _("Data quality of a type: findings, sources, and the mean score by day"),
                "parameters": [name],
                "responses": {
                    "200": openapi.answer(_("The data quality of the type"), _object(one)),
                    **openapi.problems("401", "404"),
                },
            }
        },
    }
