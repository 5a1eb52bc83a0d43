"""A roll-up in SQL: what its triggers run. Names come from declared tables, values are written as literals by the driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings as project
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.backends.postgresql.psycopg_any import mogrify
from django.db.models import Q

from dangol.identity.actors import Actor
from dangol.records import filters, registry
from dangol.records.expressions.building import plain_value
from dangol.records.expressions.checking import KINDS
from dangol.records.expressions.guards import UNGUARDED
from dangol.records.expressions.tree import TYPES
from dangol.records.fields import Field, Money, Reference
from dangol.records.fields.own import COLUMN, Own, sql_of
from dangol.records.models import OwnField
from dangol.records.own.roll_ups import COLUMNS, WITH_ZERO
from dangol.records.types import RecordType

COMPANY = Actor(user_id=None, name="roll-ups", time_zone=project.TIME_ZONE, is_administrator=True)
"""Filters of roll-ups mean the company's days."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The pieces of one roll-up's statements: tables as SQL names them, expressions over a row of `child`.

    `side` is the table beside the related records in which `value` stands, `key` its column with their id; empty where it
    stands in the record.
    """

    field_id: int
    parent: str
    child: str
    reference: str
    condition: str
    value: str
    by: str
    aggregate: str
    column: str
    zero: bool
    side: str = ""
    key: str = ""

    @property
    def function(self) -> str:
        """The function that computes the values of some records anew."""
        return f"dangol_roll_up_{self.field_id}"

    def fresh(self, ids: str) -> str:
        """SELECT of id and value of the records in an array of ids."""
        return (
            f"SELECT parent.id, {self.aggregate} AS value FROM unnest({ids}) AS parent(id)"  # noqa: S608
            f" LEFT JOIN {self.child} ON {self.reference} = parent.id AND {self.condition}{self._beside}"
            " GROUP BY parent.id"
        )

    @property
    def _beside(self) -> str:
        return f" LEFT JOIN {self.side} ON {self.side}.{self.key} = {self.child}.id" if self.side else ""

    def recompute(self) -> str:
        """Lock the values of `parents`, then compute them: two statements, so that the second sees what the first waited for."""
        zero = "0" if self.zero else "NULL"
        column = connection.ops.quote_name(self.column)
        return f"""
    INSERT INTO records_roll_up_value (field_id, record_id, {column})
    SELECT {self.field_id}, parent.id, {zero} FROM {self.parent} AS parent
    WHERE parent.id = ANY(parents) ORDER BY parent.id ON CONFLICT DO NOTHING;
    PERFORM 1 FROM records_roll_up_value kept
    WHERE kept.field_id = {self.field_id} AND kept.record_id = ANY(parents) ORDER BY kept.record_id FOR UPDATE;
    UPDATE records_roll_up_value kept SET {column} = fresh.value FROM ({self.fresh("parents")}) AS fresh
    WHERE kept.field_id = {self.field_id} AND kept.record_id = fresh.id AND kept.{column} IS DISTINCT FROM fresh.value;
"""  # noqa: S608

    def _rows(self, table: str) -> str:
        # What is kept beside the record has triggers of its own.
        value = "NULL::integer" if self.side else self.value
        return (
            f"SELECT {self.child}.id, {self.reference} AS parent, {value} AS value, {self.by} AS place"  # noqa: S608
            f" FROM {table} AS {self.child} WHERE {self.condition}"
        )

    def touched(self) -> str:
        """In a trigger on the related records: which values may be others now, and what they are."""
        found = "SELECT array_agg(DISTINCT found.parent ORDER BY found.parent) INTO dangol_found FROM"
        return f"""
    IF TG_OP = 'INSERT' THEN
        {found} ({self._rows("new_rows")}) AS found WHERE found.parent IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        {found} ({self._rows("old_rows")}) AS found WHERE found.parent IS NOT NULL;
    ELSE
        {found} (
            SELECT unnest(ARRAY[after.parent, before.parent]) AS parent
            FROM ({self._rows("new_rows")}) AS after FULL JOIN ({self._rows("old_rows")}) AS before ON before.id = after.id
            WHERE (after.parent, after.value, after.place) IS DISTINCT FROM (before.parent, before.value, before.place)
        ) AS found WHERE found.parent IS NOT NULL;
    END IF;
    IF dangol_found IS NOT NULL THEN
        PERFORM {self.function}(dangol_found);
    END IF;
