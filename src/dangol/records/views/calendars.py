"""The calendar: a month or a week of records, and moving one to another day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from dangol.records import calendars, filters, permissions
from dangol.records.calendars import Day
from dangol.records.fields import DateTime, Field
from dangol.records.filters.tree import And, Compare
from dangol.records.types import RecordType
from dangol.records.views import presenting
from dangol.records.views.access import actor_of, guard, load, locale_of
from dangol.records.views.asking import asked_of
from dangol.records.views.boards import written
from dangol.records.views.presenting import Asked
from dangol.records.views.state import query, url
from dangol.web import formats

PATIENCE_MS = 90
LATE_PATIENCE_MS = 5_000
TEMPLATE = "records/parts/calendar.html"
SPANS = ("month", "week", "agenda")
SPAN_LABELS = {
    "month": gettext_lazy("Month"),
    "week": gettext_lazy("Week"),
    "agenda": gettext_lazy("Agenda"),
}
EACH = {"month": 4, "week": 20, "agenda": 20}
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class ShownDay:
    """One day as the page shows it; `more` is the "+12" of those that have no place."""

    iso: str
    number: int
    label: str
    cards: list[dict[str, Any]]
    more: str
    list_url: str
    tone: str
    holiday: str
    today: bool
    outside: bool


def content(asked: Asked) -> dict[str, Any]:
    """What the template of the calendar needs. Two statements where they are quick enough; else the page asks again."""
    whole = not calendars.by_day(asked.actor, asked.record_type, _field(asked))
    found = _read(asked, PATIENCE_MS, whole=whole)
    late = ""
    if found is None:
        late = f"{reverse('records:calendar', args=[asked.record_type])}?{query(asked.base)}"
    return {"body": TEMPLATE, "calendar_late_url": late, **_shown(asked, found)}


@require_GET
def index(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The calendar, with more patience: a fragment."""
    asked = asked_of(request, record_type)
    found = _read(asked, LATE_PATIENCE_MS, whole=True)
    context = {"calendar_late_url": "", "too_late": found is None, "record_type": record_type}
    return render(request, TEMPLATE, {**context, **_shown(asked, found)})


