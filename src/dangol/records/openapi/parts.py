"""Pieces that every operation is described with."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

JSON = "application/json"
PROBLEM = "application/problem+json"
PROBLEMS = {
    "400": _("The request is malformed: a parameter, the filter or the JSON"),
    "401": _("No session and no valid token"),
    "403": _("The roles or the token of the caller do not allow this"),
    "404": _("No such record or address, or none that the caller may see"),
    "405": _("The address does not know this method"),
    "409": _(
        "In conflict with the present state: changed since `version`, or a unique value was taken at this moment"
    ),
    "410": _("The record was merged into another one; `merged_into` says into which"),
    "412": _("The record has changed since the version in `If-Match`"),
    "413": _("The body is too large"),
    "415": _("The body is not JSON"),
    "422": _("Some values cannot be stored; `errors` names them"),
    "429": _("Too many requests; wait for the seconds in `Retry-After`"),
    "503": _("Not computed yet: it comes with the next refresh"),
}


def parameter(
    name: str, place: str, text: str, schema: dict[str, Any], *, required: bool = False
) -> dict[str, Any]:
    """A query, path or header parameter."""
    found: dict[str, Any] = {"name": name, "in": place, "required": required, "schema": schema}
    return {**found, "description": text} if text else found


def answer(text: str, schema: dict[str, Any], *, etag: bool = False) -> dict[str, Any]:
    """A successful JSON response."""
    found: dict[str, Any] = {"description": text, "content": {JSON: {"schema": schema}}}
    if etag:
        found["headers"] = {"ETag": {"schema": {"type": "string"}}}
    return found


def problems(*statuses: str) -> dict[str, Any]:
    """References to the error responses with these status codes."""
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(set(statuses))}


def problem_response(status: str) -> dict[str, Any]:
    """The shared error response of a status code."""
    return {
        "description": str(PROBLEMS[status]),
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
