"""One log line per request, and slow statements when asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = structlog.get_logger("dangol.request")
slow_log = structlog.get_logger("dangol.slow_query")

# Asked every few seconds by whoever watches the service: a line each would drown the rest.
QUIET = frozenset({"/healthz", "/readyz"})


class SlowQueries:
    """Logs statements that take longer than the limit; the text only, never the parameters (personal data)."""

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds = milliseconds

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = (time.perf_counter() - start) * 1000
            if took >= self.milliseconds:
                slow_log.warning("slow query", milliseconds=round(took, 1), sql=str(sql)[:2000])


class RequestLog:
    """Outermost middleware: times the request and writes its line when the answer is ready."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.slow = settings.SLOW_QUERY_MILLISECONDS

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        structlog.contextvars.clear_contextvars()
        start = time.perf_counter()
        with ExitStack() as stack:
            if self.slow:
                stack.enter_context(connection.execute_wrapper(SlowQueries(self.slow)))
            response = self.get_response(request)
        if request.path not in QUIET and not request.path.startswith(settings.STATIC_URL):
            actor = getattr(request, "actor", None)
            match = request.resolver_match
            log.info(
                "request",
                method=request.method,
                # The route, not the path: a path may hold a search or a name.
                route=match.route if match else None,
                status=response.status_code,
                milliseconds=round((time.perf_counter() - start) * 1000, 1),
                request_id=getattr(request, "request_id", None),
                actor=getattr(actor, "user_id", None),
            )
        return response
