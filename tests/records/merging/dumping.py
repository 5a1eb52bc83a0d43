"""All rows of all tables, but for what tells of the past: to be held against another dump."""

from __future__ import annotations

import json

from django.db import connection

PAST = {
    "django_migrations": "",
    "django_session": "",
    "records_change": "history",
    "records_merge": "what was merged when",
    "records_searchtoken": "words of the dictionary; those that nobody bears go at night",
    "identity_access_log": "log",
}
PREFIXES = ("events_", "procrastinate_", "outbound_")
COLUMNS = {"version", "updated_at", "updated_by_id", "changed_in"}
WRITTEN_ANEW = {"interactions_timelineentry": "id"}


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def dump() -> dict[str, list[str]]:
    """The rows of each table as sorted JSON."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            if table in PAST or table.startswith(PREFIXES):
                continue
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            left_out = COLUMNS | {WRITTEN_ANEW.get(table, "")}
            rows = (json.loads(row[0]) for row in cursor.fetchall())
            found[table] = sorted(
                json.dumps({key: value for key, value in row.items() if key not in left_out}, sort_keys=True)
                for row in rows
            )
    return found


def differences(
    before: dict[str, list[str]], after: dict[str, list[str]]
) -> dict[str, tuple[list[str], list[str]]]:
    """By table: rows that are gone, rows that are new."""
    found = {}
    for table in before.keys() | after.keys():
        old, new = set(before.get(table, ())), set(after.get(table, ()))
        if before.get(table) != after.get(table):
            found[table] = (sorted(old - new), sorted(new - old))
    return found
