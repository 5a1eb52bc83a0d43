"""A person's name, numbers and addresses blacked out in every text of the database, and their files removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from dangol.records import registry
from dangol.records.exporting import storage as exports
from dangol.records.importing import storage as imports
from dangol.records.models import ExportRun, ImportRun, ImportState
from dangol.records.persons.identifying import BLACK, Identity
from dangol.records.search import index

LAST = "records_change"
"""History comes last: what is blacked out in records leaves what stood there before in history."""
UNTOUCHED = (
    "records_look",  # kept by law, sealed, ids only
    "records_erasure",
    "identity_",  # colleagues, who may be called the same
    "records_search",  # made anew from the records
    "django_",
    "procrastinate_periodic",
)
_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
  AND c.data_type IN ('text', 'character varying', 'jsonb')
ORDER BY c.table_name, c.column_name
"""
_BLOCK = 1 << 20
_BINARY = (b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xd0\xcf\x11\xe0")


def sweep(identity: Identity, *, with_names: bool) -> Counter[str]:
    """Black out what identifies the person in every text column of every table. Returns rows changed, by table.

    In the caller's transaction. One statement a table, each of which reads its whole table.
    """
    pattern = identity.pattern(with_names=with_names)
    changed: Counter[str] = Counter()
    if not pattern:
        return changed
    tables: dict[str, list[tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, column, kind in cursor.fetchall():
            if not table.startswith(UNTOUCHED):
                tables.setdefault(table, []).append((column, kind))
        by_table = {record_type.table.name: record_type for record_type in registry.all_types()}
        for table in sorted(tables, key=lambda name: (name == LAST, name)):
            ids = _black_out(cursor, table, tables[table], pattern, table in by_table)
            if ids:
                changed[table] = len(ids)
            if ids and table in by_table and by_table[table].search:
                index.reindex(by_table[table], [number for number in ids if number])
        # answers that were kept for clients that ask twice
        cursor.execute(
            "DELETE FROM records_idempotencykey"
            " WHERE EXISTS (SELECT FROM unnest(%s::bytea[]) trace WHERE position(trace IN body) > 0)",
            [identity.literals(with_names=with_names)],
        )
        if cursor.rowcount:
            changed["records_idempotencykey"] += cursor.rowcount
    return changed


def _black_out(
    cursor: object, table: str, columns: list[tuple[str, str]], pattern: str, has_id: bool
) -> list[int]:
    name = connection.ops.quote_name
    sets, where, parameters = [], [], []
    for column, kind in columns:
        text = f"{name(column)}::text" if kind == "jsonb" else name(column)
        cast = "::jsonb" if kind == "jsonb" else ""
        sets.append(f"{name(column)} = regexp_replace({text}, %s, %s, 'gi'){cast}")
        parameters += [pattern, BLACK]
    for column, kind in columns:
        where.append(f"{name(column)}{'::text' if kind == 'jsonb' else ''} ~* %s")
    sql = f"UPDATE {name(table)} SET {', '.join(sets)} WHERE {' OR '.join(where)}"  # noqa: S608 - names of the catalogue
    sql += " RETURNING id" if has_id else " RETURNING 0"
    cursor.execute(sql, [*parameters, *[pattern] * len(where)])  # type: ignore[attr-defined]
    return [number for (number,) in cursor.fetchall()]  # type: ignore[attr-defined]


def remove_files(identity: Identity, *, with_names: bool) -> Counter[str]:
    """Remove files of imports and exports in which the person stands – of compressed ones, all: nobody can tell.

    Runs that still need their file keep it: an import that is under way.
    """
    literals = identity.literals(with_names=with_names)
    removed: Counter[str] = Counter()
    busy = set(
        ImportRun.objects.exclude(state__in=(ImportState.FINISHED, ImportState.CANCELLED)).values_list(
            "path", flat=True
        )
    )
    for label, folder in (("imports", imports.folder()), ("exports", exports.folder())):
        for path in sorted(folder.iterdir()):
            if path.is_file() and str(path) not in busy and _holds(path, literals):
                path.unlink(missing_ok=True)
                ExportRun.objects.filter(path=str(path)).update(path="")
                removed[label] += 1
    return removed


def _holds(path: Path, literals: list[bytes]) -> bool:
    longest = max((len(item) for item in literals), default=0)
    tail = b""
    for block in _blocks(path):
        if not tail and block.startswith(_BINARY):
            return True
        if any(item in tail + block for item in literals):
            return True
        tail = block[-longest:]
    return False


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
