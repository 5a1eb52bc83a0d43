"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records.filters import FilterError
from dangol.records.lists import ListError
from dangol.records.objects.missing import is_missing_table
from dangol.records.writing import Conflict, Missing, RowError, WriteError

CONTENT_TYPE = "application/problem+json"

TITLES = {
    400: gettext_lazy("The request is malformed"),
    401: gettext_lazy("Sign-in needed"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    406: gettext_lazy("Not acceptable"),
    409: gettext_lazy("In conflict with the present state"),
    410: gettext_lazy("Merged into another record"),
    412: gettext_lazy("Changed in the meantime"),
    413: gettext_lazy("The request is too large"),
    415: gettext_lazy("Unsupported content type"),
    422: gettext_lazy("Some values cannot be stored"),
    428: gettext_lazy("A precondition is needed"),
    429: gettext_lazy("Too many requests"),
}


class Problem(Exception):
    """An answer other than success. `errors` name fields or parameters; `code` is stable for programs; `more` is added."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.more = dict(more or {})
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a response."""
    body: dict[str, Any] = {
        "type": f"/api/v1/docs#problem-{problem.status}",
        "title": str(TITLES[problem.status]),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": quote(request.path, safe="/-._~!$&'()*+,;=:@"),
    }
    if request_id := getattr(request, "request_id", ""):
        body["request"] = request_id
    if problem.errors:
        body["errors"] = problem.errors
    body |= problem.more
    response = HttpResponse(
        orjson.dumps(body, default=str),
        content_type=CONTENT_TYPE,
        status=problem.status,
        headers=problem.headers,
    )
    response["Cache-Control"] = "no-store"
    return response


def parameter_problem(parameter: str, message: str, code: str = "parameter") -> Problem:
    """400 for one query parameter."""
    return Problem(400, code, message, errors=[{"field": parameter, "code": code, "message": message}])


def of(error: Exception) -> Problem | None:
    """The problem that an exception of the layers below stands for; None for those that are our own fault."""
    match error:
        case Problem():
            return error
        case FilterError():
            return Problem(400, "filter", error.message, errors=[filter_error(error)])
        case ListError():
            return parameter_problem(error.parameter, str(error.message))
        case WriteError():
            return _write_problem(error)
        case RequestDataTooBig():
            return Problem(413, "too_large", _("Send less at once."))
        case DataError():
            return Problem(422, "value", _("The database cannot hold one of these values."))
        case ProgrammingError() if is_missing_table(error):
            # The own object was deleted while it was being read.
            return Problem(404, "not_found", _("There is no such record or address, or you may not see it."))
    return None


def filter_error(error: FilterError) -> dict[str, Any]:
    """Where a filter is wrong and what would be right."""
    found: dict[str, Any] = {"field": "filter", "code": error.code, "message": error.message}
    if error.pointer:
        found["pointer"] = error.pointer
    else:
        found |= {"position": error.position, "length": error.length}
    if error.expected:
        found["expected"] = [str(item) for item in error.expected[:50]]
    return found


def _write_problem(error: WriteError) -> Problem:
    errors = [_row_error(item) for item in error.errors]
    codes = {item.code for item in error.errors}
    first = str(error.errors[0].message) if error.errors else ""
    if isinstance(error, Conflict):
        return Problem(409, "conflict", first, errors=errors)
    if "forbidden" in codes:
        return Problem(403, "forbidden", first, errors=[item for item in errors if item["field"]])
    if isinstance(error, Missing):
        return Problem(404, "not_found", first)
    if "constraint" in codes:
        return Problem(409, "constraint", first)
    return Problem(422, "invalid", _("Correct the values named below."), errors=errors)


def _row_error(error: RowError) -> dict[str, Any]:
    return {"field": error.field, "code": error.code, "message": str(error.message)}
