"""The endpoints of dashboards in the API's description."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.insight.dashboards import ranges
from dangol.insight.dashboards.grid import COLUMNS, LEAST, TALLEST
from dangol.insight.dashboards.tiles import AGAINST, CHARTS, MOST
from dangol.measures.metrics.periods import GRAINS
from dangol.records import openapi
from dangol.records.models import Audience

TEXT: Final = {"type": "string"}
NULLABLE: Final = {"type": ["string", "null"]}
WHOLE: Final = {"type": "integer"}
FLAG: Final = {"type": "boolean"}
TILE: Final = {
    "id": {**TEXT, "maxLength": 16},
    "chart": {**TEXT, "enum": list(CHARTS)},
    "title": {**TEXT, "maxLength": 80},
    "metric": TEXT,
    "by": TEXT,
    "filter": NULLABLE,
    "period": TEXT,
    "grain": {**TEXT, "enum": ["", *GRAINS]},
    "against": {**TEXT, "enum": list(AGAINST)},
    "text": {**TEXT, "maxLength": 2_000},
    "x": {**WHOLE, "minimum": 0},
    "y": {**WHOLE, "minimum": 0},
    "w": {**WHOLE, "minimum": LEAST[0], "maximum": COLUMNS},
    "h": {**WHOLE, "minimum": LEAST[1], "maximum": TALLEST},
}
MARK: Final = {"label": TEXT, "value": NULLABLE, "text": TEXT, "url": TEXT}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties)}


def _array(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _given() -> dict[str, Any]:
    return {
        "name": {**TEXT, "maxLength": 80},
        "description": {**TEXT, "maxLength": 2_000},
        "audience": {**TEXT, "enum": list(Audience.values)},
        "period": TEXT,
        "filter": TEXT,
        "tiles": {**_array(_object(TILE, ["chart"])), "maxItems": MOST},
    }


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _operation(name: str, summary: str, **more: Any) -> dict[str, Any]:
    return {"tags": ["dashboards"], "operationId": name, "summary": summary, **more}


def paths() -> dict[str, Any]:
    """`/dashboards`, `/dashboards/{id}` and `/dashboards/{id}/tiles/{tile}`."""
    whose = _object({"id": WHOLE, "name": TEXT})
    one = _object(
        {
            "id": WHOLE, "version": WHOLE, **_given(), "filter": NULLABLE, "tiles": _array(_object(TILE)),
            "owner": {"anyOf": [whose, {"type": "null"}]}, "mine": FLAG, "url": TEXT,
        }
    )  # fmt: skip
    mark = _object(MARK)
    drawn = _object(
        {
            "id": TEXT, "chart": TEXT, "title": TEXT, "problem": TEXT, "refused": FLAG, "metric": NULLABLE,
            "from": NULLABLE, "to": NULLABLE, "grain": NULLABLE, "as_of": NULLABLE, "limited": FLAG, "text": TEXT,
            "number": {"anyOf": [mark, {"type": "null"}]},
            "series": _array(_object({"name": TEXT, "marks": _array(mark)})), "heads": _array(TEXT),
            "rows": _array(_object({"name": TEXT, "cells": _array(mark)})), "more": WHOLE,
        },
        ["id", "chart", "title", "problem", "refused"],
    )  # fmt: skip
    which = openapi.parameter("id", "path", _("The dashboard"), WHOLE, required=True)
    refusals = openapi.problems("400", "401", "403", "404")
    names = ", ".join(ranges.NAMES)
    return {
        "/dashboards": {
            "get": _operation(
                "listDashboards",
                _("The dashboards that the caller finds"),
                responses={
                    "200": openapi.answer(_("The dashboards"), _object({"items": _array(one)})),
                    **openapi.problems("401", "403"),
                },
            ),
            "post": _operation(
                "createDashboard",
                _("Make a dashboard of one's own"),
                requestBody=_body(_object(_given(), ["name"])),
                responses={
                    "201": openapi.answer(_("The dashboard"), one),
                    **openapi.problems("400", "401", "403", "415", "422"),
                },
            ),
        },
        "/dashboards/{id}": {
            "parameters": [which],
            "get": _operation(
                "getDashboard",
                _("A dashboard with its tiles"),
                responses={"200": openapi.answer(_("The dashboard"), one), **refusals},
            ),
            "patch": _operation(
                "changeDashboard",
                _("Change what the body names"),
                requestBody=_body({"type": "object", "properties": {**_given(), "version": WHOLE}}),
                responses={
                    "200": openapi.answer(_("The dashboard"), one),
                    **refusals,
                    **openapi.problems("409", "412", "415", "422"),
                },
            ),
            "delete": _operation(
                "deleteDashboard",
                _("Take a dashboard away"),
                responses={"204": {"description": _("It is gone")}, **refusals},
            ),
        },
        "/dashboards/{id}/tiles/{tile}": {
            "parameters": [which, openapi.parameter("tile", "path", _("The tile"), TEXT, required=True)],
            "get": _operation(
                "getTile",
                _("What a tile shows, of what the caller may see"),
                parameters=[
                    openapi.parameter(
                        "period",
                        "query",
                        _("%(names)s, or two days with two dots between") % {"names": names},
                        TEXT,
                    ),
                    openapi.parameter(
                        "grain", "query", _("The length of a period"), {**TEXT, "enum": list(GRAINS)}
                    ),
                    openapi.parameter(
                        "filter", "query", _("A filter of customers, over the tile's own"), TEXT
                    ),
                ],
                responses={"200": openapi.answer(_("The tile"), drawn), **refusals},
            ),
        },
    }