"""  # noqa: S608

    def touched_beside(self) -> str:
        """The same in a trigger on the table beside the related records."""
        found = "SELECT array_agg(DISTINCT found.parent ORDER BY found.parent) INTO dangol_found FROM"
        parents = (
            f"SELECT {self.reference} AS parent FROM %s JOIN {self.child} ON {self.child}.id = moved.id"  # noqa: S608
            f" WHERE {self.condition} AND {self.reference} IS NOT NULL"
        )
        rows = f"(SELECT {self.key} AS id, {self.value} AS value FROM %s AS {self.side})"  # noqa: S608
        changed = (
            f"(SELECT after.id FROM {rows % 'new_rows'} AS after JOIN {rows % 'old_rows'} AS before ON before.id = after.id"  # noqa: S608
            " WHERE after.value IS DISTINCT FROM before.value) AS moved"
        )
        return f"""
    IF TG_OP = 'INSERT' THEN
        {found} ({parents % f"{rows % 'new_rows'} AS moved"}) AS found;
    ELSIF TG_OP = 'DELETE' THEN
        {found} ({parents % f"{rows % 'old_rows'} AS moved"}) AS found;
    ELSE
        {found} ({parents % changed}) AS found;
    END IF;
    IF dangol_found IS NOT NULL THEN
        PERFORM {self.function}(dangol_found);
    END IF;
"""

    def begun(self) -> str:
        """In a trigger on the records that have the field: new ones begin with 0, removed ones leave nothing behind."""
        begun = (
            f"INSERT INTO records_roll_up_value (field_id, record_id, number)"  # noqa: S608
            f" SELECT {self.field_id}, born.id, 0 FROM new_rows AS born ORDER BY born.id ON CONFLICT DO NOTHING;"
            if self.zero
            else "NULL;"
        )
        return f"""
    IF TG_OP = 'INSERT' THEN
        {begun}
    ELSE
        DELETE FROM records_roll_up_value kept USING old_rows AS gone
        WHERE kept.field_id = {self.field_id} AND kept.record_id = gone.id;
    END IF;
"""  # noqa: S608


def plan_of(definition: OwnField) -> Plan:
    """The plan of a definition. Raises LookupError or FilterError where what it names is gone."""
    kept = definition.settings
    child, parent = registry.get(kept["child"]), registry.get(definition.record_type)
    conditions = Q(deleted_at__isnull=True)
    tree = filters.parse(kept.get("where", ""), child)
    conditions &= filters.compile(
        tree, child, actor=COMPANY, visible=UNGUARDED.visible, revealed=UNGUARDED.revealed
    )
    read = kept.get("value", "")
    field = child.fields[read] if read else None
    if isinstance(field, Money) and field.currency_column:
        conditions &= Q(**{field.currency_column: kept.get("currency") or "KRW"})
    kind = COLUMNS_OF[kept["result"]]
    value = _sql(child, _value(field)) if field is not None else "NULL::integer"
    by = _sql(child, _value(child.fields[kept["by"]])) if kept.get("by") else "NULL::integer"
    name = connection.ops.quote_name(child.table.name)
    side = child.table.sides.get(read)
    return Plan(
        definition.pk,
        connection.ops.quote_name(parent.table.name),
        name,
        _reference(child.fields[kept["through"]], name),
        _where(child, conditions),
        value,
        by,
        _aggregate(kept["function"], name, value, by, TYPES.get(kind, "text")),
        COLUMNS[kind],
        kept["function"] in WITH_ZERO,
        connection.ops.quote_name(side.name) if side else "",
        connection.ops.quote_name(side.key) if side else "",
    )


COLUMNS_OF = {
    "number": "number",
    "money": "number",
    "date": "date",
    "datetime": "datetime",
    "text": "text",
    "choice": "text",
}


def _aggregate(function: str, child: str, value: str, by: str, cast: str) -> str:
    match function:
        case "count":
            return f"count({child}.id)::numeric"
        case "sum":
            return f"COALESCE(round(sum({value}), 10), 0)::numeric"
        case "average":
            return f"round(avg({value}), 10)"
        case "min" | "max":
            return f"{function}({value})::{cast}"
    return (
        f"(array_agg({value} ORDER BY {by} DESC, {child}.id DESC) FILTER (WHERE {by} IS NOT NULL))[1]::{cast}"
    )


def _reference(field: Field, table: str) -> str:
    """The id that a related record refers to."""
    if isinstance(field, Own):
        return sql_of("integer", field.name, f"{table}.{connection.ops.quote_name(COLUMN)}")
    if not isinstance(field, Reference):
        raise LookupError(f"{field.name} is no reference")
    return f"{table}.{connection.ops.quote_name(f'{field.column}_id')}"


def _value(field: Field) -> Any:
    """The field's value as formulas calculate with it."""
    return plain_value(field, KINDS[field.kind])


def _sql(child: RecordType, expression: Any) -> str:
    rows = child.model._base_manager.order_by().annotate(_value=expression)
    compiler = rows.query.get_compiler(connection=connection)
    compiler.pre_sql_setup()
    sql, parameters = compiler.compile(rows.query.annotations["_value"])
    return f"({mogrify(sql, parameters, connection)})"


def _where(child: RecordType, conditions: Q) -> str:
    rows = child.model._base_manager.order_by().filter(conditions)
    compiler = rows.query.get_compiler(connection=connection)
    compiler.pre_sql_setup()
    try:
        sql, parameters = compiler.compile(rows.query.where)
    except EmptyResultSet:
        return "false"
    return f"({mogrify(sql, parameters, connection)})"
