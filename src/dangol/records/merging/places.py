"""Where the database names records of a type: foreign keys, own references, and pairs of type and id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from dangol.records import registry as types
from dangol.records.fields import Reference
from dangol.records.fields.own import COLUMN, sql_of
from dangol.records.merging import registry
from dangol.records.models import ObjectState, OwnField, OwnKind, OwnObject, OwnState
from dangol.records.types import RecordType

_KEYS = """
SELECT c.conrelid::regclass::text, a.attname
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.confrelid = %s::regclass AND c.conparentid = 0
ORDER BY 1, 2
"""
_PRIMARY = """
SELECT i.indrelid::regclass::text, a.attname
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indisprimary AND i.indnkeyatts = 1 AND i.indrelid = ANY(%s::regclass[])
"""
_UNIQUE = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, i.indnullsnotdistinct,
       COALESCE(pg_get_expr(i.indpred, i.indrelid), 'true'),
       array_agg(pg_get_indexdef(i.indexrelid, part.place, true) ORDER BY part.place)
FROM pg_index i, LATERAL generate_series(1, i.indnkeyatts) AS part(place)
WHERE i.indisunique AND i.indrelid = ANY(%s::regclass[])
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Unique:
    """A rule that no two rows are alike in `parts` (SQL expressions), among those that `condition` names."""

    parts: tuple[str, ...]
    condition: str
    nulls_alike: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One column that names records of the type.

    `key` is the table's primary key, `own` the own field within the column, `type_column` stands beside the id where the
    table names records of any type. `uniques` are the rules that naming another record may break, without the column itself.
    `bearer` is the record type whose table it is, `field` its field.
    """

    name: str
    table: str
    key: str
    column: str
    own: str = ""
    type_column: str = ""
    uniques: tuple[Unique, ...] = ()
    bearer: RecordType | None = None
    field: str = ""

    @property
    def value(self) -> str:
        """The id that a row names, in SQL."""
        return sql_of("integer", self.own) if self.own else _quoted(self.column)

    @property
    def assigned(self) -> str:
        """SQL that has a row name another id (one parameter)."""
        if self.own:
            return f"{COLUMN} = jsonb_set({COLUMN}, '{{{self.own}}}', to_jsonb(%s::bigint))"
        return f"{_quoted(self.column)} = %s"

    @property
    def condition(self) -> str:
        """SQL of the rows that name a record (parameters: the id, and the type where there is one)."""
        return f"{self.value} = %s" + (f" AND {_quoted(self.type_column)} = %s" if self.type_column else "")

    @property
    def counts_within(self) -> bool:
        """Whether the rows are numbered within the record that they name (the lines of an order): no two of them are the
        same for having the same number."""
        if self.bearer is None:
            return False
        kinds = {
            column.name: self.bearer.fields[name].kind
            for name, column in self.bearer.table.columns.items()
            if name in self.bearer.fields
        }
        return any(
            kinds.get(part.strip('"')) == "integer" for unique in self.uniques for part in unique.parts
        )

    def parameters(self, record_type: RecordType, record_id: int) -> list[Any]:
        return [record_id, record_type.name] if self.type_column else [record_id]


def places_of(record_type: RecordType) -> list[Place]:
    """Every place that names records of the type. Four queries.

    Foreign keys come from the database's own catalogue, so that no table can be forgotten. Own references that are switched
    off for now are among them: their values are still there.
    """
    found = [*_foreign_keys(record_type), *_own_references(record_type), *_pairs()]
    tables = sorted({place.table for place in found})
    with connection.cursor() as cursor:
        cursor.execute(_PRIMARY, [tables])
        keys = dict(cursor.fetchall())
        cursor.execute(_UNIQUE, [tables])
        rules: dict[str, list[tuple[bool, str, list[str]]]] = defaultdict(list)
        for table, _index, nulls_alike, condition, parts in cursor.fetchall():
            rules[table].append((nulls_alike, condition, parts))
    bearers = {item.table.name: item for item in types.all_types()}
    whole = []
    for place in found:
        if place.table not in keys:
            raise LookupError(
                f"{place.table} has no primary key of one column; say how its rows move (also_move)"
            )
        bearer = bearers.get(place.table)
        uniques = tuple(_uniques(place, rules[place.table]))
        whole.append(
            replace(
                place, key=keys[place.table], uniques=uniques, bearer=bearer, field=_field_at(bearer, place)
            )
        )
    return whole


def _foreign_keys(record_type: RecordType) -> Iterable[Place]:
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [_quoted(record_type.table.name)])
        for table, column in cursor.fetchall():
            yield Place(f"{table}.{column}", table, "", column)


def _own_references(record_type: RecordType) -> Iterable[Place]:
    """Also those that are switched off, and those of own objects that are."""
    kept = OwnField.objects.filter(kind=OwnKind.REFERENCE, settings__target=record_type.name)
    objects = OwnObject.objects.filter(state__in=(ObjectState.ACTIVE, ObjectState.INACTIVE))
    tables = set(objects.values_list("name", flat=True))
    for definition in kept.exclude(state__in=(OwnState.DELETING, OwnState.DELETED)).order_by("pk"):
        bearer = types.find(definition.record_type)
        table = bearer.table.name if bearer else definition.record_type
        if bearer is not None or table in tables:
            yield Place(f"{table}.{COLUMN}.{definition.name}", table, "", COLUMN, own=definition.name)


def _pairs() -> Iterable[Place]:
    for known in registry.pairs():
        yield Place(known.name, known.table, "", known.id_column, type_column=known.type_column)


def _uniques(place: Place, rules: Iterable[tuple[bool, str, list[str]]]) -> Iterable[Unique]:
    """The rules in which the place takes part, each without it."""
    for nulls_alike, condition, parts in rules:
        mine = [part for part in parts if _is_of(place, part)]
        if mine:
            rest = tuple(part for part in parts if part not in mine)
            yield Unique(rest, condition, nulls_alike)


def _is_of(place: Place, part: str) -> bool:
    return f"'{place.own}'" in part if place.own else part in (place.column, _quoted(place.column))


def _field_at(bearer: RecordType | None, place: Place) -> str:
    if bearer is None or place.type_column:
        return ""
    if place.own:
        return place.own if place.own in bearer.fields else ""
    return next(
        (
            name
            for name, column in bearer.table.columns.items()
            if column.name == place.column and isinstance(bearer.fields.get(name), Reference)
        ),
        "",
    )


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def counted(record_type: RecordType, places: Sequence[Place], ids: Sequence[int]) -> dict[str, int]:
    """How many rows name these records, by place; those without any are left out. One query."""
    parts: list[str] = []
    parameters: list[Any] = []
    for place in places:
        condition = f"{place.value} = ANY(%s)" + (
            f" AND {_quoted(place.type_column)} = %s" if place.type_column else ""
        )
        parts.append(f"SELECT %s AS name, count(*) AS rows FROM {place.table} WHERE {condition}")  # noqa: S608
        parameters += [place.name, list(ids)]
        if place.type_column:
            parameters.append(record_type.name)
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return {name: count for name, count in cursor.fetchall() if count}
