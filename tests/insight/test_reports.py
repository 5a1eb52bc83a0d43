"""Reports: every number is that of the records behind it, exact, in its own currency, and only of what one may see."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dangol.customers.models import Customer
from dangol.identity import revisions
from dangol.identity.models import FieldRule, Role
from dangol.insight.reports import computing
from dangol.insight.reports.axes import HIDDEN, NONE, OTHER, reading_of
from dangol.insight.reports.computing import ALL, compute
from dangol.insight.reports.plans import Plan, ReportError, plan_from
from dangol.records import filters, registry
from dangol.records.filters.tree import EVERYTHING, And
from dangol.records.own import services
from tests.cast import SYSTEM
from tests.insight.ledger import behind, fill

SEOUL = ZoneInfo("Asia/Seoul")
pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(insider, outsider):
    revisions.forget()
    revisions.look()
    choices = [{"code": "gold", "ko": "금", "en": "Gold"}, {"code": "silver", "ko": "은", "en": "Silver"}]
    made = [
        services.create(
            actor=SYSTEM, record_type="customer", name=name, kind=kind, label_ko=label, settings=given
        )
        for name, kind, label, given in (
            ("x_tier", "choice", "등급표", {"choices": choices}),
            ("x_seats", "integer", "좌석", {}),
        )
    ]
    fill(insider=insider, outsider=outsider)
    yield made
    registry.set_own(())
    revisions.forget()


def computed(person, **plan):
    reading = reading_of(person.actor, plan_from({"record_type": "order", **plan}))
    return reading, compute(reading)


def opened(person, reading, row, column):
    """The records behind a cell, by its own filter as the list's address carries it."""
    parts = [reading.tree]
    for axis, key in ((reading.rows, row), (reading.across, column)):
        if axis is not None and key is not ALL:
            parts.append(axis.tree(key))
    tree = And.of(*parts)
    text = filters.to_text(tree) if tree != EVERYTHING else ""
    return behind(person, reading.record_type.name, text)


def expected(records, measure):
    """The measure of these records, reckoned by hand: by currency."""
    how, _colon, name = measure.partition(":")
    if how == "count":
        return {"": Decimal(len(records))}
    groups = {}
    for record in records:
        value = record.own.get(name) if name.startswith("x_") else getattr(record, name)
        if value is not None:
            groups.setdefault(getattr(record, "currency", ""), []).append(Decimal(value))
    reckon = {
        "sum": sum,
        "min": min,
        "max": max,
        "average": lambda values: (sum(values) / len(values)).quantize(Decimal("0.0001")),
    }[how]
    return {currency: reckon(values) for currency, values in groups.items()}


EVERY = ("count", "sum:total", "average:total", "max:total")


@pytest.mark.parametrize("who", ["administrator", "insider", "outsider", "manager"])
@pytest.mark.parametrize(
    ("rows", "across", "narrowed"),
    [
        ("customer.grade", "status", ""),
        ("customer.x_tier", "kind", ""),
        ("customer", "ordered_at:month", ""),
        ("customer.city", "status", ""),
        ("customer.owner", "ordered_at:year", 'status != "cancelled"'),
        ("ordered_at:quarter", "", "total > 0"),
        ("status", "customer.team", "ordered_at >= 2026-01-01"),
    ],
)
def test_every_cell_is_what_the_list_behind_it_comes_to(request, ledger, who, rows, across, narrowed):
    person = request.getfixturevalue(who)
    reading, pivot = computed(person, rows=rows, across=across, filter=narrowed, measures=EVERY)
    assert (ALL, ALL) in pivot.cells
    for (row, column), cell in pivot.cells.items():
        assert HIDDEN not in (row, column)
        records = opened(person, reading, row, column)
        assert cell.count == len(records) > 0, (row, column)
        for measure, values in zip(EVERY, cell.values, strict=True):
            assert values == expected(records, measure), (row, column, measure)
    whole = pivot.at(ALL, ALL).count
    assert sum(pivot.at(row, ALL).count for row in pivot.rows) == whole
    assert sum(pivot.at(ALL, column).count for column in pivot.across) == whole


def test_what_has_no_value_is_a_group_of_its_own(ledger, administrator):
    reading, pivot = computed(administrator, rows="customer.grade", measures=["count"])
    assert {reading.rows.value(row): pivot.at(row, ALL).count for row in pivot.rows} == {
        "vip": 3, "a": 4, None: 2
    }  # fmt: skip
    assert {record.number for record in opened(administrator, reading, NONE, ALL)} == {"R-6", "R-9"}


def test_currencies_are_never_added_and_no_digit_is_lost(ledger, administrator):
    _reading, pivot = computed(administrator, rows="status", measures=["sum:total"])
    assert pivot.at(ALL, ALL).values == (
        {"KRW": Decimal("9007199254743948.2334"), "USD": Decimal("19.7500")},
    )
    assert pivot.at("vcancelled", ALL).values == ({},), "no amount is no number, not nought"


def test_months_are_those_of_the_readers_clock(ledger, administrator):
    reading, pivot = computed(administrator, rows="ordered_at:month", filter='customer.name = "가람"')
    found = {reading.rows.value(row).isoformat(): pivot.at(row, ALL).count for row in pivot.rows}
    assert found == {"2026-10-01": 2, "2026-11-01": 1}


