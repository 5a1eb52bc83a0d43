"""The endpoints of reports in the API's description."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.insight.dashboards.description import FLAG, NULLABLE, TEXT, WHOLE
from dangol.insight.reports.plans import KINDS, LONGEST_FILTER, MOST_COLUMNS, MOST_MEASURES
from dangol.records import openapi
from dangol.records.models import Audience

TEXTS: Final = {"type": "array", "items": TEXT}
NULLABLE_TEXTS: Final = {"type": ["array", "null"], "items": TEXT}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }


def _array(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _given() -> dict[str, Any]:
    return {
        "name": {**TEXT, "maxLength": 80},
        "description": {**TEXT, "maxLength": 2_000},
        "audience": {**TEXT, "enum": list(Audience.values)},
        "record_type": TEXT,
        "kind": {**TEXT, "enum": list(KINDS)},
        "filter": {**TEXT, "maxLength": LONGEST_FILTER},
        "columns": {**TEXTS, "maxItems": MOST_COLUMNS},
        "rows": TEXT,
        "across": TEXT,
        "measures": {**TEXTS, "maxItems": MOST_MEASURES},
        "sort": TEXT,
    }


def _one() -> dict[str, Any]:
    whose = _object({"id": WHOLE, "name": TEXT})
    return _object(
        {
            "id": WHOLE, "version": WHOLE, **_given(), "kind": NULLABLE, "filter": NULLABLE,
            "columns": NULLABLE_TEXTS, "rows": NULLABLE, "across": NULLABLE, "measures": NULLABLE_TEXTS,
            "sort": NULLABLE, "owner": {"anyOf": [whose, {"type": "null"}]}, "mine": FLAG, "url": TEXT,
        }
    )  # fmt: skip


def _answered() -> dict[str, Any]:
    group = _object({"key": TEXT, "label": TEXT})
    value = _object({"currency": NULLABLE, "value": TEXT})
    cell = _object(
        {"row": NULLABLE, "across": NULLABLE, "count": WHOLE, "values": _array(_array(value)), "url": TEXT}
    )
    pivot = _object(
        {
            "kind": {**TEXT, "const": "pivot"}, "rows": _array(group), "across": _array(group), "measures": TEXTS,
            "cells": _array(cell), "limited": FLAG, "notes": TEXTS,
        }
    )  # fmt: skip
    table = _object(
        {
            "kind": {**TEXT, "const": "table"}, "columns": TEXTS, "rows": _array({"type": "object"}),
            "count": _object({"value": WHOLE, "exact": FLAG}), "limited": FLAG, "url": TEXT,
        }
    )  # fmt: skip
    return {"oneOf": [pivot, table]}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _operation(name: str, summary: str, **more: Any) -> dict[str, Any]:
    return {"tags": ["reports"], "operationId": name, "summary": summary, **more}


def paths() -> dict[str, Any]:
    """`/reports`, `/reports/{id}` and `/reports/{id}/result`."""
    one = _one()
    which = openapi.parameter("id", "path", _("The report"), WHOLE, required=True)
    refusals = openapi.problems("400", "401", "403", "404")
    told = openapi.answer(_("The report"), one)
    return {
        "/reports": {
            "get": _operation(
                "listReports",
                _("The reports that the caller finds"),
                responses={
                    "200": openapi.answer(_("The reports"), _object({"items": _array(one)})),
                    **openapi.problems("401", "403"),
                },
            ),
            "post": _operation(
                "createReport",
                _("Make a report of one's own"),
                requestBody=_body(_object(_given(), ["name", "record_type"])),
                responses={"201": told, **openapi.problems("400", "401", "403", "415", "422")},
            ),
        },
        "/reports/{id}": {
            "parameters": [which],
            "get": _operation("getReport", _("A report"), responses={"200": told, **refusals}),
            "patch": _operation(
                "changeReport",
                _("Change what the body names"),
                requestBody=_body({"type": "object", "properties": {**_given(), "version": WHOLE}}),
                responses={"200": told, **refusals, **openapi.problems("409", "412", "415", "422")},
            ),
            "delete": _operation(
                "deleteReport",
                _("Take a report away"),
                responses={"204": {"description": _("It is gone")}, **refusals},
            ),
        },
        "/reports/{id}/result": {
            "parameters": [which],
            "get": _operation(
                "getReportResult",
                _("The numbers of a report, of what the caller may see"),
                responses={
                    "200": openapi.answer(_("The numbers"), _answered()),
                    **refusals,
                    **openapi.problems("422", "503"),
                },
            ),
        },
    }
