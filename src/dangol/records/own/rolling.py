"""How roll-ups are kept right: by triggers that PostgreSQL runs with every statement that touches a related record.

Pages, API, imports by COPY, bulk changes, undo, purges and hand-written SQL are so covered alike, in the transaction of the
change. A trigger finds the records whose value may be another one now – of a reference that moved, both –, locks their
values in the order of ids, and then computes them anew: a statement that begins after the lock sees what those who held
it before have committed. Tables without a roll-up have no trigger, and cost nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from dangol.records import registry
from dangol.records.filters import FilterError
from dangol.records.models import IndexState, OwnField, OwnKind, OwnState, RollUpValue
from dangol.records.own.roll_sql import Plan, plan_of
from dangol.records.types import RecordType

log = structlog.get_logger(__name__)

TRIES = 60
PATIENCE = "2s"
GONE = (LookupError, FilterError)
BUSY = ("55P03", "40P01")
EVENTS = (
    ("INSERT", "NEW TABLE AS new_rows"),
    ("DELETE", "OLD TABLE AS old_rows"),
    ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
)


def kept(**conditions: object) -> QuerySet[OwnField]:
    """The definitions of roll-ups that are to be kept."""
    return OwnField.objects.filter(kind=OwnKind.ROLL_UP, state=OwnState.ACTIVE, **conditions).order_by("pk")


def install(record_types: Iterable[RecordType]) -> None:
    """Make the triggers of these types what the definitions ask for, or take them away.

    Waits for those who are writing, since what they began without the trigger would not be counted, but never makes others
    queue behind it for long, and holds one type's tables at a time, a table beside the records after theirs as writers do, so
    that it is in nobody's circle. Raises OperationalError where a table was never free.
    """
    for record_type in {item.name: item for item in record_types}.values():
        for turn in range(TRIES):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
                    _install(record_type)
                    cursor.execute("SELECT set_config('lock_timeout', '0', true)")
                break
            except OperationalError as problem:
                if getattr(problem.__cause__, "sqlstate", "") not in BUSY or turn == TRIES - 1:
                    raise
                time.sleep(0.5)


def _install(record_type: RecordType) -> None:
    name = record_type.name
    children = list(_plans(kept(settings__child=name)))
    parents = list(_plans(kept(record_type=name)))
    if children or parents:
        table = connection.ops.quote_name(record_type.table.name)
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
    for plan in children:
        _function(plan.function, "parents bigint[]", "void", plan.recompute())
    table = record_type.table.name
    _triggers(table, f"dangol_rolls_{name}", "".join(plan.touched() for plan in children), EVENTS)
    _triggers(table, f"dangol_rolled_{name}", "".join(plan.begun() for plan in parents), EVENTS[:2])
    for side in sorted({side.name for side in record_type.table.sides.values()}):
        kept_there = [plan for plan in children if plan.side == connection.ops.quote_name(side)]
        if kept_there:
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {connection.ops.quote_name(side)} IN SHARE ROW EXCLUSIVE MODE")
        _triggers(
            side, f"dangol_rolls_beside_{name}", "".join(plan.touched_beside() for plan in kept_there), EVENTS
        )


def leave(name: str) -> None:
    """Take a type's roll-ups out of the triggers of their related records, in the caller's transaction, before its table goes.

    The definitions are marked as deleted already. What they computed is removed in the background.
    """
    gone = OwnField.objects.filter(kind=OwnKind.ROLL_UP, record_type=name).exclude(state=OwnState.DELETED)
    children = {definition.settings.get("child", "") for definition in gone} - {name}
    for record_type in filter(None, map(registry.find, sorted(children))):
        _install(record_type)


def _plans(definitions: Iterable[OwnField]) -> Iterator[Plan]:
    """The plans that can be made. One whose related records are gone must not take the others away."""
    for definition in definitions:
        try:
            yield plan_of(definition)
        except GONE as problem:
            log.error(
                "roll_up_left_out", type=definition.record_type, field=definition.name, why=str(problem)
            )


def _function(name: str, takes: str, gives: str, body: str) -> None:
    mark = f"$b{secrets.token_hex(8)}$"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {connection.ops.quote_name(name)}({takes}) RETURNS {gives} LANGUAGE plpgsql AS"
            f" {mark}\n#variable_conflict use_column\nDECLARE\n    dangol_found bigint[];\nBEGIN\n{body}\nEND {mark}"
        )


def _triggers(on: str, name: str, body: str, events: Sequence[tuple[str, str]]) -> None:
    """Statement triggers on a table for these events that run the body; none without a body."""
    quote = connection.ops.quote_name
    table = quote(on)
    with connection.cursor() as cursor:
        if not body:
            # Only where there are some: taking one away locks out even readers.
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = ANY(%s)",
                [table, [f"{name}_{event.lower()}" for event, _rows in events]],
            )
            for (found,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {quote(found)} ON {table}")
            cursor.execute(f"DROP FUNCTION IF EXISTS {quote(name)}()")
            return
        _function(name, "", "trigger", f"{body}    RETURN NULL;")
        for event, rows in events:
            cursor.execute(
                f"CREATE OR REPLACE TRIGGER {quote(f'{name}_{event.lower()}')} AFTER {event} ON {table}"
                f" REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION {quote(name)}()"
            )


def settle(field_id: int) -> None:
    """Bring the database into the state that a definition asks for: triggers, and a value for each record.

    For background work. The triggers come first, in a transaction of their own; from then on each change is counted, and the
    records are gone through in batches. Run again after a crash it begins anew, which does no harm. The field is shown once
    all values are there.
    """
    definition = OwnField.objects.filter(pk=field_id, kind=OwnKind.ROLL_UP).first()
    if definition is None:
        return
    types = [registry.find(name) for name in (definition.settings.get("child", ""), definition.record_type)]
    install([record_type for record_type in types if record_type is not None])
    if definition.state != OwnState.ACTIVE or None in types:
        _forget(definition)
        return
    if definition.index_state != IndexState.READY:
        try:
            plan_of(definition)
        except GONE as problem:
            OwnField.objects.filter(pk=field_id).update(
                index_state=IndexState.FAILED, index_error=str(problem)[:300]
            )
            raise
        _forget(definition, function=False)
        fill(definition)
        from dangol.records.own.roll_checks import settled

        settled(definition)


def _forget(definition: OwnField, *, function: bool = True) -> None:
    RollUpValue.objects.filter(field_id=definition.pk)._raw_delete(connection.alias)
    if function:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DROP FUNCTION IF EXISTS {connection.ops.quote_name(f'dangol_roll_up_{definition.pk}')}(bigint[])"
            )


def fill(definition: OwnField) -> int:
    """Compute the value of every record anew, in batches, each in a transaction of its own. Returns how many records."""
    plan = plan_of(definition)
    done = 0
    for ids in batches(plan):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {connection.ops.quote_name(plan.function)}(%s)", [ids])
        done += len(ids)
    return done


def batches(plan: Plan, size: int = 2_000) -> Iterable[list[int]]:
    """The ids of all records that have the field, in order."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {plan.parent} WHERE id > %s ORDER BY id LIMIT %s",  # noqa: S608 - a declared table
                [last, size],
            )
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield ids
        last = ids[-1]