def test_own_fields_group_and_are_measured(ledger, administrator):
    measures = ["count", "sum:x_seats", "average:x_seats", "min:x_seats"]
    reading, pivot = computed(administrator, record_type="customer", rows="x_tier", measures=measures)
    assert {reading.rows.value(row) for row in pivot.rows} == {"gold", "silver", None}
    for (row, column), cell in pivot.cells.items():
        records = opened(administrator, reading, row, column)
        for measure, values in zip(measures, cell.values, strict=True):
            held = [r.own["x_seats"] for r in records if "x_seats" in r.own]
            by_hand = {
                "count": len(records), "sum": sum(held), "min": min(held, default=0),
                "average": Decimal(sum(held)) / max(len(held), 1),
            }[measure.partition(":")[0]]  # fmt: skip
            assert values == ({"": round(Decimal(by_hand), 4)} if held or measure == "count" else {}), measure


def test_everybody_is_answered_of_what_that_person_may_see(ledger, administrator, insider, outsider, reader):
    counts = {}
    for person in (administrator, insider, outsider, reader):
        _reading, pivot = computed(person, rows="status")
        counts[person.user.email.partition("@")[0]] = pivot.at(ALL, ALL).count
    assert counts["administrator"] == 9
    assert counts["insider"] == 6
    assert counts["outsider"] == 2
    assert counts["reader"] == len(behind(reader, "order", ""))


def test_what_stands_behind_a_hidden_record_is_missing_and_tells_no_name(ledger, insider, outsider):
    other = Customer.objects.get(name="라온")
    Customer.objects.filter(name="나래").update(parent=other)
    mine = Customer.objects.get(name="가람")
    Customer.objects.filter(name="다온").update(parent=mine)
    reading, pivot = computed(insider, record_type="customer", rows="parent")
    counts = {row: pivot.at(row, ALL).count for row in pivot.rows}
    assert counts == {HIDDEN: 1, f"v{mine.pk}": 1, NONE: 1}
    assert reading.rows.tree(HIDDEN) is None
    assert reading.rows.titles(iter(pivot.rows)) == {f"v{mine.pk}": "가람"}
    _reading, pivot = computed(insider, record_type="customer", rows="parent.grade")
    assert {row: pivot.at(row, ALL).count for row in pivot.rows} == {"vvip": 1, NONE: 2}


@pytest.mark.parametrize("rule", ["hidden", "masked"])
def test_a_field_that_a_rule_hides_or_masks_makes_no_report(ledger, insider, administrator, rule):
    for name in ("grade", "x_seats", "city"):
        FieldRule.objects.create(
            role=Role.objects.get(code="sales"), record_type="customer", field=name, rule=rule
        )
    refused = [
        {"record_type": "customer", "rows": "grade"},
        {"record_type": "order", "rows": "customer.city"},
        {"record_type": "order", "rows": "customer.grade"},
        {"record_type": "order", "rows": "status", "across": "customer.grade"},
        {"record_type": "customer", "rows": "stage", "measures": ["sum:x_seats"]},
        {"record_type": "order", "rows": "status", "filter": 'customer.grade = "vip"'},
    ]
    for plan in refused:
        with pytest.raises(ReportError):
            reading_of(insider.actor, plan_from(plan))
        assert compute(reading_of(administrator.actor, plan_from(plan))).cells


def test_groups_beyond_the_limit_are_one_together_and_the_totals_stay_whole(
    ledger, administrator, monkeypatch
):
    monkeypatch.setattr(computing, "MOST_ROWS", 2)
    monkeypatch.setattr(computing, "MOST_ACROSS", 1)
    _reading, pivot = computed(
        administrator, rows="customer", across="status", measures=["count", "sum:total"]
    )
    assert len(pivot.rows) == 3
    assert pivot.rows_cut
    assert pivot.across_cut
    assert sum(pivot.at(row, ALL).count for row in pivot.rows) == 9 == pivot.at(ALL, ALL).count
    assert pivot.at(OTHER, ALL).count == 4
    assert pivot.at(ALL, ALL).values[1]["KRW"] == Decimal("9007199254743948.2334")


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"rows": ""}, "rows"),
        ({"rows": "number"}, "rows"),
        ({"rows": "nothing"}, "rows"),
        ({"rows": "status.name"}, "rows"),
        ({"rows": "status:month"}, "rows"),
        ({"rows": "ordered_at:week"}, "rows"),
        ({"rows": "status", "across": "status"}, "across"),
        ({"rows": "status", "measures": ["sum:status"]}, "measures"),
        ({"rows": "status", "measures": ["median:total"]}, "measures"),
        ({"rows": "status", "measures": ["count", *(f"{how}:total" for how in ("sum", "min", "max", "average"))]}, "measures"),
        ({"rows": "status", "filter": "status ="}, "filter"),
        ({"rows": "status", "sort": "name"}, "sort"),
        ({"rows": "status", "record_type": "nothing"}, "record_type"),
        ({"rows": ["status"]}, "rows"),
        ({"rows": "status\0"}, "rows"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_says_what_is_wrong(ledger, administrator, plan, field):
    with pytest.raises(ReportError) as refused:
        reading_of(administrator.actor, plan_from({"record_type": "order", **plan}))
    assert refused.value.field == field


def test_a_plan_is_kept_as_it_was_asked():
    plan = Plan("order", "pivot", "total > 0", (), "status", "customer", ("count", "sum:total"), "-value")
    assert plan_from({"record_type": "order", "filter": "total > 0", **plan.kept()}) == plan
