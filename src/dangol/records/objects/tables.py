"""The tables of own objects: made, kept as the kernel wants them, and dropped.

A table has the columns, indexes and triggers that a migration gives a built-in type, made by the same code from the model. All
of it happens in the transaction of the definition, so that there is never one without the other. Nobody waits long: what
cannot get its locks within seconds gives up, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.utils.translation import gettext as _
from pgtrigger.core import INSTALLED

from dangol.records.models import ObjectState, OwnedRecord, OwnObject
from dangol.records.objects import classes

PATIENCE = "5s"
LOCKED = "55P03"
TRIGGERS: Sequence[pgtrigger.Trigger] = OwnedRecord.Meta.triggers


@dataclass(frozen=True, slots=True)
class Difference:
    """What a table of an own object lacks of its model; `table` alone says that there is no table."""

    object: str
    columns: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    table: bool = False

    def __bool__(self) -> bool:
        return bool(self.columns or self.triggers or self.table)


def sequence_of(name: str) -> str:
    """The sequence that an object's numbers come from; it belongs to the table's column and goes with it."""
    return f"{name}_number_seq"


def make(name: str) -> None:
    """Make the table of an own object, in the caller's transaction. Raises ValidationError where others block it."""
    model: Any = classes.model_of(name)
    sequence, table = connection.ops.quote_name(sequence_of(name)), connection.ops.quote_name(name)
    with patience(), connection.schema_editor(atomic=False) as editor:
        editor.create_model(model)
        editor.execute(f"CREATE SEQUENCE {sequence} OWNED BY {table}.number")
    for trigger in TRIGGERS:
        trigger.install(model)


def drop(name: str) -> None:
    """Drop the table of an own object with all that is in it, in the caller's transaction. Raises ValidationError."""
    model: Any = classes.model_of(name)
    functions = [trigger.get_pgid(model) for trigger in TRIGGERS]
    with patience(), connection.cursor() as cursor:
        # What the transaction did to its rows is looked at now; PostgreSQL drops no table about which questions are open.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)}")
        for function in functions:
            cursor.execute(f"DROP FUNCTION IF EXISTS {connection.ops.quote_name(function)}()")


def exists(name: str) -> bool:
    """Whether there is a table of that name, whoever made it. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [connection.ops.quote_name(name)])
        return bool(cursor.fetchone()[0])


def differences() -> Iterator[Difference]:
    """What the tables of own objects, those switched off too, lack of what this version wants. About five queries each."""
    for name in living():
        if difference := _difference(name):
            yield difference


def bring_up_to_date() -> list[Difference]:
    """Give the tables of own objects the columns and triggers that this version wants; returns what was missing.

    For columns that the kernel gives all records from one version on. They need a default in the database, as any column
    that is added to a table with rows. Renaming and dropping is a migration's work: `OnOwnTables`.
    """
    found = list(differences())
    for difference in found:
        if difference.table:
            continue
        model: Any = classes.model_of(difference.object)
        with connection.schema_editor() as editor:
            for column in model._meta.local_concrete_fields:
                if column.name in difference.columns:
                    editor.add_field(model, column)
        for trigger in TRIGGERS:
            if trigger.name in difference.triggers:
                trigger.install(model)
    return found


def living() -> list[str]:
    """The names of all own objects that have a table. One query."""
    there = OwnObject.objects.exclude(state__in=(ObjectState.DELETING, ObjectState.DELETED))
    return list(there.values_list("name", flat=True))


def _difference(name: str) -> Difference:
    if not exists(name):
        return Difference(name, table=True)
    model: Any = classes.model_of(name)
    with connection.cursor() as cursor:
        there = {column.name for column in connection.introspection.get_table_description(cursor, name)}
    columns = [field.name for field in model._meta.local_concrete_fields if field.column not in there]
    triggers = [
        str(trigger.name) for trigger in TRIGGERS if trigger.get_installation_status(model)[0] != INSTALLED
    ]
    return Difference(name, tuple(columns), tuple(triggers))


@contextmanager
def patience() -> Iterator[None]:
    """Waits for locks no longer than some seconds, and says what held it up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        try:
            yield
        except OperationalError as problem:
            if _sqlstate(problem) != LOCKED:
                raise
            raise ValidationError(
                _(
                    "Somebody is working on these tables for long, an import or an export. Try again in a minute."
                ),
                code="busy",
            ) from problem
        cursor.execute("RESET lock_timeout")


def _sqlstate(problem: BaseException) -> str:
    return str(getattr(problem.__cause__, "sqlstate", "") or "")
