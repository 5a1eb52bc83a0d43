"""A list as a calendar: for each day the first records and how many there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db.models import DateField, DateTimeField, F, TextField
from django.db.models.expressions import RawSQL

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.building import leads_index
from dangol.records.fields import Date, DateTime, Field
from dangol.records.filters.tree import EVERYTHING, Tree
from dangol.records.lists import records_at, rows_for
from dangol.records.patience import rows_within
from dangol.records.types import RecordType

CEILING = 200
"""Days are counted so far; beyond that they have "200+"."""


_STORED: dict[type, tuple[str, Any]] = {
    dt.date: ("date", DateField()),
    dt.datetime: ("timestamptz", DateTimeField()),
    str: ("text", TextField()),
}


@dataclass(slots=True)
class Day:
    """One day: its first records in order, and how many there are – `exact`, or at least so many."""

    date: dt.date
    rows: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    exact: bool = True


def datable(field_: Field) -> bool:
    """Whether the field makes a calendar."""
    return (
        isinstance(field_, (Date, DateTime))
        and field_.sortable
        and bool(field_.operators)
        and not field_.needs
    )


def calendar_field(record_type: RecordType, known: dict[str, Field], asked: str) -> Field | None:
    """The field by which records stand on days: the one asked for, the declared one, else the first of the form or list."""
    sections = [name for section in record_type.sections for name in section.fields]
    for name in (asked, record_type.calendar, *record_type.list_fields, *sections, *known):
        found = known.get(name)
        if found is not None and datable(found):
            return found
    return None


def by_day(actor: Actor, record_type: RecordType, field: Field) -> bool:
    """Whether days are better read one by one: an index leads to them, and every record found there may be shown. No query."""
    return leads_index(record_type, field) and permissions.visible(actor, record_type) == EVERYTHING


def calendar_read(
    *,
    actor: Actor,
    record_type: RecordType,
    tree: Tree | None,
    field: Field,
    first: dt.date,
    days: int,
    each: int,
    columns: Sequence[str],
    patience: int,
    whole: bool = True,
) -> list[Day] | None:
    """`days` days from `first`, each with up to `each` records.

    Args:
        actor: whose permissions and time zone hold.
        record_type: of the list.
        tree: the filter.
        field: a date or moment, from `calendar_field`.
        first: the first day.
        days: how many.
        each: records shown of a day.
        columns: field names that are read of them.
        patience: milliseconds.
        whole: read the whole span at once, which is the better way where no index leads to a day (see `by_day`).

    Returns:
        None where it took longer. Two statements: who stands where, and what they are.
    """
    zone = ZoneInfo(actor.time_zone)
    found = [Day(first + dt.timedelta(days=step)) for step in range(days)]
    rows = rows_for(actor, record_type, tree).order_by()
    bounds: list[Any] = [day.date for day in found] + [first + dt.timedelta(days=days)]
    if isinstance(field, DateTime):
        bounds = [dt.datetime.combine(bound, dt.time(), zone) for bound in bounds]
    raw = getattr(field, "raw", None)  # kinds that store a date another way than the database's own
    bounds = [raw(bound) for bound in bounds] if raw else bounds
    cast, kind = _STORED[type(bounds[0])]
    rows = rows.annotate(_at=permissions.sorted_by(actor, field))
    if whole:
        inner = rows.filter(_at__gte=bounds[0], _at__lt=bounds[-1]).values_list("pk", "_at")
    else:
        inner = rows.filter(_at__gte=RawSQL("d.low", [], kind), _at__lt=RawSQL("d.high", [], kind))
        inner = inner.order_by(F("_at"), "pk").values_list("pk", flat=True)[: CEILING + 1]
    try:
        sql, parameters = inner.query.sql_with_params()
    except EmptyResultSet:
        return found
    spans = f"unnest(%s::{cast}[], %s::{cast}[]) WITH ORDINALITY AS d(low, high, place)"
    if whole:
        statement = (
            f"SELECT place, count(*), (array_agg(id ORDER BY at, id))[1:{each:d}] FROM ("  # noqa: S608 - the ORM's own
            f"SELECT width_bucket(found.at, %s::{cast}[]) AS place, found.id, found.at FROM ({sql}) AS found(id, at)"
            ") placed GROUP BY place"
        )
        given = [bounds, *parameters]
    else:
        statement = (
            f"SELECT d.place, x.n, x.ids FROM {spans} CROSS JOIN LATERAL (SELECT count(*) AS n, "  # noqa: S608 - the ORM's own
            f"(array_agg(found.id))[1:{each:d}] AS ids FROM ({sql}) AS found(id)) x WHERE x.n > 0"
        )
        given = [bounds[:-1], bounds[1:], *parameters]
    read = rows_within(patience, statement, given)
    if read is None:
        return None
    wanted = [one for _place, _n, ids in read for one in ids]
    shown = records_at(actor=actor, record_type=record_type, ids=wanted, columns=columns) if wanted else {}
    for place, count, ids in read:
        day = found[place - 1]
        day.count, day.exact = (count, True) if whole else (min(count, CEILING), count <= CEILING)
        day.rows = [shown[one] for one in ids if one in shown]
    return found


@lru_cache(maxsize=64)
def holidays_in(year: int, language: str) -> dict[dt.date, str]:
    """The public holidays of Korea in a year, substitutes included, with their names."""
    from holidays import country_holidays

    if not 1948 <= year <= 2100:
        return {}
    return dict(country_holidays("KR", years=year, language="ko" if language.startswith("ko") else "en_US"))


def moved(field: Field, value: Any, day: dt.date, zone: ZoneInfo) -> Any:
    """The value on another day; a moment keeps its time of day."""
    if isinstance(field, DateTime):
        clock = value.astimezone(zone).time() if value is not None else dt.time()
        return dt.datetime.combine(day, clock, zone)
    return day
