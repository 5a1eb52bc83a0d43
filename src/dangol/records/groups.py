"""Groups of a list with their counts and totals: by a choice, a reference, yes or no, or a span of dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db.models import Avg, Count, DateField, DateTimeField, Max, Min, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast, TruncMonth, TruncQuarter, TruncYear

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.fields import Boolean, Choice, Date, DateTime, Field, Money, Ref, Reference
from dangol.records.filters.tree import And, Compare, Tree
from dangol.records.lists import rows_for
from dangol.records.patience import rows_within
from dangol.records.types import RecordType

SPANS = {"month": TruncMonth, "quarter": TruncQuarter, "year": TruncYear}
MOST_GROUPS = 200
MOST_TOTALS = 4
SAMPLE = 10_000


@dataclass(frozen=True, slots=True)
class Grouping:
    """By which field a list is grouped; `span` for dates: month, quarter or year."""

    field: Field
    span: str = ""

    @property
    def key(self) -> str:
        return f"{self.field.name}:{self.span}" if self.span else self.field.name


@dataclass(frozen=True, slots=True)
class Total:
    """Of one numeric field: sum and average, None where there is no value; `mixed` where currencies differ."""

    sum: Any = None
    average: Any = None
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """One group. `value` is the field's value, of dates the span's first day; `tree` finds its records, None where
    that cannot be said (records behind references that the actor may not see)."""

    value: Any
    count: int
    totals: tuple[Total, ...] = ()
    tree: Tree | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups, largest first (dates: latest first). Not `exact`: counts are at least so many, and totals are not
    known. `more`: there are further groups."""

    groups: list[Group] = field(default_factory=list)
    exact: bool = True
    more: bool = False


def groupable(field_: Field) -> bool:
    """Whether a list can be grouped by the field."""
    known = bool(field_.operators) and field_.sortable
    return known and isinstance(field_, (Choice, Boolean, Date, DateTime, Reference))


def grouping_of(text: str, known: dict[str, Field]) -> Grouping | None:
    """The grouping that an address names (`stage`, `created_at:month`); None where it cannot be."""
    name, _, span = text.partition(":")
    found = known.get(name)
    if found is None or not groupable(found):
        return None
    if isinstance(found, (Date, DateTime)):
        return Grouping(found, span if span in SPANS else "month")
    return Grouping(found)


def totals_of(known: dict[str, Field], names: Sequence[str]) -> list[Field]:
    """Of the named fields, those that have a sum: numbers that stand with the record itself."""
    found = [known[name] for name in dict.fromkeys(names) if name in known]
    return [one for one in found if summable(one)][:MOST_TOTALS]


def summable(field_: Field) -> bool:
    """Whether values of the field add up. Those computed from other records lie elsewhere and would be looked up one by one."""
    return field_.numeric and field_.sortable and not field_.needs and field_.name != "id"


