"""What an installation takes up, and the backups it has made of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.events import queue

BACK_UP = "dangol.administration.back_up"
BACKUPS = "backups"
FOLDERS = ("media", "imports", "exports", "lake", BACKUPS)
TABLES_SHOWN = 8
BACKUPS_SHOWN = 10
_TABLES = """
SELECT c.relname, pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname = current_schema()
ORDER BY 2 DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in the data folder: its file, when it was finished, how many bytes it has."""

    name: str
    at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its indexes: bytes, and rows as PostgreSQL last counted them."""

    name: str
    size: int
    rows: int


def database_size() -> int:
    """Bytes of the database with all indexes. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def largest_tables() -> list[Table]:
    """The tables that take most. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [TABLES_SHOWN])
        return [Table(*row) for row in cursor.fetchall()]


def folder_sizes() -> dict[str, int]:
    """Bytes by folder of the data folder: uploads, files of imports and exports, the lake, backups."""
    return {name: sum(_sizes(Path(settings.DATA) / name)) for name in FOLDERS}


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        try:
            if path.is_file() and not path.is_symlink():
                yield path.stat().st_size
        except FileNotFoundError:
            continue  # a file that was removed while we looked takes nothing


def backups() -> list[Backup]:
    """The backups in the data folder, newest first. Drafts of one that is being made have other names."""
    found = []
    for path in (Path(settings.DATA) / BACKUPS).glob("dangol-*.tar"):
        facts = path.stat()
        found.append(Backup(path.name, datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size))
    return sorted(found, key=lambda backup: backup.at, reverse=True)[:BACKUPS_SHOWN]


def is_backing_up() -> bool:
    """Whether a backup is on its way or waits for the worker. One query."""
    return ProcrastinateJob.objects.filter(task_name=BACK_UP, status__in=["todo", "doing"]).exists()


def back_up_soon() -> bool:
    """Have the worker make a backup; false when one is on its way already. The caller has checked the right."""
    if is_backing_up():
        return False
    queue.enqueue(BACK_UP, lock=BACK_UP)
    return True
