"""The schema of the database: what is missing, and bringing it up to this version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from dangol.config import first_schema

CACHE_TABLE = "config_cache"
_LOCK = 0x44414E47  # "DANG": one migration at a time, whoever starts it


def is_empty() -> bool:
    """Whether this database has never seen Dangol. Two queries."""
    return "django_migrations" not in connection.introspection.table_names()


def pending() -> list[str]:
    """Migrations that are not applied yet, as `room.0001_name`."""
    executor = MigrationExecutor(connection)
    targets = executor.loader.graph.leaf_nodes()
    return [f"{migration.app_label}.{migration.name}" for migration, _ in executor.migration_plan(targets)]


def migrate(report: Callable[[str], None] = lambda line: None) -> list[str]:
    """Apply what is missing and set up what a first start needs; returns the applied migrations.

    Safe to call from several processes at once and to run again after a kill.
    """
    with _alone():
        first = is_empty()
        missing = pending()
        for name in missing:
            report(name)
        if first:
            first_schema.make()
        if missing:  # after a first start, too: what Django does once all tables are there
            call_command("migrate", interactive=False, verbosity=0)
        from dangol.records.objects import tables

        # What a version gives to all records, the tables get that no migration knows.
        tables.bring_up_to_date()
        call_command("createcachetable", verbosity=0)
        with connection.cursor() as cursor:
            # What is in the cache may go with a crash; not logging it makes throttling cheap.
            cursor.execute("SELECT relpersistence FROM pg_class WHERE oid = %s::regclass", [CACHE_TABLE])
            if cursor.fetchone()[0] != "u":
                cursor.execute(f"ALTER TABLE {CACHE_TABLE} SET UNLOGGED")
    return missing


@contextmanager
def _alone() -> Iterator[None]:
    lock = connections.create_connection("default")
    try:
        with lock.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        yield
    finally:
        lock.close()