def group_list(
    *,
    actor: Actor,
    record_type: RecordType,
    tree: Tree | None,
    grouping: Grouping,
    totals: Sequence[Field] = (),
    patience: int,
) -> Groups | None:
    """The groups of the records that match and that the actor may see.

    Args:
        actor: whose permissions hold.
        record_type: of the list.
        tree: the filter.
        grouping: by what.
        totals: numeric fields, from `totals_of`.
        patience: milliseconds for exact figures; after these, half of that for the groups of the first 10,000
            records, whose counts are then least counts.

    Returns:
        None where even that took too long. One statement, or two.
    """
    zone = ZoneInfo(actor.time_zone)
    rows = rows_for(actor, record_type, tree).order_by()
    found = _read(actor, rows, grouping, totals, zone, patience)
    exact = found is not None
    if found is None:
        part = record_type.model._default_manager.filter(pk__in=rows.values("pk")[:SAMPLE])
        found = _read(actor, part.order_by(), grouping, (), zone, patience // 2)
    if found is None:
        return None
    made = [_group(row, grouping, totals if exact else (), zone) for row in found[:MOST_GROUPS]]
    made = _ordered(_merged(made), grouping)
    return Groups(made, exact, more=len(found) > MOST_GROUPS)


def _read(
    actor: Actor,
    rows: QuerySet[Any],
    grouping: Grouping,
    totals: Sequence[Field],
    zone: ZoneInfo,
    patience: int,
) -> list[tuple[Any, ...]] | None:
    keys = _keys(actor, grouping, zone)
    sums: dict[str, Any] = {"_n": Count("pk")}
    for place, one in enumerate(totals):
        column = permissions.sorted_by(actor, one)
        sums |= {f"_t{place}": Sum(column), f"_a{place}": Avg(column)}
        if isinstance(one, Money) and one.currency_column:
            sums |= {f"_c{place}": Min(one.currency_column), f"_d{place}": Max(one.currency_column)}
        else:
            sums |= {f"_c{place}": Value(None, TextField()), f"_d{place}": Value(None, TextField())}
    keyed = rows.annotate(**keys).values(*keys).annotate(**sums)
    order = "-_k" if grouping.span else "-_n"
    listed = keyed.order_by(order).values_list(*keys, *sums)[: MOST_GROUPS + 1]
    try:
        sql, parameters = listed.query.sql_with_params()
    except EmptyResultSet:
        return []
    return rows_within(patience, sql, parameters)


def _keys(actor: Actor, grouping: Grouping, zone: ZoneInfo) -> dict[str, Any]:
    """What is grouped by: the key, and of references the title as far as the actor may see it."""
    one = grouping.field
    if isinstance(one, Reference):
        key, title = permissions.selected(actor, one)
        return {"_k": key, "_l": title}
    expression = permissions.sorted_by(actor, one)
    if grouping.span:
        first_of = SPANS[grouping.span]
        if isinstance(one, DateTime):
            expression = first_of(Cast(expression, DateTimeField()), tzinfo=zone)
        else:
            expression = first_of(Cast(expression, DateField()))
    return {"_k": expression, "_l": Value("")}


def _group(row: Sequence[Any], grouping: Grouping, totals: Sequence[Field], zone: ZoneInfo) -> Group:
    key, title, count = row[:3]
    sums = []
    for place, one in enumerate(totals):
        total, average, low, high = row[3 + place * 4 : 7 + place * 4]
        if low != high:
            sums.append(Total(mixed=True))
            continue
        average = round(average, 2) if isinstance(average, Decimal) else average
        if isinstance(one, Money) and one.currency_column:
            total, average = (one.value_of((value, low)) for value in (total, average))
        sums.append(Total(total, average))
    name = grouping.field.name
    if key is None or key == "":
        return Group(None, count, tuple(sums), Compare((name,), "is empty"))
    if isinstance(grouping.field, Reference):
        if not title:
            return Group(None, count, tuple(sums), None, hidden=True)
        return Group(Ref(key, title), count, tuple(sums), Compare((name,), "=", key))
    if grouping.span:
        first = key.astimezone(zone).date() if isinstance(key, dt.datetime) else key
        return Group(first, count, tuple(sums), span_tree(name, first, grouping.span))
    return Group(key, count, tuple(sums), Compare((name,), "=", key))


def span_tree(name: str, first: dt.date, span: str) -> Tree:
    """The filter for the month, quarter or year that begins on `first`."""
    months = {"month": 1, "quarter": 3, "year": 12}[span]
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    after = dt.date(year, month + 1, 1) if year <= dt.MAXYEAR else dt.date.max
    return And.of(Compare((name,), ">=", first), Compare((name,), "<", after))


def _merged(groups: list[Group]) -> list[Group]:
    """What must stand as one: records without a value (none, or an empty text), and those behind what the actor may not
    see – told apart, they would tell."""
    kept = [one for one in groups if one.value is not None]
    for hidden in (False, True):
        same = [one for one in groups if one.value is None and one.hidden is hidden]
        if same:
            totals = [_together(columns) for columns in zip(*(one.totals for one in same), strict=True)]
            count = sum(one.count for one in same)
            totals = list(same[0].totals) if len(same) == 1 else totals
            kept.append(Group(None, count, tuple(totals), same[0].tree, hidden))
    return kept


def _together(columns: Sequence[Total]) -> Total:
    known = [one.sum for one in columns if one.sum is not None]
    mixed = any(one.mixed for one in columns) or len({getattr(one, "currency", "") for one in known}) > 1
    return Total(sum=sum(known[1:], known[0]) if known and not mixed else None, mixed=mixed)


def _ordered(groups: list[Group], grouping: Grouping) -> list[Group]:
    """Choices in their own order; others as they came; what has no value stands last."""
    if isinstance(grouping.field, Choice):
        places = {code: place for place, code in enumerate(grouping.field.codes())}
        return sorted(groups, key=lambda one: places.get(one.value, len(places) + (one.value is None)))
    return sorted(groups, key=lambda one: one.value is None)
