"""Settings that processes keep in memory: how a change in one process reaches all others without a restart.

Whoever keeps such settings registers what reads them anew (`keep`), and calls `changed` in the transaction that changes
them. The query that loads an actor brings the numbers of all revisions along, so each request and each job that acts for
somebody notices at no cost; jobs that act for nobody ask (`look`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from django.db import connection

from dangol.identity.models.revisions import Revision

Reload = Callable[[], None]

_reloads: dict[str, Reload] = {}
_seen: dict[str, int] = {}
_lock = threading.RLock()

_CHANGED = """
INSERT INTO identity_revision AS known (name, number)
VALUES (%s, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
ON CONFLICT (name) DO UPDATE
SET number = greatest(known.number + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
RETURNING number
"""


def keep(name: str, reload: Reload) -> None:
    """Have `reload` called in each process whenever the revision of that name is another one than before.

    Called while the project starts. A process begins with nothing read; no revision at all means that nothing was ever set.
    """
    _reloads[name] = reload


def changed(name: str) -> None:
    """Say that the settings of that name have changed, in the caller's transaction; this process reads them at once.

    Two queries and what reading costs. After a rollback the next actor that is loaded puts this process right.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [name])
        (number,) = cursor.fetchone()
    _note(name, number)


def told(found: Iterable[tuple[str, int]]) -> None:
    """What the database says now. Reads anew where this process knows another edition; costs nothing where it does not."""
    numbers = dict(found)
    for name in _reloads:
        if _seen.get(name, 0) != numbers.get(name, 0):
            _note(name, numbers.get(name, 0))


def look() -> None:
    """Ask the database, and read anew what has changed: for work that loads no actor. One query."""
    told(Revision.objects.values_list("name", "number"))


def forget() -> None:
    """Read everything anew at the next look: after the database was put back to an older state under this process."""
    with _lock:
        for name in _seen:
            _seen[name] = -1


def _note(name: str, number: int) -> None:
    with _lock:
        if _seen.get(name, 0) != number or name not in _seen:
            _reloads[name]()
            _seen[name] = number
