"""What `dangol doctor` looks at. Each finding says how to mend it."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dangol.config import environment
from dangol.config.findings import Finding, finding
from dangol.config.language import gettext as _

LEAST_DISK = 2 * 10**9
SLOW_QUEUE_SECONDS = 300
CLOCK_SECONDS = 5


def before_database() -> Iterator[Finding]:
    """What can be said without a database."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        "python",
        sys.version_info >= (3, 11),
        version,
        "" if sys.version_info >= (3, 11) else _("use Python 3.11 or newer"),
    )
    data = environment.data_directory()
    free = shutil.disk_usage(
        data if data.exists() else data.parent if data.parent.exists() else Path("/")
    ).free
    yield finding(
        "disk",
        free >= LEAST_DISK,
        _("%s GB free") % f"{free / 1e9:.1f}",
        _("free space for %s, or move DANGOL_DATA") % data,
    )
    key = data / "secret-key"
    if key.exists():
        yield finding("secret key", key.stat().st_mode & 0o077 == 0, str(key), f"chmod 600 {key}")
    if environment.text("DANGOL_DEBUG"):
        debug = environment.flag("DANGOL_DEBUG")
        yield Finding(
            "debug", True, _("on: never where others can reach it") if debug else _("off"), note=True
        )


def with_database() -> Iterator[Finding]:
    """What the database and the rooms say. About twenty queries."""
    from dangol.config import diagnosis_of_work

    asked = (_server, _migrations, _own_tables, _clock, _worker, _queue, _failed_jobs, _deliveries)
    for question in (*asked, *diagnosis_of_work.QUESTIONS):
        yield from _asked(question)


def around() -> Iterator[Finding]:
    """What was built with the package, and what development needs."""
    for question in (_assets, _catalogues, _chromium):
        yield from _asked(question)


def _asked(question: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from question()
    except Exception as error:  # noqa: BLE001 - whatever breaks here is what the doctor was called for
        yield Finding(
            question.__name__.strip("_"), False, f"{type(error).__name__}: {error}", _("see the text")
        )


def _one(sql: str, *values: str | int) -> tuple[Any, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return tuple(cursor.fetchone() or ())


def _server() -> Iterator[Finding]:
    (number,) = _one("SELECT current_setting('server_version_num')::int")
    yield finding(
        "postgres", number >= 150000, f"{number // 10000}.{number % 10000}", _("use PostgreSQL 15 or newer")
    )
    (trigram,) = _one("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')")
    yield finding("pg_trgm", trigram, _("there") if trigram else _("missing"), "CREATE EXTENSION pg_trgm")
    used, most = _one("SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity")
    yield finding(
        "connections",
        used < most * 0.8,
        f"{used}/{most}",
        _("lower DANGOL_WEB_PROCESSES or raise max_connections"),
    )


def _migrations() -> Iterator[Finding]:
    from dangol.config import schema

    missing = schema.pending()
    yield finding("migrations", not missing, _("%s missing") % len(missing), "dangol migrate")


def _own_tables() -> Iterator[Finding]:
    from dangol.records.objects import tables

    wrong = list(tables.differences())
    lacking = ", ".join(
        f"{each.object} ({', '.join((*each.columns, *each.triggers)) or _('no table')})" for each in wrong
    )
    gone = any(each.table for each in wrong)
    yield finding(
        "own objects",
        not wrong,
        _("%s tables as they should be") % len(tables.living()) if not wrong else _("lacking: %s") % lacking,
        _("bring the table back from a backup") if gone else "dangol migrate",
    )


def _clock() -> Iterator[Finding]:
    (server,) = _one("SELECT extract(epoch FROM clock_timestamp())")
    apart = abs(float(server) - time.time())
    yield finding(
        "clock",
        apart < CLOCK_SECONDS,
        _("%s s from the database's") % f"{apart:.1f}",
        _("set the clocks by NTP"),
    )


def _worker() -> Iterator[Finding]:
    (age,) = _one("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
    good = age is not None and float(age) < 60
    text = _("never seen") if age is None else _("seen %s s ago") % round(float(age))
    yield finding("worker", good, text, _("start dangol serve or dangol worker"))


def _queue() -> Iterator[Finding]:
    waiting, age = _one(
        """SELECT count(*), coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at))), 0)
           FROM procrastinate_jobs j
           LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = j.id) e ON true
           WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at < now())"""
    )
    text = _("%(count)s waiting, the oldest for %(seconds)s s") % {
        "count": waiting,
        "seconds": round(float(age)),
    }
    yield finding("queue", float(age) < SLOW_QUEUE_SECONDS, text, _("start another dangol worker"))


def _failed_jobs() -> Iterator[Finding]:
    (failed,) = _one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
    yield finding("failed jobs", not failed, str(failed), _("look at Settings, Background work"))


def _deliveries() -> Iterator[Finding]:
    from dangol.events import selectors

    dead = selectors.dead_letter_count()
    yield finding("dead letters", not dead, str(dead), _("look at Settings, Background work"))


def _assets() -> Iterator[Finding]:
    vendor = Path(__file__).resolve().parent.parent / "web" / "static" / "vendor"
    good = vendor.is_dir() and any(vendor.iterdir())
    yield finding("browser libraries", good, _("there") if good else _("missing"), "make environment")


def _catalogues() -> Iterator[Finding]:
    package = Path(__file__).resolve().parent.parent
    sources = list(package.glob("*/locale/*/LC_MESSAGES/*.po"))
    old = [path for path in sources if not path.with_suffix(".mo").exists()]
    yield finding("catalogues", not old, _("%s not compiled") % len(old), "make environment")


def _chromium() -> Iterator[Finding]:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)
    yield Finding("chromium", True, found or _("missing; only the browser tests need it"), note=True)
