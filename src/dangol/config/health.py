"""Two addresses for whoever watches the service: is the process alive, and can it do its work."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

log = structlog.get_logger(__name__)

WORKER_SECONDS = 60


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else, so a database that is away does not get it killed."""
    return JsonResponse({"status": "alive"})


@login_not_required
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations and worker are in order, else 503; says which of them is not. Two queries."""
    found = {"database": _check(_database)}
    if found["database"]:
        found["migrations"] = _check(_migrations)
        found["worker"] = _check(worker_is_fresh)
    ready = all(found.values()) and len(found) == 3
    return JsonResponse(
        {
            "status": "ready" if ready else "not ready",
            "checks": {name: "ok" if good else "failed" for name, good in found.items()},
        },
        status=200 if ready else 503,
    )


def _check(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except DatabaseError as error:
        log.warning("not ready", check=question.__name__, error=type(error).__name__)
        connection.close()
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


# Once applied they stay applied for the life of this process; a "no" is asked again.
_applied = False


def _migrations() -> bool:
    global _applied
    if not _applied:
        from dangol.config import schema

        _applied = not schema.pending()
    return _applied


def worker_is_fresh(seconds: int = WORKER_SECONDS) -> bool:
    """Whether any worker gave a sign of life in the last seconds. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [seconds],
        )
        return bool(cursor.fetchone()[0])
