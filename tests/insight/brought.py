"""A real file brought into an empty company by the door that users have, committed, and taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from dangol.identity.actors import Actor
from dangol.records.importing import engine, registry, runs, storage

SYSTEM = Actor.system("test")


def tables_in_use() -> set[str]:
    """Tables that hold rows, by name: one query each."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        quoted = {name: connection.ops.quote_name(name) for name in names}
        in_use = set()
        for name, table in quoted.items():
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            if cursor.fetchone()[0]:
                in_use.add(name)
    return in_use


def bring_in(path: Path, mapping: str) -> None:
    """Import a file by a mapping that comes with the product."""
    size, sha256 = storage.measure(path)
    run = runs.run_create(actor=SYSTEM, path=path, mapping=registry.get(mapping), size=size, sha256=sha256)
    engine.run(run, SYSTEM)


@contextmanager
def brought_in(path: Path, mapping: str, data: Path) -> Iterator[None]:
    """The file's records, committed, with a lake folder of their own; the database is as before when it ends."""
    before, settings.DATA = settings.DATA, data
    filled_before = tables_in_use()
    try:
        bring_in(path, mapping)
        yield
    finally:
        # Every table that was empty, not a list of them: a row of the lake left behind is met by another test.
        left = sorted(tables_in_use() - filled_before)
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(map(connection.ops.quote_name, left))} CASCADE")
        assert tables_in_use() == filled_before
        settings.DATA = before
