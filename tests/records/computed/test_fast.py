"""Formulas made fast by an index with exactly their expression; and why some cannot be."""

import pytest
from django.core.exceptions import ValidationError

from dangol.records import filters, registry
from dangol.records.lists import record_list, rows_for
from dangol.records.own import indexing, services
from tests.records.own.conftest import SYSTEM
from tests.records.own.test_indexes import _no_index_stays, indexes, machines, plan  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("number(price) * 2 + power", "x_it > 580"),
        ('code & "-" & power', 'x_it = "M-7-7"'),
        ("installed_on + 10", "x_it >= 2026-02-06"),
        ("x_day + 1", "x_it = 2026-01-09"),
        ("x_weight / 3", "x_it > 95"),
    ],
)
def test_a_formula_uses_the_index_made_for_it(formula, own, text, condition):
    own("machine", "x_day", "date")
    own("machine", "x_weight", "number")
    definition = formula("machine", "x_it", text)
    machines(
        300,
        price=lambda n: n,
        power=lambda n: n % 9,
        installed_on=lambda n: f"2026-01-{n % 28 + 1:02}",
        x_day=lambda n: f"2026-01-{n % 28 + 1:02}",
        x_weight=lambda n: f"{n}.5",
    )
    type_ = registry.get("machine")
    before = [
        row["id"] for row in record_list(actor=SYSTEM, record_type=type_, sort=["-x_it"], limit=50).rows
    ]
    services.make_fast(actor=SYSTEM, definition=definition)
    indexing.settle(definition.pk)
    definition.refresh_from_db()
    assert (definition.index_state, definition.index_error) == ("ready", "")
    rows = rows_for(SYSTEM, type_, filters.parse(condition, type_)).order_by().values("pk")
    assert rows.count() > 0
    assert indexing.index_name(definition) in plan(rows)
    assert [
        row["id"] for row in record_list(actor=SYSTEM, record_type=type_, sort=["-x_it"], limit=50).rows
    ] == before
    services.change(actor=SYSTEM, definition=definition, settings={"formula": "today() - installed_on"})
    indexing.settle(definition.pk)
    assert indexes() == set()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("today() - installed_on", "today()"),
        ("label(state)", "label()"),
        ("owner & ''", "owner"),
        ("power > 3", "둘로"),
        ("x_other + 1", "x_other"),
    ],
)
def test_what_cannot_be_fast_says_why(formula, text, why):
    from django.utils import translation

    formula("machine", "x_other", "today() - installed_on")
    definition = formula("machine", "x_it", text)
    with (
        translation.override("ko"),
        pytest.raises(ValidationError, match=why.replace("(", r"\(").replace(")", r"\)")),
    ):
        services.make_fast(actor=SYSTEM, definition=definition)
