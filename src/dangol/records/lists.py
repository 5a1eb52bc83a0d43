"""Reads records: lists by keyset, one record, honest counts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import filters, permissions
from dangol.records.fields import Field, Ref
from dangol.records.filters.tree import EVERYTHING, Tree
from dangol.records.types import RecordType

COUNT_LIMIT = 10_000
COUNT_PATIENCE_MS = 80


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows match: `exact`, or at least `value` (the list says "10,000+")."""

    value: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as mappings of field name to value, with `id` and `version`, and the cursors of the neighbouring pages."""

    rows: list[dict[str, Any]]
    next: str | None
    previous: str | None


class ListError(ValueError):
    """A sort, cursor or column that cannot be; `parameter` says which, the message what would be right."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.message = message


@dataclass(frozen=True, slots=True)
class _Key:
    """One sort key. `column` is where the value stands in the statement's rows."""

    expression: Any
    descending: bool
    nullable: bool


def rows_for(
    actor: Actor, record_type: RecordType, tree: Tree | None, *, action: str = "view"
) -> QuerySet[Any]:
    """The rows that the filter and the actor's permission let through. Lazy."""
    rows = permissions.visible_to(actor, record_type, action)
    if tree is not None and tree != EVERYTHING:
        rows = rows.filter(
            filters.compile(tree, record_type, actor=actor, visible=permissions.visible_callback(actor))
        )
    return rows


def record_list(
    *,
    actor: Actor,
    record_type: RecordType,
    tree: Tree | None = None,
    sort: Sequence[str] | None = None,
    limit: int = 50,
    after: str | None = None,
    before: str | None = None,
    columns: Sequence[str] | None = None,
    deleted: bool = False,
) -> Page:
    """One page of a list, in one statement, however far down the list it lies.

    Args:
        actor: whose permissions hold.
        record_type: what to list.
        tree: the filter.
        sort: field names, `-` in front for descending; the id is always the last key.
        limit: rows a page, 1 to 500.
        after: cursor of the page's predecessor; `before` of its successor.
        columns: field names; the type's list fields when not given.
        deleted: list the recycle bin instead.

    Raises:
        ListError: unknown sort, column or broken cursor.
    """
    sort = tuple(sort or record_type.default_sort)
    fields = {name: _field(record_type, name, "fields") for name in (columns or record_type.list_fields)}
    keys = _keys(actor, record_type, sort)
    rows = (
        permissions.visible_to(actor, record_type, deleted=True)
        if deleted
        else rows_for(actor, record_type, None)
    )
    if tree is not None and tree != EVERYTHING:
        rows = rows.filter(
            filters.compile(tree, record_type, actor=actor, visible=permissions.visible_callback(actor))
        )
    names = {f"_s{position}": key.expression for position, key in enumerate(keys)}
    rows = rows.annotate(**names)
    backwards = before is not None
    cursor = before if backwards else after
    if cursor is not None:
        rows = rows.filter(_past(keys, _read_cursor(cursor, sort, len(keys)), backwards))
    rows = rows.order_by(*_ordering(keys, backwards))
    found = _read(actor, rows, fields, list(names), limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    first = _write_cursor(found[0][1], sort) if found else None
    last = _write_cursor(found[-1][1], sort) if found else None
    return Page(
        [row for row, _key in found],
        next=last if (more or backwards) and found else None,
        previous=first if (cursor is not None and not backwards) or (backwards and more) else None,
    )


def record_get(
    *,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    columns: Sequence[str] | None = None,
    deleted: bool = False,
) -> dict[str, Any] | None:
    """One record with all its fields (or `columns`), or None where there is none for this actor. One query."""
    fields = record_type.fields if columns is None else {name: record_type.fields[name] for name in columns}
    rows = permissions.visible_to(actor, record_type, deleted=deleted).filter(pk=record_id)
    found = _read(actor, rows, fields, [], 1)
    return found[0][0] if found else None


def record_count(*, actor: Actor, record_type: RecordType, tree: Tree | None = None, seen: int = 0) -> Count:
    """How many records match, up to 10,000, and never longer than a blink.

    Where counting takes too long, what was `seen` already is the answer, said to be a minimum. One query.
    """
    rows = rows_for(actor, record_type, tree).order_by()
    limited = rows.values("pk")[: COUNT_LIMIT + 1]
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true), current_setting('statement_timeout')",
                    [str(COUNT_PATIENCE_MS)],
                )
            value = limited.count()
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != "57014":
            raise
        return Count(seen, exact=False)
    return Count(min(value, COUNT_LIMIT), exact=value <= COUNT_LIMIT)


