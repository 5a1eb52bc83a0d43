"""Any filter on the lab's record types, and rows to try it on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from dangol.records.filters.names import allowed_operators
from dangol.records.filters.tree import All, And, Any, Compare, Count, NoneOf, Not, Or, Relative
from tests.records.filters import lab

NAMES = ["", "a", "한빛", "강남", "A b", 'q"\\', "%", "_x"]
CODES = [code for code, _label in lab.STAGES]
DAYS = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 16), date(2026, 11, 20), date(2026, 11, 21)]
NOW = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
MOMENTS = [
    datetime(2026, 11, 20, 14, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 20, 15, 0, tzinfo=UTC),
    datetime(2026, 11, 21, 2, 0, tzinfo=UTC),
    datetime(2026, 11, 21, 3, 30, tzinfo=UTC),
    datetime(2026, 11, 21, 15, 0, tzinfo=UTC),
    datetime(2026, 10, 31, 15, 0, tzinfo=UTC),
]
AMOUNTS = [Decimal(number) for number in ("-1", "0", "0.5", "1", "2", "1000000", "12345678901234.1234")]

day_words = st.sampled_from(
    [Relative(name) for name in ("today", "yesterday", "this_week", "this_month", "last_month", "this_year")]
    + [
        Relative("today", "-5d"),
        Relative("today", "+1d"),
        Relative("this_month", "-1mo"),
        Relative("today", "-1w"),
    ]
)
moment_words = (
    st.sampled_from([Relative("now"), Relative("now", "-90min"), Relative("now", "+12h")]) | day_words
)


def values_of(kind: str, op: str):
    if op in ("contains", "not contains", "starts with", "ends with"):
        return st.sampled_from([name for name in NAMES if name])
    match kind:
        case "text":
            return st.sampled_from([name for name in NAMES if name])
        case "choice":
            return st.sampled_from(CODES)
        case "money" | "number":
            return st.sampled_from(AMOUNTS)
        case "integer":
            return st.integers(-2, 4)
        case "boolean":
            return st.booleans()
        case "date":
            return st.sampled_from(DAYS) | day_words
        case "datetime":
            return st.sampled_from(DAYS) | st.sampled_from(MOMENTS) | moment_words
    raise AssertionError(kind)


@st.composite
def compares(draw, record_type, path=(), walks=0):
    names = [name for name, field in record_type.fields.items() if field.kind not in ("phone", "tags")]
    name = draw(st.sampled_from(names))
    field = record_type.fields[name]
    if field.kind == "reference" and walks < 2 and draw(st.booleans()):
        return draw(compares(lab.TYPES[field.target], (*path, name), walks + 1))
    op = draw(st.sampled_from(allowed_operators(field)))
    path = (*path, name)
    if op in ("is empty", "is not empty"):
        return Compare(path, op)
    if field.kind == "reference":
        value = st.integers(1, 3)
        if field.target == "user":
            value |= st.just(Relative("me"))
    elif field.kind in ("choice", "multi_choice"):
        value = st.sampled_from(field.codes())
    else:
        value = values_of(field.kind, op)
    if op == "between":
        return Compare(path, op, (draw(value), draw(value)))
    if op in ("in", "not in"):
        return Compare(path, op, tuple(dict.fromkeys(draw(st.lists(value, min_size=1, max_size=3)))))
    return Compare(path, op, draw(value))


@st.composite
def related(draw, record_type, walks):
    if record_type is lab.DEAL and walks < 2 and draw(st.booleans()):
        prefix, holder = ("company",), lab.COMPANY
    else:
        prefix, holder = (), record_type
    relation = draw(st.sampled_from(sorted(holder.relations)))
    target = lab.TYPES[holder.relations[relation].target]
    path = (*prefix, relation)
    where = draw(st.just(And()) | trees(target, walks + len(path), 3))
    kind = draw(st.sampled_from(["any", "all", "none", "count"]))
    if kind == "count":
        op = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
        return Count(path, op, draw(st.integers(0, 3)), where)
    return {"any": Any, "all": All, "none": NoneOf}[kind](path, where)


def trees(record_type, walks=0, leaves=8):
    leaf = compares(record_type, walks=walks)
    if walks < 2 and record_type.relations:
        leaf |= st.deferred(lambda: related(record_type, walks))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=4).map(lambda nodes: And.of(*nodes)),
            st.lists(inner, min_size=2, max_size=4).map(lambda nodes: Or.of(*nodes)),
        ),
        max_leaves=leaves,
    )


def maybe(strategy):
    return st.none() | strategy


companies = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "region": maybe(st.sampled_from(NAMES)),
        "grade": st.sampled_from(["", "vip", "a"]),
        "credit": maybe(st.sampled_from(AMOUNTS)),
        "founded": maybe(st.sampled_from(DAYS)),
        "secret": st.booleans(),
        "parent_id": maybe(st.integers(1, 3)),
    }
)
deals = st.fixed_dictionaries(
    {
        "title": st.sampled_from(NAMES),
        "stage": st.sampled_from(["", *CODES]),
        "amount": maybe(st.sampled_from(AMOUNTS)),
        "closes_on": maybe(st.sampled_from(DAYS)),
        "opened_at": maybe(st.sampled_from(MOMENTS)),
        "won": maybe(st.booleans()),
        "company_id": maybe(st.integers(1, 3)),
        "owner_id": maybe(st.integers(1, 3)),
        "segment": maybe(st.sampled_from(NAMES)),
        "x_note": maybe(st.sampled_from([name for name in NAMES if name])),
        "x_weight": maybe(st.sampled_from(AMOUNTS)),
        "x_count": maybe(st.integers(-2, 4)),
        "x_day": maybe(st.sampled_from(DAYS)),
        "x_moment": maybe(st.sampled_from(MOMENTS)),
        "x_vip": maybe(st.booleans()),
        "x_grade": maybe(st.sampled_from(CODES)),
        "x_tags": maybe(st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True).map(tuple)),
        "x_firm": maybe(st.integers(1, 3)),
    }
)
items = st.fixed_dictionaries(
    {
        "deal_id": st.integers(1, 4),
        "sku": st.sampled_from(NAMES),
        "quantity": maybe(st.integers(-1, 3)),
        "secret": st.booleans(),
    }
)
worlds = st.fixed_dictionaries(
    {
        "company": st.lists(companies, min_size=3, max_size=3),
        "deal": st.lists(deals, min_size=4, max_size=4),
        "item": st.lists(items, max_size=5),
    }
)
