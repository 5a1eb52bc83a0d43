"""What formulas give, and that lists, filters, sorts, exports and the API give the same."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from dangol.records import filters, permissions, registry, writing
from dangol.records.lists import record_get, record_list

TODAY = "today"


def value(name, record_type, record_id, actor):
    return record_get(
        actor=actor, record_type=registry.get(record_type), record_id=record_id, columns=[name]
    )[name]


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
        ("number(price) * 2 + 1", Decimal(2002)),
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


def test_missing_values_make_sums_empty_and_comparisons_no(insider, formula, machine):
    lacking, having = machine(), machine(price=5, power=2)
    formula("machine", "x_sum", "price + power")
    formula("machine", "x_filled", "coalesce(price, 0) + coalesce(power, 0)")
    formula("machine", "x_big", "price > 1")
    formula("machine", "x_other", "power != 2")
    actor = insider.actor
    assert ids("machine", actor, "x_sum is empty") == [lacking]
    assert ids("machine", actor, "x_sum = 7") == ids("machine", actor, "x_big = true") == [having]
    assert ids("machine", actor, "x_filled = 0") == ids("machine", actor, "x_other = true") == [lacking]
    assert ids("machine", actor, "not (x_sum > 3)") == [lacking]


@pytest.mark.parametrize(
    ("text", "part", "words"),
    [
        ("", "", "수식"),
        ("price +", "", ""),
        ("price * name", "name", "숫자"),
        ("name + name", "name + name", "&"),
        ("pirce * 2", "pirce", "price"),
        ("owner.phone", "phone", ""),
        ("repairs", "repairs", "롤업"),
        ("repairs.cost", "repairs", "롤업"),
        ("roun(price)", "roun", "round"),
        ("round(price, power)", "power", "0"),
        ("if(price, 1, 2)", "price", ""),
        ("if(price > 1, 1)", "if(price > 1, 1)", ""),
        ("if(price > 1, 1, name)", "name", ""),
        ('state = "없는것"', '"없는것"', "없는것"),
        ("state > 1", "state", ""),
        ("state & 1", "state", "label"),
        ("state", "state", "label"),
        ("price = empty", "empty", "is empty"),
        ("price * price", "price * price", ""),
        ("'열림", "'열림", ""),
        ("price # 2", "#", ""),
        ("1 < 2 < 3", "<", ""),
        ("2026-02-30", "2026-02-30", ""),
        ("(1", "", ""),
        ("1 2", "2", ""),
        ("1,000", ",", ""),
        ("negative()", "negative", ""),
        ("round()", "round()", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text, part, words, db):
    from django.utils import translation

    from dangol.records.expressions.checking import read
    from dangol.records.expressions.errors import FormulaError

    with translation.override("ko"), pytest.raises(FormulaError) as caught:
        read(text, registry.get("machine"))
    problem = caught.value
    assert text[problem.position : problem.position + problem.length].strip().startswith(part)
    assert words in problem.message + " ".join(problem.expected)


@pytest.mark.parametrize(
    "text", ["(" * 40 + "1" + ")" * 40, "+".join(["1"] * 300), "1" * 2001, "not " * 300 + "true"]
)
def test_formulas_have_limits(text, db):
    from dangol.records.expressions.checking import read
    from dangol.records.expressions.errors import FormulaError

    with pytest.raises(FormulaError):
        read(text, registry.get("machine"))


def test_a_formula_reads_no_more_of_other_records_than_the_reader_may(insider, outsider, formula):
    actor = insider.actor
    machine_id = writing.create(
        registry.get("machine"), {"name": "밀링", "code": "M-9", "price": 900}, actor=actor
    )
    repair = writing.create(
        registry.get("repair"), {"machine": machine_id, "title": "축", "cost": 90}, actor=actor
    )
    formula("repair", "x_share", "cost / number(machine.price) * 100")
    formula("repair", "x_where", 'machine.name & "!" & machine')
    formula("repair", "x_over", "x_share * 2")
    repairs = registry.get("repair")
    row = record_get(actor=actor, record_type=repairs, record_id=repair)
    assert (row["x_share"], row["x_where"], row["x_over"]) == (10, "밀링!밀링", 20)
    assert ids("repair", actor, "x_share = 10 and x_over = 20") == [repair]
    assert ids("repair", actor, 'x_where contains "밀링"', ["-x_share"]) == [repair]
    assert ids("machine", actor, "repairs.any(x_share >= 10)") == [machine_id]
    blind = _sees_only(insider, "repair")
    assert "x_share" not in permissions.fields_for(blind, repairs)
    assert "x_over" not in permissions.fields_for(blind, repairs)
    assert ids("repair", blind, "x_share = 10") == ids("repair", blind, "x_over is not empty") == []
    writing.delete(registry.get("machine"), [machine_id], actor=actor)
    assert ids("repair", actor, "x_share = 10") == []


def _sees_only(person, record_type):
    from dataclasses import replace

    return replace(person.actor, grants={(record_type, "view"): frozenset({"all"})})


def test_a_formula_over_own_fields_and_own_references(insider, own, formula, machine):
    own("machine", "x_day", "date")
    own("machine", "x_moment", "datetime")
    own("machine", "x_weight", "number", settings={"digits": 20, "places": 6})
    own("machine", "x_grade", "choice")
    own("machine", "x_tags", "multi_choice")
    own("machine", "x_next", "reference", settings={"target": "machine"})
    formula("machine", "x_all", "x_weight * 2 + (x_day - 2026-01-01)")
    formula("machine", "x_tagged", 'contains(x_tags, "금") and x_grade = "은"')
    formula("machine", "x_then", "x_moment")
    formula("machine", "x_far", "x_next.x_next.x_all + x_next.power")
    last = machine(
        x_weight="1.5", x_day="2026-01-11", x_moment="2026-05-05T00:00:00Z", x_tags=["gold"], x_grade="silver"
    )
    middle = machine(x_next=last, power=4)
    first = machine(x_next=middle)
    actor = insider.actor
    row = record_get(actor=actor, record_type=registry.get("machine"), record_id=last)
    assert (row["x_all"], row["x_tagged"]) == (13, True)
    assert row["x_then"] == dt.datetime(2026, 5, 5, tzinfo=dt.UTC)
    assert ids("machine", actor, "x_far = 17") == [first]
    assert ids("machine", actor, "x_tagged = true and x_then = 2026-05-05") == [last]


@pytest.mark.parametrize("sort", ["x_number", "x_text", "x_day", "x_truth"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_of_a_list_sorted_by_a_formula_hold_every_record_once(sort, sign, insider, formula, machine):
    formula("machine", "x_number", "power / 3")
    formula("machine", "x_text", 'if(power > 2, remark & "가", empty)')
    formula("machine", "x_day", "installed_on + power")
    formula("machine", "x_truth", "power > 2")
    for place in range(9):
        machine(power=place % 4 if place < 7 else None, remark=f"{place % 3}", installed_on="2026-01-05")
    seen, after = [], None
    while True:
        page = record_list(
            actor=insider.actor, record_type=registry.get("machine"), sort=[sign + sort], limit=2, after=after, columns=[sort]
        )  # fmt: skip
        seen += page.rows
        after = page.next
        if after is None:
            break
    assert len({row["id"] for row in seen}) == len(seen) == 9
    keys = [row[sort] for row in seen if row[sort] is not None]
    assert keys == sorted(keys, reverse=bool(sign))
    assert all(row[sort] is None for row in seen[len(keys) :])


def test_amounts_keep_their_currency(insider, formula):
    customer = writing.create(registry.get("customer"), {"name": "한빛"}, actor=insider.actor)
    invoices = registry.get("invoice")
    values = {
        "number": "I-1",
        "customer": customer,
        "issued_on": "2026-11-20",
        "total": "1000",
        "currency": "USD",
    }
    invoice = writing.create(invoices, values, actor=_admin())
    field = formula("invoice", "x_vat", "total * 10%")
    assert field.settings["result"] == "money"
    row = record_get(actor=_admin(), record_type=invoices, record_id=invoice, columns=["x_vat", "total"])
    assert (row["x_vat"], row["x_vat"].currency) == (100, "USD")
    with pytest.raises(ValidationError, match="total"):
        formula("invoice", "x_mixed", "total * total")


def _admin():
    from tests.records.own.conftest import SYSTEM

    return SYSTEM


def test_no_formula_reads_itself(formula):
    from dangol.records.own import services

    first = formula("machine", "x_a", "power + 1")
    formula("machine", "x_b", "x_a + 1")
    formula("repair", "x_c", "machine.x_b")
    with pytest.raises(ValidationError, match="x_b"):
        services.change(actor=_admin(), definition=first, settings={"formula": "x_b * 2"})
    with pytest.raises(ValidationError, match="x_d"):
        formula("machine", "x_d", "x_d + 1")
    with pytest.raises(ValidationError, match="x_b"):
        services.delete(actor=_admin(), definition=first)
    with pytest.raises(ValidationError, match="x_b"):
        services.switch(actor=_admin(), definition=first, active=False)
    with pytest.raises(ValidationError, match="x_b"):
        services.change(actor=_admin(), definition=first, settings={"formula": "'글자'"})
    services.change(actor=_admin(), definition=first, settings={"formula": "power * 100"})


def test_reads_names_everything_a_formula_depends_on(formula):
    from dangol.records.own import definitions

    formula("machine", "x_a", "power + 1")
    formula("repair", "x_c", "machine.x_a + cost")
    assert definitions.reads(registry.get("repair").fields["x_c"]) == {
        ("repair", "machine"), ("machine", "x_a"), ("machine", "power"), ("repair", "cost"),
    }  # fmt: skip


def test_formulas_upon_formulas_do_not_grow_beyond_all_measure(formula):
    formula("machine", "x_0", "power + 1")
    for place in range(1, 10):
        formula("machine", f"x_{place}", f"x_{place - 1} + x_{place - 1}")
    with pytest.raises(ValidationError, match="2000"):
        formula("machine", "x_10", "x_9 + x_9")


def test_labels_become_names_so_that_a_new_label_breaks_nothing(formula):
    assert formula("machine", "x_a", "[전력] * 2 + 전력").settings["formula"] == "power * 2 + power"


def test_the_api_and_exports_show_formulas_and_take_none(insider, formula, machine):
    formula("machine", "x_it", "power * 1.5")
    record_id = machine(power=3)
    answer = insider.api.get(f"/api/machines/{record_id}?fields=x_it")
    if answer.status_code == 404:
        answer = insider.api.get(f"/api/v1/machines/{record_id}?fields=x_it")
    assert answer.json()["x_it"] == "4.5"
    assert "x_it" not in registry.get("machine").editable_fields
    page = insider.client.get("/machines/?filter=x_it%20%3E%204&cols=x_it")
    assert page.status_code == 200
    assert "4.5" in page.content.decode()
    assert "4.5" in insider.client.get(f"/machines/{record_id}/").content.decode()
