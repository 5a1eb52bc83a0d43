"""The log of calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from django.utils import timezone, translation

from dangol.outbound.errors import OutboundProblem
from dangol.outbound.models import OutboundCall

KEPT_DAYS = 90
LONGEST_URL = 2_000
LONGEST_ERROR = 1_000


@dataclass
class Noted:
    """What is known of a call so far; filled in while it goes on."""

    status: int | None = None
    received: int = 0


@contextmanager
def call_noted(
    *, purpose: str, method: str, url: str, keep: Callable[[OutboundCall], None] | None = None
) -> Iterator[Noted]:
    """Note a call down when it is over, also when it failed. One query.

    The row belongs to the caller's transaction: where that is taken back, so is the note.

    Args:
        keep: takes the row instead of the database, for whoever makes many calls and stores their notes at once
            (`calls_note`); then no query.
    """
    noted = Noted()
    start = time.monotonic()
    error = ""
    try:
        yield noted
    except OutboundProblem as problem:
        with translation.override("en"):
            error = str(problem)
        raise
    except Exception as problem:
        error = type(problem).__name__
        raise
    finally:
        row = OutboundCall(
            purpose=purpose[:80],
            method=method,
            url=without_secrets(url),
            status=noted.status,
            received=noted.received,
            milliseconds=int((time.monotonic() - start) * 1_000),
            error=error.replace("\0", "")[:LONGEST_ERROR],
        )
        if keep is None:
            row.save(force_insert=True)
        else:
            row.at = timezone.now()
            keep(row)


def calls_note(rows: Iterable[OutboundCall]) -> None:
    """Store notes that were kept. One query."""
    OutboundCall.objects.bulk_create(rows)


def without_secrets(url: str) -> str:
    """The address without user name, password, query and fragment; `?…` says that there was a query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "?"
    netloc = parts.netloc.rpartition("@")[2]
    shown = urlunsplit((parts.scheme, netloc, parts.path, "", "")) + ("?…" if parts.query else "")
    return shown.replace("\0", "")[:LONGEST_URL]


def calls_forget() -> int:
    """Delete notes older than 90 days; how many there were. One query."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    gone, _by_model = OutboundCall.objects.filter(at__lt=before).delete()
    return gone
