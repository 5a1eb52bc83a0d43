"""Reads records: lists by keyset, one record, honest counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Exists, ExpressionWrapper, F, JSONField, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import cursors, fieldrules, filters, permissions
from dangol.records.fields import Field
from dangol.records.fields.base import Ordered
from dangol.records.fields.own import COLUMN as OWN
from dangol.records.fields.own import Own
from dangol.records.fields.own_json import ExactDecoder
from dangol.records.filters.tree import EVERYTHING, Tree
from dangol.records.looks import taking as looks
from dangol.records.patience import rows_within
from dangol.records.types import RecordType

COUNT_LIMIT = 10_000
COUNT_PATIENCE_MS = 80
OWN_SINGLY = 12
"""Up to this many own fields are read each for itself; of more, the column that holds all of them is read once."""


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
    kind: str


def rows_for(
    actor: Actor, record_type: RecordType, tree: Tree | None, *, action: str = "view"
) -> QuerySet[Any]:
    """The rows that the filter and the actor's permission let through. Lazy."""
    rows = permissions.visible_to(actor, record_type, action)
    if tree is not None and tree != EVERYTHING:
        rows = rows.filter(_condition(actor, record_type, tree))
    return rows


def rows_sorted(
    rows: QuerySet[Any], actor: Actor, record_type: RecordType, sort: Sequence[str] | None
) -> QuerySet[Any]:
    """The rows in the order of the list, all of them: for what goes through a list from its beginning to its end. Lazy.

    Raises:
        ListError: unknown sort.
    """
    seen = fieldrules.seen_by(actor, record_type)
    keys = _keys(actor, permissions.fields_for(actor, seen), tuple(sort or seen.default_sort))
    rows = rows.annotate(**{f"_s{position}": key.expression for position, key in enumerate(keys)})
    return rows.order_by(*_ordering(keys, backwards=False))


def _condition(actor: Actor, record_type: RecordType, tree: Tree) -> Q:
    return filters.compile(
        tree,
        record_type,
        actor=actor,
        visible=permissions.visible_callback(actor),
        revealed=permissions.revealed_callback(actor),
    )


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
    action: str = "view",
) -> Page:
    """One page of a list, in one statement, however far down the list it lies (see `_read_walking` for the second one).

    Args:
        actor: whose permissions hold.
        record_type: what to list.
        tree: the filter.
        sort: field names, `-` in front for descending; the id is always the last key.
        limit: rows a page, 1 to 500.
        after: cursor of the page's predecessor; `before` of its successor.
        columns: field names; the type's list fields when not given.
        deleted: list the recycle bin instead.
        action: with "export", only records that the actor may also take out.

    Raises:
        ListError: unknown sort, column or broken cursor.
    """
    record_type = fieldrules.seen_by(actor, record_type)
    sort = tuple(sort or record_type.default_sort)
    known = permissions.fields_for(actor, record_type)
    chosen = columns or [name for name in record_type.list_fields if name in known]
    fields = {name: _field(known, name, "fields") for name in chosen}
    keys = _keys(actor, known, sort)
    rows = (
        permissions.visible_to(actor, record_type, deleted=True)
        if deleted
        else rows_for(actor, record_type, None)
    )
    rows = permissions.also(rows, actor, record_type, action)
    if tree is not None and tree != EVERYTHING:
        rows = rows.filter(_condition(actor, record_type, tree))
    names = {f"_s{position}": key.expression for position, key in enumerate(keys)}
    rows = rows.annotate(**names)
    backwards = before is not None
    cursor = before if backwards else after
    place = _place(cursor, sort, keys) if cursor is not None else None
    leading = known[sort[0].removeprefix("-")]
    table = leading.ordered() if len(keys) == 2 else None
    if table is not None:
        found = _read_walking(actor, leading, table, rows, fields, keys, place, backwards, limit + 1)
    else:
        if place is not None:
            rows = rows.filter(_past(keys, place, backwards))
        rows = rows.order_by(*_ordering(keys, backwards))
        found = _read(actor, rows, fields, list(names), limit + 1)
    more = len(found) > limit
    found = found[:limit]
    looks.note("list", record_type, [row["id"] for row, _key in found])
    if backwards:
        found.reverse()
    first = cursors.write(found[0][1], sort) if found else None
    last = cursors.write(found[-1][1], sort) if found else None
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
    """One record with all fields that exist for this actor (or `columns`); None where there is none for it. One query."""
    known = permissions.fields_for(actor, record_type)
    fields = known if columns is None else {name: known[name] for name in columns}
    rows = permissions.visible_to(actor, record_type, deleted=deleted).filter(pk=record_id)
    found = _read(actor, rows, fields, [], 1)
    if fields:  # else it was only asked whether there is one
        looks.note("view" if found else "refused", record_type, [record_id])
    return found[0][0] if found else None


def records_at(
    *,
    actor: Actor,
    record_type: RecordType,
    ids: Sequence[int],
    columns: Sequence[str],
    deleted: bool = False,
) -> dict[int, dict[str, Any]]:
    """These records by id, with those of the columns that exist for the actor; without what he may not see. One query."""
    known = permissions.fields_for(actor, record_type)
    rows = permissions.visible_to(actor, record_type, deleted=deleted).filter(pk__in=list(ids))
    fields = {name: known[name] for name in columns if name in known}
    found = {row["id"]: row for row, _key in _read(actor, rows, fields, [], max(len(ids), 1))}
    looks.note("list", record_type, found)
    return found


