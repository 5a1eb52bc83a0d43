"""The seal on a prepared installation: while code and database are as they were, a start need not prepare again.

Preparing loads all of Django to find, nearly always, that nothing is to be done. The seal is set after it was done to
the end. It names the code by the files it is made of and the database by its migrations and when each was applied, so
another release, another database or a restored one breaks it. Knows nothing of Django, like the supervisor.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg

from dangol.config import environment

FILE: Final = "prepared"
_GATHERED: Final = Path("static", ".gathered")

# No row where something is missing that preparing makes, whatever the migrations say.
_DATABASE: Final = """
SELECT (SELECT md5(string_agg(concat_ws(' ', id, app, name, extract(epoch FROM applied)), ',' ORDER BY id))
        FROM django_migrations)
WHERE EXISTS (SELECT FROM identity_user WHERE is_administrator AND is_active)
  AND EXISTS (SELECT FROM identity_role) AND EXISTS (SELECT FROM identity_team WHERE parent_id IS NULL)
  AND EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('config_cache') AND relpersistence = 'u')
"""


def is_whole(data: Path, address: str) -> bool:
    """Whether preparing would find nothing to do. One connection, one query.

    Args:
        data: the data folder, where the seal and the gathered static files lie.
        address: of the database, which runs.
    """
    kept = data / FILE
    if not kept.is_file() or not (_is_debugging() or (data / _GATHERED).is_file()):
        return False
    database = _database(address)
    return database is not None and kept.read_text(encoding="utf-8") == _text(code(), database)


def put(data: Path, address: str, prepared_by: str) -> None:
    """Seal what was prepared by the code of that digest, taken before preparing began. One query."""
    database = _database(address)
    if database is None:
        (data / FILE).unlink(missing_ok=True)
        return
    draft = data / f"{FILE}.new"
    draft.write_text(_text(prepared_by, database), encoding="utf-8")
    draft.replace(data / FILE)


def code() -> str:
    """A digest of what a start depends on: Dangol's files by size and time, the libraries by version."""
    seen = hashlib.sha256(f"{sys.version} {_is_debugging()}".encode())
    for line in sorted(_files(Path(__file__).parent.parent)) + sorted(_libraries()):
        seen.update(line.encode(errors="surrogateescape") + b"\0")
    return seen.hexdigest()


def _files(root: Path) -> Iterator[str]:
    for folder, below, names in os.walk(root, followlinks=True):
        below[:] = [name for name in below if name != "__pycache__"]
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 - a thousand of them at every start
            found = os.stat(path)  # noqa: PTH116
            yield f"{path} {found.st_size} {found.st_mtime_ns}"


def _libraries() -> Iterator[str]:
    for place in {path for path in sys.path if path}:
        if os.path.isdir(place):  # noqa: PTH112
            yield from (name for name in os.listdir(place) if name.endswith(".dist-info"))  # noqa: PTH208


def _database(address: str) -> str | None:
    """A digest of the migrations; None when something is missing or the database cannot say."""
    try:
        with psycopg.connect(address, connect_timeout=5, autocommit=True) as connection:
            row = connection.execute(_DATABASE).fetchone()
    except psycopg.Error:  # preparing meets the same, and says what is wrong
        return None
    return row[0] if row else None


def _text(code: str, database: str) -> str:
    return f"{code}\n{database}\n"


def _is_debugging() -> bool:
    return environment.flag("DANGOL_DEBUG")
