"""What a request gets that meets an own object while it is being deleted: 404, as after the deletion."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db import ProgrammingError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

UNDEFINED_TABLE = "42P01"
_NAMED = re.compile(r"\bx_[a-z0-9_]+\b")


def is_missing_table(problem: BaseException) -> bool:
    """Whether the database did not find the table of an own object: another process has just deleted it."""
    return (
        isinstance(problem, ProgrammingError)
        and getattr(problem.__cause__, "sqlstate", "") == UNDEFINED_TABLE
        and _NAMED.search(str(problem)) is not None
    )


class MissingTableMiddleware:
    """Answers pages of an own object that was deleted meanwhile as if it had been gone before."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Raises Http404 where the table is gone; the next request hears of the deletion with its actor."""
        if is_missing_table(exception):
            raise Http404(_("There is no such record.")) from exception
