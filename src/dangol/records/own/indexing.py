"""Indexes of own fields: made on demand, while people go on working, and dropped where they were half made.

An index holds the records that have a value, in the order of lists: by the very expression that filters and sorts use, then
by id. One of a unique field lets each value in once. One of a field with several choices is a GIN index over the codes.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from dangol.identity import revisions
from dangol.records import registry
from dangol.records.fields.own import sql_of
from dangol.records.models import IndexState, OwnField, OwnKind, OwnState
from dangol.records.own.definitions import KINDS, REVISION

log = structlog.get_logger(__name__)

_PROGRESS = """
SELECT p.phase, CASE WHEN p.blocks_total > 0 THEN p.blocks_done::float / p.blocks_total END
FROM pg_stat_progress_create_index p JOIN pg_class c ON c.oid = p.index_relid
WHERE c.relname = %s
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far PostgreSQL is with an index: what it is at, and the share of that step; None where it does not say."""

    phase: str
    share: float | None


def index_name(definition: OwnField) -> str:
    """The index's name; by id, so that it fits and is never another field's."""
    return f"own_field_{definition.pk}"


def statement(definition: OwnField) -> str:
    """The statement that makes the index."""
    table = connection.ops.quote_name(registry.get(definition.record_type).table.name)
    value = sql_of(KINDS[definition.kind].storage, definition.name)
    name = connection.ops.quote_name(index_name(definition))
    if definition.kind == OwnKind.MULTI_CHOICE:
        return f"CREATE INDEX CONCURRENTLY {name} ON {table} USING gin ({value}) WHERE {value} IS NOT NULL"
    if definition.unique:
        return f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({value}) WHERE {value} IS NOT NULL"
    return f"CREATE INDEX CONCURRENTLY {name} ON {table} ({value}, id) WHERE {value} IS NOT NULL"


def settle(field_id: int) -> None:
    """Bring the database into the state the definition asks for: index there, or not. For background work.

    Outside of any transaction, as PostgreSQL wants it. Running it again after a crash begins anew: a half-made index
    is dropped first.
    """
    definition = OwnField.objects.filter(pk=field_id).first()
    if definition is None:
        return
    try:
        _settle(definition)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def _settle(definition: OwnField) -> None:
    wanted = definition.index_state == IndexState.BUILDING and definition.state in (
        OwnState.ACTIVE,
        OwnState.INACTIVE,
    )
    name = connection.ops.quote_name(index_name(definition))
    with connection.cursor() as cursor:
        # A planned wait for others is no reason to give up: the statement may take as long as the table needs.
        cursor.execute("SET statement_timeout = 0")
        if definition.index_state != IndexState.READY:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        if not wanted:
            return
        try:
            cursor.execute(statement(definition))
            cursor.execute(
                f"ANALYZE {connection.ops.quote_name(registry.get(definition.record_type).table.name)}"
            )
        except DatabaseError as problem:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            why = _reason(problem)
            log.warning("own_index_failed", field=definition.name, type=definition.record_type, why=why)
            _say(definition, IndexState.FAILED, why)
            return
    _say(definition, IndexState.READY, "")


def progress(definition: OwnField) -> Progress | None:
    """How far the index is; None while nobody builds it. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_PROGRESS, [index_name(definition)])
        row = cursor.fetchone()
    return Progress(row[0], row[1]) if row else None


def _reason(problem: DatabaseError) -> str:
    if getattr(problem.__cause__, "sqlstate", "") == "23505":
        return _("A value stands in more than one record. Correct it, then build the index again.")
    return str(problem).strip().splitlines()[0][:300]


def _say(definition: OwnField, state: str, why: str) -> None:
    # Only where nobody has asked for something else meanwhile.
    OwnField.objects.filter(pk=definition.pk, index_state=IndexState.BUILDING).update(
        index_state=state, index_error=why
    )
    revisions.changed(REVISION)