def record_count(
    *, actor: Actor, record_type: RecordType, tree: Tree | None = None, seen: int = 0, action: str = "view"
) -> Count:
    """How many records match, up to 10,000, and never longer than a blink.

    Where counting takes too long, what was `seen` already is the answer, said to be a minimum. One query.
    """
    rows = permissions.also(rows_for(actor, record_type, tree), actor, record_type, action)
    rows = rows.order_by().values("pk")[: COUNT_LIMIT + 1]
    try:
        sql, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return Count(0, exact=True)
    counting = f"SELECT count(*) FROM ({sql}) found"  # noqa: S608 - the ORM's own
    found = rows_within(COUNT_PATIENCE_MS, counting, parameters)
    if found is None:
        return Count(seen, exact=False)
    ((value,),) = found
    return Count(min(value, COUNT_LIMIT), exact=value <= COUNT_LIMIT)


def _place(cursor: str, sort: Sequence[str], keys: Sequence[_Key]) -> list[Any]:
    try:
        return cursors.read(cursor, sort, keys)
    except ValueError:
        raise ListError(
            "after", _("The cursor is not valid for this list. Start from the first page.")
        ) from None


def _field(known: Mapping[str, Field], name: str, parameter: str) -> Field:
    field = known.get(name)
    if field is None:
        raise ListError(
            parameter,
            _("There is no field “%(name)s”. Fields: %(fields)s.")
            % {"name": name[:60], "fields": ", ".join(known)},
        )
    return field


def _keys(actor: Actor, known: Mapping[str, Field], sort: Sequence[str]) -> list[_Key]:
    keys = []
    for item in sort:
        field = _field(known, item.removeprefix("-"), "sort")
        if not field.sortable:
            raise ListError("sort", _("The list cannot be sorted by “%(name)s”.") % {"name": field.name})
        if field.name == "id":
            keys.append(_Key(F("pk"), item.startswith("-"), False, "integer"))
            return keys
        expression = permissions.sorted_by(actor, field)
        keys.append(_Key(expression, item.startswith("-"), field.nullable, field.sort_kind or field.kind))
    keys.append(_Key(F("pk"), keys[0].descending if keys else False, False, "integer"))
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
    own = {
        name: field
        for name, field in fields.items()
        if isinstance(field, Own) and not field.detached and not field.computed
    }
    if len(own) <= OWN_SINGLY:
        own = {}
    for name, field in fields.items():
        if name in own:
            continue
        start = len(selected)
        for expression in permissions.selected(actor, field):
            if isinstance(expression, F):
                selected.append(str(expression.name))  # type: ignore[attr-defined]
            else:
                alias = f"_f{len(selected)}"
                annotations[alias] = expression
                selected.append(alias)
        places.append((name, field, start, len(selected)))
    if own:
        annotations["_own"] = ExpressionWrapper(F(OWN), output_field=JSONField(decoder=ExactDecoder))
        selected.append("_own")
    if annotations:
        rows = rows.annotate(**annotations)
    found = []
    for values in rows.values_list("pk", "version", *selected, *keys)[:limit]:
        row: dict[str, Any] = {"id": values[0], "version": values[1]}
        if own:
            held = values[1 + len(selected)]
            row.update((name, field.loaded(held.get(name))) for name, field in own.items())
        for name, field, start, end in places:
            if name != "id":
                row[name] = field.value_of(values[2 + start : 2 + end])
        found.append((row, list(values[2 + len(selected) :])))
    return found


def _read_walking(
    actor: Actor,
    field: Field,
    table: Ordered,
    rows: QuerySet[Any],
    fields: Mapping[str, Field],
    keys: Sequence[_Key],
    place: Sequence[Any] | None,
    backwards: bool,
    limit: int,
) -> list[tuple[dict[str, Any], list[Any]]]:
    """Rows sorted by a field that has a table of its own: first those with a value, by that table's index, then the others.

    Looking up the value of every row just to sort them would read the whole table for one page. One statement; two where
    a page reaches from the one part into the other.
    """
    shown = field.known_where(permissions.revealed_callback(actor))
    if shown is False:
        having, lacking = rows.none(), rows
    else:
        known = Exists(table.rows.filter(**{table.record: OuterRef("pk")}))
        having = rows if shown is True else rows.filter(shown)
        lacking = rows.exclude(known if shown is True else known & shown)
    by_value, by_id = (key.descending != backwards for key in keys)
    walk = table.rows.filter(**{f"{table.record}__in": having.order_by().values("pk")}).order_by(
        f"{'-' if by_value else ''}{table.value}", f"{'-' if by_id else ''}{table.record}"
    )
    lacking = lacking.order_by("-pk" if by_id else "pk")
    valued = place is None or place[0] is not None
    if place is not None:
        beyond = Q(**{f"pk__{'lt' if by_id else 'gt'}": place[1]})
        if valued:
            side = "lt" if by_value else "gt"
            walk = walk.filter(
                Q(**{f"{table.value}__{side}": place[0]})
                | Q(**{table.value: place[0], f"{table.record}__{'lt' if by_id else 'gt'}": place[1]}),
                **{f"{table.value}__{side}e": place[0]},
            )
        else:
            lacking = lacking.filter(beyond)
    names = [f"_s{position}" for position in range(len(keys))]
    valued_part = having.filter(pk__in=walk.values(table.record)[:limit]).order_by(
        *_ordering(keys, backwards)
    )
    parts = [lacking, valued_part] if backwards else [valued_part, lacking]
    if place is not None and valued == backwards:
        parts.pop(0)  # the cursor stands beyond the first part
    found: list[tuple[dict[str, Any], list[Any]]] = []
    for part in parts:
        if len(found) < limit:
            found += _read(actor, part, fields, names, limit - len(found))
    return found
