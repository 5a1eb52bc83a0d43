"""Which rows and which values go out: the list's own filter and rights, read in one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Count, F, QuerySet

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry
from dangol.records.fields import Field, Money, Reference
from dangol.records.fields.own import OwnReference
from dangol.records.filters.tree import Tree
from dangol.records.lists import rows_for, rows_sorted
from dangol.records.types import RecordType

BATCH = 2_000
Row = Sequence[Any]
BY_ID = "id"


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the export and where its values stand in a row of the statement.

    `key` is what a reference is named by beside its title: a unique field of the target, whose value stands at
    `key_at`, or its id; empty where the title is enough. `currency_at` is where the currency of an amount stands that
    no other column tells.
    """

    field: Field
    start: int
    end: int
    key: str = ""
    key_at: int = -1
    currency_at: int = -1

    def value(self, row: Row) -> Any:
        return self.field.value_of(row[self.start : self.end])


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns of an export and the rows as a lazy statement of their values, the id first."""

    record_type: RecordType
    columns: tuple[Column, ...]
    rows: QuerySet[Any, Any]

    def count(self, limit: int | None = None) -> int:
        """How many rows there are, counting no further than the limit. One query."""
        pks = self.rows.order_by().values("pk")
        return int((pks if limit is None else pks[:limit]).count())

    def batches(self) -> Iterator[list[Row]]:
        """The rows, some thousand at a time, through a cursor that the server holds.

        One statement has one snapshot: whatever others write meanwhile, no row comes twice and none is missing. Outside
        of a transaction the cursor is declared `WITH HOLD`, so that a slow reader holds no transaction open and
        PostgreSQL can go on tidying up.
        """
        found = iter(self.rows.iterator(chunk_size=BATCH))
        while batch := list(islice(found, BATCH)):
            yield batch


def select(
    *,
    actor: Actor,
    record_type: RecordType,
    tree: Tree | None,
    sort: Sequence[str] | None,
    names: Sequence[str],
) -> Selection:
    """The rows that the actor may both see and export, and the named fields of them.

    One query for each reference to users, teams or territories: whether two of them share a name.

    Args:
        names: fields that exist for the actor.
    """
    known = permissions.fields_for(actor, record_type)
    reading = _Reading()
    columns = tuple(_column(actor, known[name], names, record_type, reading) for name in names)
    rows = permissions.also(rows_for(actor, record_type, tree), actor, record_type, "export")
    rows = rows_sorted(rows, actor, record_type, sort)
    return Selection(
        record_type, columns, rows.annotate(**reading.annotations).values_list("pk", *reading.names)
    )


class _Reading:
    """The expressions that the statement reads, behind the id."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.annotations: dict[str, Any] = {}

    def add(self, expression: Any) -> int:
        """The place at which its value will stand."""
        if isinstance(expression, F):
            self.names.append(str(expression.name))  # type: ignore[attr-defined]
        else:
            alias = f"_x{len(self.names)}"
            self.annotations[alias] = expression
            self.names.append(alias)
        return len(self.names)


def _column(
    actor: Actor, field: Field, names: Sequence[str], record_type: RecordType, reading: _Reading
) -> Column:
    places = [reading.add(expression) for expression in permissions.selected(actor, field)]
    start, end = places[0], places[-1] + 1
    if isinstance(field, Reference):
        key = _key_of(field, actor)
        at = -1
        if key and key != BY_ID:
            target = registry.get(field.target or "")
            at = reading.add(_key_at(actor, field, target, target.fields[key].column))
        return Column(field, start, end, key=key, key_at=at)
    if isinstance(field, Money) and field.currency_column and field.currency_column not in names:
        # `select` reads the currency behind the amount.
        return Column(field, start, end, currency_at=end - 1)
    return Column(field, start, end)


def _key_at(actor: Actor, field: Reference, target: RecordType, column: str) -> Any:
    """The key of the record referred to, where the actor sees it."""
    if isinstance(field, OwnReference):
        return field.title_among(permissions.visible_to(actor, target), column=column)
    return permissions.named(actor, target.name, field.column, column)


def _key_of(field: Reference, actor: Actor) -> str:
    target = registry.find(field.target) if field.target else None
    if target is not None:
        target = fieldrules.seen_by(actor, target)
        return target.keys[0] if target.keys else BY_ID
    # Users, teams, territories: a name is enough, unless two share it.
    same = field.model._default_manager.values(field.title).annotate(times=Count("pk")).filter(times__gt=1)
    return BY_ID if same.order_by().exists() else ""
