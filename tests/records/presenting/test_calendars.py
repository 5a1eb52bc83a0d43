"""A list as a calendar."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dangol.customers.models import Customer
from dangol.records import calendars, registry, writing
from dangol.records.filters import parse
from tests.workshop.models import Machine

pytestmark = pytest.mark.django_db


def test_the_calendar_has_records_on_their_days_and_the_holidays(insider, customers):
    writing.create(customers, {"name": "한글날 고객", "since": "2026-10-09"}, actor=insider.actor)
    page = insider.client.get("/customers/?as=calendar&by=since&day=2026-10-01").content.decode()
    cell = page[page.index('data-day="2026-10-09"') :].partition('data-day="2026-10-10"')[0]
    assert "한글날 고객" in cell
    assert "한글날" in cell
    assert 'class="day-c sun' in page
    week = insider.client.get("/customers/?as=calendar&by=since&day=2026-10-09&span=week").content.decode()
    assert week.count("data-day=") == 7
    agenda = insider.client.get(
        "/customers/?as=calendar&by=since&day=2026-10-09&span=agenda"
    ).content.decode()
    assert "한글날 고객" in agenda


def test_a_moment_stands_on_the_day_of_the_readers_zone(insider, machines):
    writing.create(
        machines,
        {"code": "1", "name": "늦은 점검", "checked_at": "2026-10-08T15:30:00+00:00"},
        actor=insider.actor,
    )
    page = insider.client.get("/machines/?as=calendar&by=checked_at&day=2026-10-01").content.decode()
    cell = page[page.index('data-day="2026-10-09"') :].partition('data-day="2026-10-10"')[0]
    assert "늦은 점검" in cell
    assert "12:30" in cell


@pytest.mark.parametrize("whole", [False, True])
def test_a_full_day_says_how_many_more(insider, outsider, customers, whole):
    from dangol.records.writing import Change as Written

    rows = [Written({"name": f"{place}", "since": "2026-10-12"}) for place in range(9)]
    writing.write(customers, rows, actor=insider.actor)
    writing.write(customers, rows, actor=outsider.actor)
    days = calendars.calendar_read(
        actor=insider.actor, record_type=customers, tree=parse("", customers, actor=insider.actor),
        field=customers.fields["since"], first=date(2026, 10, 10), days=7, each=4, columns=["name", "since"],
        patience=5000, whole=whole,
    )  # fmt: skip
    assert days is not None
    assert [day.count for day in days] == [0, 0, 9, 0, 0, 0, 0]
    assert len(days[2].rows) == 4
    assert days[2].exact


def test_a_record_is_put_on_another_day_and_keeps_its_hour(insider, machines):
    moment = timezone.now().replace(minute=30, second=0, microsecond=0)
    number = writing.create(
        machines, {"code": "1", "name": "x", "checked_at": moment.isoformat()}, actor=insider.actor
    )
    to = (moment + timedelta(days=3)).astimezone(ZoneInfo("Asia/Seoul")).date()
    answer = insider.client.post(
        "/machines/calendar/move/", {"id": number, "version": 1, "by": "checked_at", "to": to.isoformat()}
    )
    assert answer.status_code == 200, answer.content
    assert Machine.objects.get(pk=number).checked_at == moment + timedelta(days=3)


def test_nobody_puts_others_records_on_other_days(insider, outsider, customers):
    number = writing.create(customers, {"name": "x", "since": "2026-10-12"}, actor=insider.actor)
    data = {"id": number, "version": 1, "by": "since", "to": "2026-10-13"}
    assert outsider.client.post("/customers/calendar/move/", data).status_code == 404
    assert insider.client.post("/customers/calendar/move/", {**data, "to": "9999-99-99"}).status_code == 404
    assert insider.client.post("/customers/calendar/move/", {**data, "by": "created_at"}).status_code == 404
    assert Customer.objects.get(pk=number).since == date(2026, 10, 12)


def test_days_are_read_one_by_one_only_where_an_index_leads_to_all_of_them(insider, administrator, customers):
    interactions = registry.get("interaction")
    assert calendars.by_day(administrator.actor, interactions, interactions.fields["occurred_at"])
    assert not calendars.by_day(insider.actor, interactions, interactions.fields["occurred_at"])
    assert not calendars.by_day(administrator.actor, customers, customers.fields["since"])
