"""Fields that an administrator made, in groups, boards, calendars and totals: as if they had been there from the start."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from dangol.identity import revisions
from dangol.records import calendars, groups, permissions, writing
from dangol.records.lists import record_count, record_get
from dangol.records.models import OwnField
from dangol.records.own import services
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db

GRADES = [{"code": "gold", "ko": "금", "en": "Gold", "tone": "g"}, {"code": "tin", "ko": "주석", "en": "Tin"}]
OWN = (
    ("x_grade", "choice", {"choices": GRADES}),
    ("x_vip", "boolean", {}),
    ("x_day", "date", {}),
    ("x_moment", "datetime", {}),
    ("x_buddy", "reference", {"target": "user"}),
    ("x_home", "reference", {"target": "customer"}),
    ("x_weight", "number", {"digits": 12, "places": 2}),
    ("x_count", "integer", {}),
    ("x_price", "money", {}),
)


@pytest.fixture
def own(db):
    """Own fields on customers; gone with the test, also from this process."""
    revisions.forget()
    revisions.look()
    for name, kind, settings in OWN:
        services.create(
            actor=SYSTEM,
            record_type="customer",
            name=name,
            kind=kind,
            label_ko=f"{name} 표",
            settings=settings,
        )
    yield
    revisions.forget()


@pytest.fixture
def kept(own, insider, customers):
    """Three customers with values in own fields and one without."""
    home = writing.create(customers, {"name": "본점"}, actor=insider.actor)
    rows = (
        {"x_grade": "gold", "x_vip": True, "x_day": "2026-01-31", "x_moment": "2026-01-31 23:30", "x_buddy": insider.id,
         "x_home": home, "x_weight": "1.25", "x_count": 1, "x_price": 30_000_000},
        {"x_grade": "gold", "x_day": "2026-02-01", "x_moment": "2026-02-01 00:30", "x_weight": "2.25", "x_count": 2,
         "x_price": 10_000_000},
        {"x_grade": "tin", "x_day": "2026-02-28", "x_moment": "2026-02-10 09:00"},
    )  # fmt: skip
    return [
        writing.create(customers, {"name": f"고객 {place}", **values}, actor=insider.actor)
        for place, values in enumerate(rows)
    ]


def read(person, customers, key, totals=()):
    known = permissions.fields_for(person.actor, customers)
    grouping = groups.grouping_of(key, known)
    assert grouping is not None
    found = groups.group_list(
        actor=person.actor, record_type=customers, tree=None, grouping=grouping,
        totals=groups.totals_of(known, totals), patience=20_000,
    )  # fmt: skip
    assert found is not None
    return found.groups


def test_an_own_field_is_a_column_of_the_list(kept, insider):
    page = insider.client.get("/customers/?cols=name,x_grade,x_price,x_day").content.decode()
    assert "x_grade 표" in page
    assert ">금<" in page
    assert "30,000,000" in page
    assert "2026-01-31" in page


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        ("x_grade", [2, 1, 1]),
        ("x_vip", [3, 1]),
        ("x_day:month", [2, 1, 1]),
        ("x_moment:month", [2, 1, 1]),
        ("x_day:quarter", [3, 1]),
        ("x_buddy", [1, 3]),
        ("x_home", [1, 3]),
    ],
)
def test_a_list_is_grouped_by_own_fields_and_each_group_opens_its_records(
    kept, insider, customers, key, counts
):
    found = read(insider, customers, key)
    assert [group.count for group in found] == counts
    for group in found:
        counted = record_count(actor=insider.actor, record_type=customers, tree=group.tree)
        assert counted.value == group.count
    page = insider.client.get(f"/customers/?group={key}").content.decode()
    assert page.count('class="cardx group"') == len(counts)


def test_own_numbers_and_amounts_are_added_up(kept, insider, customers):
    gold = next(
        one for one in read(insider, customers, "x_grade", ("x_weight", "x_count", "x_price")) if one.value == "gold"
    )  # fmt: skip
    weight, count, price = gold.totals
    assert (weight.sum, weight.average) == (Decimal("3.50"), Decimal("1.75"))
    assert (count.sum, count.average) == (Decimal(3), Decimal("1.5"))
    assert price.sum == Decimal(40_000_000)
    totals = insider.client.get("/customers/board/totals/?by=x_grade&total=x_price").content.decode()
    assert "2 · 4,000만" in totals


def test_a_board_by_an_own_choice_moves_its_cards(kept, insider, outsider, customers):
    page = insider.client.get("/customers/?as=board&by=x_grade").content.decode()
    gold, tin = page.index('data-lane="gold"'), page.index('data-lane="tin"')
    assert gold < page.index(f'data-card="{kept[0]}"') < tin < page.index(f'data-card="{kept[2]}"')
    data = {"id": kept[0], "version": 1, "by": "x_grade", "to": "tin"}
    assert outsider.client.post("/customers/board/move/", data).status_code == 404
    answer = insider.client.post("/customers/board/move/", data)
    assert answer.json()["version"] == 2
    row = record_get(actor=insider.actor, record_type=customers, record_id=kept[0], columns=["x_grade"])
    assert row["x_grade"] == "tin"


@pytest.mark.parametrize("whole", [False, True])
def test_a_calendar_by_own_dates_puts_records_on_their_days(kept, insider, customers, whole):
    known = permissions.fields_for(insider.actor, customers)
    for name, days in (
        ("x_day", {dt.date(2026, 1, 31), dt.date(2026, 2, 1), dt.date(2026, 2, 28)}),
        ("x_moment", {dt.date(2026, 1, 31), dt.date(2026, 2, 1), dt.date(2026, 2, 10)}),
    ):
        assert calendars.calendar_field(customers, known, name) is known[name]
        found = calendars.calendar_read(
            actor=insider.actor, record_type=customers, tree=None, field=known[name], first=dt.date(2026, 1, 31),
            days=29, each=3, columns=["name", name], patience=20_000, whole=whole,
        )  # fmt: skip
        assert found is not None
        assert {day.date for day in found if day.count} == days


def test_a_record_is_put_on_another_day_by_an_own_date(kept, insider, customers):
    for name, was in (("x_day", "2026-02-01"), ("x_moment", "2026-02-01 00:30")):
        row = record_get(actor=insider.actor, record_type=customers, record_id=kept[1])
        data = {"id": kept[1], "version": row["version"], "by": name, "to": "2026-03-03"}
        assert insider.client.post("/customers/calendar/move/", data).status_code == 200, was
    row = record_get(actor=insider.actor, record_type=customers, record_id=kept[1])
    assert row["x_day"] == dt.date(2026, 3, 3)
    assert row["x_moment"] == dt.datetime(2026, 3, 2, 15, 30, tzinfo=dt.UTC)


def test_a_view_that_names_a_removed_own_field_says_so_and_shows_the_rest(kept, insider, customers):
    from dangol.records import saved_views

    view = saved_views.view_save(
        actor=insider.actor, record_type=customers,
        values={"name": "등급별", "state": {"cols": "name,x_grade,city", "widths": "name:200,x_grade:90,city:120"}},
    )  # fmt: skip
    services.switch(actor=SYSTEM, definition=OwnField.objects.get(name="x_grade"), active=False)
    page = insider.client.get(f"/customers/?view={view.id}")
    assert page.status_code == 200
    text = page.content.decode()
    assert 'class="note g"' in text
    assert "x_grade" in text
    assert 'data-col="city"' in text
    assert 'data-col="x_grade"' not in text