@require_POST
def move(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Put a record on another day; a moment keeps its time of day."""
    actor = actor_of(request)
    guard(actor, record_type, "edit")
    field = permissions.fields_for(actor, record_type).get(request.POST.get("by", ""))
    if field is None or not field.editable or not calendars.datable(field):
        raise Http404
    try:
        day = dt.date.fromisoformat(request.POST.get("to", ""))
        record_id = int(request.POST.get("id", ""))
    except ValueError:
        raise Http404 from None
    if not 0 < record_id < 2**63 or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Http404
    record = load(actor, record_type, record_id, columns=[field.name])
    value = calendars.moved(field, record[field.name], day, locale_of(actor).zone)
    return written(request, record_type, actor, {field.name: value})


def _span(asked: Asked) -> str:
    span = asked.base.get("span", "")
    return span if span in SPANS else "month"


def _anchor(asked: Asked) -> dt.date:
    """The day that the address names, else today."""
    today = timezone.now().astimezone(asked.locale.zone).date()
    try:
        day = dt.date.fromisoformat(asked.base.get("day", ""))
    except ValueError:
        return today
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else today


def _bounds(span: str, anchor: dt.date) -> tuple[dt.date, int]:
    """First day and number of days; weeks begin on Sunday, as on Korean calendars."""
    if span == "week":
        return anchor - dt.timedelta(days=(anchor.weekday() + 1) % 7), 7
    first = anchor.replace(day=1)
    after = (first + dt.timedelta(days=32)).replace(day=1)
    if span == "agenda":
        return first, (after - first).days
    start = first - dt.timedelta(days=(first.weekday() + 1) % 7)
    weeks = -(-(after - start).days // 7)
    return start, weeks * 7


def _field(asked: Asked) -> Field:
    field = calendars.calendar_field(asked.record_type, asked.known, asked.base.get("by", ""))
    if field is None:
        raise Http404
    return field


def _card_fields(asked: Asked, field: Field) -> list[Field]:
    chosen = presenting.card_fields(asked)[:1] if _span(asked) != "month" else []
    return list(dict.fromkeys([*chosen, field]))


def _read(asked: Asked, patience: int, *, whole: bool) -> list[Day] | None:
    span = _span(asked)
    field = _field(asked)
    first, days = _bounds(span, _anchor(asked))
    return calendars.calendar_read(
        actor=asked.actor,
        record_type=asked.record_type,
        tree=asked.tree,
        field=field,
        first=first,
        days=days,
        each=EACH[span],
        columns=presenting.names_of(asked, _card_fields(asked, field)),
        patience=patience,
        whole=whole,
    )


def _shown(asked: Asked, found: list[Day] | None) -> dict[str, Any]:
    span, anchor, field = _span(asked), _anchor(asked), _field(asked)
    first, count = _bounds(span, anchor)
    days = found or [Day(first + dt.timedelta(days=step)) for step in range(count)]
    language = asked.actor.language
    holidays: dict[dt.date, str] = {}
    for year in {days[0].date.year, days[-1].date.year}:
        holidays |= calendars.holidays_in(year, language)
    today = timezone.now().astimezone(asked.locale.zone).date()
    rows = [row["id"] for day in days for row in day.rows]
    movable = (
        permissions.reached(asked.actor, asked.record_type, "edit", rows) if field.editable else set[int]()
    )
    month = anchor.month if span == "month" else None
    shown = [_day(asked, field, day, holidays, today, movable, month) for day in days]
    if span == "agenda":
        shown = [day for day in shown if day.cards or day.today or day.holiday]
    step = {"week": 7}.get(span, 0)
    before = anchor - dt.timedelta(days=step) if step else anchor.replace(day=1) - dt.timedelta(days=1)
    after = (
        anchor + dt.timedelta(days=step)
        if step
        else (anchor.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    )
    here = {"as_": "calendar", "by": field.name}
    return {
        "days": shown,
        "span": span,
        "weekdays": _weekdays(language),
        "field": field,
        "may_move": field.editable and permissions.allowed(asked.actor, asked.record_type, "edit"),
        "any": any(day.cards for day in shown),
        "heading": _heading(span, first, anchor, language),
        "before_url": url(asked.base, **here, day=before.isoformat()),
        "after_url": url(asked.base, **here, day=after.isoformat()),
        "today_url": url(asked.base, **here, day=None),
        "spans": [(SPAN_LABELS[one], url(asked.base, **here, span=one), one == span) for one in SPANS],
        "by_choices": [
            (one.label, url(asked.base, as_="calendar", by=one.name), one is field)
            for one in asked.known.values()
            if calendars.datable(one)
        ],
        "move_url": reverse("records:calendar-move", args=[asked.record_type]),
    }


def _heading(span: str, first: dt.date, anchor: dt.date, language: str) -> str:
    if span == "week":
        return f"{formats.day(first, language)} – {formats.day_short(first + dt.timedelta(days=6), language)}"
    return formats.month(anchor, language)


def _weekdays(language: str) -> list[str]:
    names = formats.WEEKDAYS[formats.known(language)]
    return [names[6], *names[:6]]


def _day(
    asked: Asked,
    field: Field,
    day: Day,
    holidays: dict[dt.date, str],
    today: dt.date,
    movable: set[int],
    month: int | None,
) -> ShownDay:
    language = asked.actor.language
    over = day.count - len(day.rows)
    more = f"+{formats.number(over, language)}" if over > 0 else ""
    if more and not day.exact:
        more = f"{formats.number(day.count, language)}+"
    condition = Compare((field.name,), "=", day.date)
    name = holidays.get(day.date, "")
    red = bool(name) or day.date.weekday() == 6
    return ShownDay(
        day.date.isoformat(),
        day.date.day,
        formats.day(day.date, language),
        [_card(asked, field, row, row["id"] in movable) for row in day.rows],
        more,
        url(
            asked.base,
            as_=None,
            by=None,
            day=None,
            span=None,
            filter=filters.to_text(And.of(asked.tree, condition)),
        ),
        "sun" if red else "sat" if day.date.weekday() == 5 else "",
        name,
        day.date == today,
        month is not None and day.date.month != month,
    )


def _card(asked: Asked, field: Field, row: dict[str, Any], movable: bool) -> dict[str, Any]:
    value = row[field.name]
    clock = (
        formats.clock(value, asked.actor.language, asked.locale.zone) if isinstance(field, DateTime) else ""
    )
    fields = [one for one in _card_fields(asked, field) if one is not field]
    return {
        "id": row["id"],
        "version": row["version"],
        "title": presenting.title_text(asked.record_type, row, asked.locale),
        "url": f"/{asked.record_type.path}/{row['id']}/",
        "clock": clock,
        "values": presenting.shown_values(fields, row, asked.locale),
        "movable": movable,
    }