def _field(record_type: RecordType, name: str, parameter: str) -> Field:
    field = record_type.fields.get(name)
    if field is None:
        raise ListError(
            parameter,
            _("There is no field “%(name)s”. Fields: %(fields)s.")
            % {"name": name[:60], "fields": ", ".join(record_type.fields)},
        )
    return field


def _keys(actor: Actor, record_type: RecordType, sort: Sequence[str]) -> list[_Key]:
    keys = []
    for item in sort:
        field = _field(record_type, item.removeprefix("-"), "sort")
        if not field.sortable:
            raise ListError("sort", _("The list cannot be sorted by “%(name)s”.") % {"name": field.name})
        if field.name == "id":
            keys.append(_Key(F("pk"), item.startswith("-"), False))
            return keys
        keys.append(_Key(permissions.sorted_by(actor, field), item.startswith("-"), field.nullable))
    keys.append(_Key(F("pk"), keys[0].descending if keys else False, False))
    return keys


def _ordering(keys: Sequence[_Key], backwards: bool) -> list[Any]:
    """Missing values stand last, both ways up; backwards, first."""
    ordering: list[Any] = []
    for position, key in enumerate(keys):
        descending = key.descending != backwards
        column = F(f"_s{position}")
        nulls = {}
        if key.nullable:
            nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
        ordering.append(column.desc(**nulls) if descending else column.asc(**nulls))
    return ordering


def _past(keys: Sequence[_Key], values: Sequence[Any], backwards: bool) -> Q:
    """Rows behind the cursor: `a > x or (a = x and b > y) or …`, with the plain bound on the first key for the index."""
    condition = Q(pk__in=[])
    equal = Q()
    for position, (key, value) in enumerate(zip(keys, values, strict=True)):
        name = f"_s{position}"
        further = _further(key, name, value, backwards)
        if further is not None:
            condition |= equal & further
        equal &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
    first = keys[0]
    if values[0] is not None and not (first.nullable and not backwards):
        lookup = "lte" if first.descending != backwards else "gte"
        condition &= Q(**{f"_s0__{lookup}": values[0]})
    return condition


def _further(key: _Key, name: str, value: Any, backwards: bool) -> Q | None:
    if value is None:
        return Q(**{f"{name}__isnull": False}) if backwards else None
    condition = Q(**{f"{name}__{'lt' if key.descending != backwards else 'gt'}": value})
    if key.nullable and not backwards:
        condition |= Q(**{f"{name}__isnull": True})
    return condition


def _read(
    actor: Actor, rows: QuerySet[Any], fields: Mapping[str, Field], keys: Sequence[str], limit: int
) -> list[tuple[dict[str, Any], list[Any]]]:
    selected: list[Any] = []
    places: list[tuple[str, Field, int, int]] = []
    annotations: dict[str, Any] = {}
    for name, field in fields.items():
        start = len(selected)
        for expression in permissions.selected(actor, field):
            if isinstance(expression, F):
                selected.append(str(expression.name))  # type: ignore[attr-defined]
            else:
                alias = f"_f{len(selected)}"
                annotations[alias] = expression
                selected.append(alias)
        places.append((name, field, start, len(selected)))
    if annotations:
        rows = rows.annotate(**annotations)
    found = []
    for values in rows.values_list("pk", "version", *selected, *keys)[:limit]:
        row: dict[str, Any] = {"id": values[0], "version": values[1]}
        for name, field, start, end in places:
            if name != "id":
                row[name] = field.value_of(values[2 + start : 2 + end])
        found.append((row, list(values[2 + len(selected) :])))
    return found


# cursors


def _write_cursor(values: Sequence[Any], sort: Sequence[str]) -> str:
    packed = orjson.dumps([list(sort), [_pack(value) for value in values]])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _read_cursor(cursor: str, sort: Sequence[str], length: int) -> list[Any]:
    problem = ListError("after", _("The cursor is not valid for this list. Start from the first page."))
    try:
        packed = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        made_for, values = packed
        if made_for != list(sort) or len(values) != length:
            raise problem
        return [_unpack(value) for value in values]
    except (binascii.Error, ValueError, TypeError, ArithmeticError, KeyError):
        raise problem from None


def _pack(value: Any) -> Any:
    match value:
        case datetime():
            return {"t": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
        case Decimal():
            return {"n": str(value)}
        case Ref():
            return value.id
    return value


def _unpack(value: Any) -> Any:
    if not isinstance(value, dict):
        if isinstance(value, str) and "\x00" in value:
            raise ValueError(value)
        return value
    ((kind, text),) = value.items()
    readers: dict[str, Callable[[str], Any]] = {
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "n": Decimal,
    }
    return readers[kind](text)
