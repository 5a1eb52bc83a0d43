"""What formulas give, and that lists, filters, sorts, exports and the API give the same."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from dangol.records import filters, permissions, registry
from dangol.records.lists import record_get, record_list

TODAY = "today"


def value(name, record_type, record_id, actor):
    return record_get(actor=actor, record_type=registry.get(record_type), record_id=record_id, columns=[name])[name]


def ids(record_type, actor, text="", sort=None):
    found = registry.get(record_type)
    tree = filters.parse(text, found, actor=actor)
    return [row["id"] for row in record_list(actor=actor, record_type=found, tree=tree, sort=sort).rows]


MACHINE = {
    "name": "한빛 절단기", "price": "1000.50", "power": 7, "installed_on": "2024-02-29", "state": "stopped",
    "checked_at": "2026-03-01T23:30:00+09:00", "is_leased": True, "remark": " 가나다 ",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("number(price) * 2 + 1", Decimal("2002")),
        ("power + 2 * 3 - 1", Decimal(12)),
        ("-(power - 10)", Decimal(3)),
        ("power / 2", Decimal("3.5")),
        ("1 / 3", Decimal("0.3333")),
        ("power / 0", None),
        ("mod(power, 0)", None),
        ("power * 10%", Decimal("0.7")),
        ("3천 + 1.2억 * 0", Decimal(3000)),
        ("round(power / 3, 1)", Decimal("2.3")),
        ("round(2.5) + round(-2.5)", Decimal(0)),
        ("floor(2.9) + ceil(2.1) + abs(-1)", Decimal(6)),
        ("min(power, 3, empty) + max(power, 3)", Decimal(10)),
        ("mod(power, 4)", Decimal(3)),
        ("number('1,250.5') + 1", Decimal("1251.5")),
        ("number('아니')", None),
        ("length(name)", Decimal(6)),
        ('name & " (" & code & ")"', "한빛 절단기 (M-1)"),
        ('concat(name, "-", power)', "한빛 절단기-7"),
        ('"설치 " & installed_on', "설치 2024-02-29"),
        ("upper('abc') & lower('ABC') & trim(remark)", "ABCabc가나다"),
        ("left(name, 2) & right(name, 1) & mid(name, 4, 2)", "한빛기절단"),
        ('replace(name, "한빛", "금성")', "금성 절단기"),
        ("label(state)", "정지"),
        ("code(state)", "stopped"),
        ('""', None),
        ("if(power > 5, 'A', power > 3, 'B', 'C')", "A"),
        ("if(power > 50, 'A', power > 3, 'B', 'C')", "B"),
        ("coalesce(empty, power, 0)", Decimal(7)),
        ('state = "정지"', True),
        ('state != "running" and is_leased', True),
        ('state in ("running", "정지")', True),
        ('state not in ("running")', True),
        ("power > 7 or not is_leased", False),
        ("power >= 7 && power <= 7", True),
        ("price is empty", False),
        ("price is not empty", True),
        ('contains(name, "절단") and starts_with(code, "m-")', True),
        ("year(installed_on) * 10000 + month(installed_on) * 100 + day(installed_on)", Decimal(20240229)),
        ("quarter(installed_on) * 10 + weekday(installed_on)", Decimal(14)),
        ("add_years(installed_on, 1)", dt.date(2025, 2, 28)),
        ("add_months(installed_on, 12) - installed_on", Decimal(365)),
        ("installed_on + 1", dt.date(2024, 3, 1)),
        ("installed_on - 366", dt.date(2023, 2, 28)),
        ("add_days(installed_on, 9999999999)", None),
        ("add_months(installed_on, -99999)", None),
        ("date(2024, 2, 30)", None),
        ("date(2024, 2, 29) = installed_on", True),
        ("month_end(installed_on) - month_start(installed_on)", Decimal(28)),
        ("days_between(installed_on, 2024-03-10)", Decimal(10)),
        ("months_between(2024-01-31, installed_on)", Decimal(1)),
        ("months_between(installed_on, 2024-01-31)", Decimal(-1)),
        ("years_between(2000-02-29, installed_on)", Decimal(24)),
        ("date(checked_at)", dt.date(2026, 3, 1)),
        ("checked_at > 2026-02-28", True),
        ("hours_between(checked_at, checked_at)", Decimal(0)),
        ("today() - 2020-01-01 > 2000", True),
        ("now() > checked_at or now() <= checked_at", True),
        ("owner & '/' & team", "김지우/서울 영업팀"),
        ("이름 & 전력", "한빛 절단기7"),
        ("[설치일] + 0", dt.date(2024, 2, 29)),
    ],
)  # fmt: skip
def test_a_formula_gives(text, expected, insider, formula, machine):
    record_id = machine(**MACHINE)
    formula("machine", "x_it", text)
    found = value("x_it", "machine", record_id, insider.actor)
    assert found == expected
    if expected is None:
        assert ids("machine", insider.actor, "x_it is empty") == [record_id]
    elif isinstance(expected, str):
        assert ids("machine", insider.actor, f"x_it = {expected!r}") == [record_id]
    else:
        written = str(expected).lower()
        assert ids("machine", insider.actor, f"x_it = {written}") == [record_id]
        assert ids("machine", insider.actor, f"x_it != {written}") == []
