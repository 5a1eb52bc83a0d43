"""Whatever formula stands over whatever record: it never fails, and list, filter and sort agree with plain arithmetic."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.records import filters, registry
from dangol.records.lists import record_list
from dangol.records.models import OwnField
from dangol.records.own import computing, definitions
from tests.records.own.conftest import SYSTEM

NUMBERS = st.one_of(
    st.integers(-50, 50).map(Decimal),
    st.decimals(-1000, 1000, places=2),
    st.sampled_from([Decimal(10) ** 20, Decimal("0.0001"), Decimal(7) * 10**12]),
)
"""What stands in the records."""
PRICE, POWER = "number(price)", "power"


def leaves():
    return st.one_of(
        NUMBERS.map(lambda value: ("literal", value)), st.sampled_from([(PRICE,), (POWER,), ("empty",)])
    )


TREES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "coalesce", "min", "max"]), inner, inner),
        st.tuples(st.just("if"), st.sampled_from(["<", ">=", "=", "!="]), inner, inner, inner, inner),
        st.tuples(st.sampled_from(["round", "abs", "floor"]), inner),
    ),
    max_leaves=8,
)


def written(tree):
    match tree:
        case ("literal", value):
            return format(value, "f") if value >= 0 else f"(0 - {format(-value, 'f')})"
        case ("empty",):
            return "number(empty & '')"
        case (name,):
            return name
        case ("if", op, a, b, c, d):
            return f"if({written(a)} {op} {written(b)}, {written(c)}, {written(d)})"
        case (("coalesce" | "min" | "max") as name, a, b):
            return f"{name}({written(a)}, {written(b)})"
        case (op, a, b):
            return f"({written(a)} {op} {written(b)})"
        case (name, a):
            return f"{name}({written(a)})"
    raise AssertionError(tree)


def meant(tree, record):
    """Plain arithmetic; None for what is missing."""
    match tree:
        case ("literal", value):
            return value
        case ("empty",):
            return None
        case (name,):
            return record[name]
        case ("if", op, a, b, c, d):
            left, right = meant(a, record), meant(b, record)
            known = left is not None and right is not None
            holds = {
                "<": known and left < right, ">=": known and left >= right,
                "=": known and left == right, "!=": not (known and left == right),
            }[op]  # fmt: skip
            return meant(c if holds else d, record)
        case (op, *parts):
            values = [meant(part, record) for part in parts]
            return combined(op, values)
    raise AssertionError(tree)


def combined(op, values):
    known = [value for value in values if value is not None]
    match op:
        case "coalesce":
            return known[0] if known else None
        case "min" | "max":
            return {"min": min, "max": max}[op](known) if known else None
    if len(known) < len(values):
        return None
    match op, *values:
        case "+", a, b:
            return a + b
        case "-", a, b:
            return a - b
        case "*", a, b:
            return a * b
        case "/", a, b:
            return None if b == 0 else rounded(a / b, 10)
        case "round", a:
            return rounded(a, 0)
        case "abs", a:
            return abs(a)
        case "floor", a:
            return a.to_integral_value("ROUND_FLOOR")
    raise AssertionError(op)


def rounded(value, places):
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@pytest.fixture(autouse=True)
def _taken_away_again():
    yield
    definitions.give(registry.get("machine"), [])


def field_for(text):
    """The formula field, for this process only."""
    definition = OwnField(
        record_type="machine",
        name="x_any",
        kind="formula",
        label_ko="아무",
        settings={"formula": text, "places": 4},
    )
    errors = computing.Errors(list)
    definition.settings = computing.settings_of(definition, None, errors)
    assert not errors, (text, dict(errors))
    definitions.give(registry.get("machine"), [definition])


@pytest.mark.usefixtures("insider")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=TREES,
    price=st.one_of(st.none(), st.decimals(-1000, 1000, places=2)),
    power=st.one_of(st.none(), st.integers(-9, 9)),
)
def test_sums_are_those_of_arithmetic_and_filters_find_them(tree, price, power, machine):
    record_id = machine(price=price, power=power)
    field_for(written(tree))
    with localcontext(prec=200):
        wanted = meant(tree, {PRICE: price, POWER: None if power is None else Decimal(power)})
        wanted = None if wanted is None or abs(wanted) >= Decimal(10) ** 28 else rounded(wanted, 4)
    type_ = registry.get("machine")
    rows = record_list(actor=SYSTEM, record_type=type_, sort=["-x_any"], limit=500, columns=["x_any"]).rows
    found = next(row["x_any"] for row in rows if row["id"] == record_id)
    assert found == wanted
    condition = "x_any is empty" if found is None else f"x_any = {format(found, 'f')}"
    matching = record_list(
        actor=SYSTEM, record_type=type_, tree=filters.parse(condition, type_), limit=500
    ).rows
    assert record_id in {row["id"] for row in matching}
    values = [row["x_any"] for row in rows if row["x_any"] is not None]
    assert values == sorted(values, reverse=True)


TEXTS = st.sampled_from(["name", "code", "remark", "'가나'", "text_of", "left(name, number(remark))", "replace(name, '가', remark)", "label(state)"])  # fmt: skip
DAYS = st.sampled_from(["installed_on", "checked_at", "2024-02-29", "today()", "date(power, power, power)", "date(2024, number(remark), 31)"])  # fmt: skip
COUNTS = st.sampled_from(["power", "number(remark)", "99999999999", "(0 - 99999999999)", "price / 0", "length(name)", "number(price) * 1000000"])  # fmt: skip
WILD = st.one_of(
    st.tuples(DAYS, st.sampled_from(["+", "-"]), COUNTS).map(" ".join),
    st.tuples(st.sampled_from(["add_days", "add_months", "add_years"]), DAYS, COUNTS).map(
        lambda t: f"{t[0]}({t[1]}, {t[2]})"
    ),
    st.tuples(st.sampled_from(["months_between", "years_between", "days_between"]), DAYS, DAYS).map(
        lambda t: f"{t[0]}({t[1]}, {t[2]})"
    ),
    st.tuples(st.sampled_from(["month_end", "month_start", "weekday", "year"]), DAYS).map(
        lambda t: f"{t[0]}({t[1]})"
    ),
    st.tuples(st.sampled_from(["left", "right"]), TEXTS, COUNTS).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
    st.tuples(TEXTS, COUNTS, COUNTS).map(lambda t: f"mid({t[0]}, {t[1]}, {t[2]})"),
    st.tuples(TEXTS, TEXTS).map(lambda t: f"contains({t[0]}, {t[1]}) or starts_with({t[1]}, {t[0]})"),
    st.tuples(TEXTS, TEXTS, TEXTS).map(lambda t: f"replace({t[0]}, {t[1]}, {t[2]}) & upper({t[0]})"),
    st.tuples(TEXTS, DAYS, COUNTS).map(
        lambda t: f"{t[0]} & {t[1].replace('checked_at', 'date(checked_at)')} & {t[2]}"
    ),
    st.tuples(TEXTS, TEXTS).map(lambda t: f"if({t[0]} < {t[1]}, {t[0]}, {t[1]} is empty, 'x', {t[1]})"),
)


@pytest.mark.usefixtures("insider")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=WILD,
    remark=st.one_of(
        st.sampled_from(["", "7", "-3", "1e9", "0.5", "$&\\1", "9" * 40, "%s %d"]), st.text(max_size=8)
    ),
    day=st.sampled_from([None, "0001-01-01", "9999-12-31", "2024-01-31"]),
    power=st.sampled_from([None, 0, -1, 12, 31, 2147483647]),
)
def test_no_value_makes_a_formula_fail(text, remark, day, power, machine):
    text = text.replace("text_of", "code")
    remark = "".join(char for char in remark if char.isprintable())
    record_id = machine(
        remark=remark,
        installed_on=day,
        power=power,
        price="999999999999.99",
        checked_at="2026-01-31T15:00:00Z",
    )
    field_for(text)
    type_ = registry.get("machine")
    rows = record_list(actor=SYSTEM, record_type=type_, sort=["x_any"], limit=500, columns=["x_any"]).rows
    assert record_id in {row["id"] for row in rows}
    if type_.fields["x_any"].nullable:
        tree = filters.parse("x_any is empty", type_)
        lacking = {
            row["id"] for row in record_list(actor=SYSTEM, record_type=type_, tree=tree, limit=500).rows
        }
        assert lacking == {row["id"] for row in rows if row["x_any"] is None}
