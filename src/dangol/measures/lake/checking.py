"""Whether the lake can be read, how old it is, and whether somebody is at it. For `dangol doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dangol.measures.lake import manifest
from dangol.measures.lake.storage import store


@dataclass(frozen=True, slots=True)
class LakeState:
    """`taken_at` is None where there is no lake that can be read; `broken` says why it cannot; `missing` counts files."""

    taken_at: datetime | None = None
    rows: int = 0
    missing: int = 0
    is_ours: bool = True
    broken: str = ""


def state() -> LakeState:
    """How the lake stands: its manifest and whether all its files are there; none of them is opened. One query."""
    try:
        lake = manifest.current()
        taken_at = datetime.fromisoformat(lake.taken_at)
    except manifest.LakeMissing:
        return LakeState()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return LakeState(broken=f"{type(error).__name__}: {error}"[:200])
    missing = lake.names() - set(store().names())
    return LakeState(taken_at, lake.rows, len(missing), manifest.is_ours(lake))


def is_being_written() -> bool:
    """Whether a process holds the lake for writing. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
            " AND classid::bigint = %s AND objid::bigint = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            [manifest.LOCK >> 32, manifest.LOCK & 0xFFFFFFFF],
        )
        return bool(cursor.fetchone()[0])
