"""What order lines cost: remembered when a line is written, never rewritten by what the product costs later."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dangol.commerce import costs
from dangol.commerce.models import OrderLine
from dangol.identity.actors import Actor
from dangol.records import permissions, registry, writing
from dangol.records.writing import Change
from tests.cast import Person

pytestmark = pytest.mark.django_db


def create(record_type: str, **values: Any) -> int:
    return writing.create(registry.get(record_type), values, actor=Actor.system("test"))


def change(record_type: str, record_id: int, **values: Any) -> None:
    writing.update(registry.get(record_type), record_id, values, actor=Actor.system("test"))


def cost_of(line: int) -> Decimal | None:
    return OrderLine.objects.get(pk=line).cost


@pytest.fixture
def product() -> int:
    return create("product", code="A", name="볼트", list_price="100", cost="60.25")


@pytest.fixture
def order() -> int:
    return create("order", number="O-1", ordered_at="2026-11-02 10:00")


def line(order: int | None, product: int | None, ordinal: int = 1, **values: Any) -> int:
    return create(
        "order_line", order=order, product=product, ordinal=ordinal, quantity=2, unit_price=100, **values
    )


def test_a_line_without_a_cost_gets_what_its_product_costs(order: int, product: int) -> None:
    assert cost_of(line(order, product)) == Decimal("60.25")


def test_a_cost_that_is_said_stands_and_nothing_is_a_cost_too(order: int, product: int) -> None:
    assert cost_of(line(order, product, cost="55")) == 55
    assert cost_of(line(order, product, 2, cost="0")) == 0


def test_what_the_product_costs_later_changes_no_line(order: int, product: int) -> None:
    old = line(order, product)
    change("product", product, cost="80")
    change("order_line", old, quantity=3)
    assert cost_of(old) == Decimal("60.25")
    assert cost_of(line(order, product, 2)) == 80


def test_another_product_brings_its_cost_and_none_takes_it_away(order: int, product: int) -> None:
    other = create("product", code="B", name="너트", cost="7")
    unknown = create("product", code="C", name="와셔")
    one = line(order, product)
    change("order_line", one, product=other)
    assert cost_of(one) == 7
    change("order_line", one, product=product, cost="9")
    assert cost_of(one) == 9
    change("order_line", one, product=unknown)
    assert cost_of(one) is None
    change("order_line", one, product=product)
    assert cost_of(one) == Decimal("60.25")
    change("order_line", one, product=None)
    assert cost_of(one) is None


def test_who_empties_a_cost_leaves_it_empty(order: int, product: int) -> None:
    one = line(order, product)
    change("order_line", one, cost=None)
    assert cost_of(one) is None
    change("order_line", one, quantity=5)
    assert cost_of(one) is None


def test_a_cost_in_another_currency_is_none(product: int) -> None:
    abroad = create("order", number="O-2", ordered_at="2026-11-02 10:00", currency="USD")
    assert cost_of(line(abroad, product)) is None


def test_a_line_that_finds_its_order_later_gets_its_cost_then(order: int, product: int) -> None:
    one = line(None, product, external_id="x1")
    assert cost_of(one) is None
    change("order_line", one, order=order)
    assert cost_of(one) == Decimal("60.25")


def test_any_number_of_lines_are_filled_by_one_query(
    order: int, product: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    look_up = costs._costs

    def counted(pairs: Any) -> Any:
        asked.append(len(pairs))
        return look_up(pairs)

    monkeypatch.setattr(costs, "_costs", counted)
    rows = [
        Change({"order": order, "product": product, "ordinal": at, "quantity": 1, "unit_price": 1})
        for at in range(1, 51)
    ]
    writing.write(registry.get("order_line"), rows, actor=Actor.system("test"))
    assert asked == [1]
    assert set(OrderLine.objects.values_list("cost", flat=True)) == {Decimal("60.25")}
    line(order, product, 60, cost="1")
    line(order, None, 61)
    assert asked == [1], "nothing is looked up for lines that do not ask"


def test_where_the_cost_of_products_is_hidden_that_of_lines_is_too(insider: Person) -> None:
    of_lines = registry.get("order_line")
    assert {"cost", "unit_price"} <= permissions.fields_for(insider.actor, of_lines).keys()
    hidden = replace(insider.actor, field_rules={("product", "cost"): "hidden"})
    assert "cost" not in permissions.fields_for(hidden, registry.get("product"))
    assert "cost" not in permissions.fields_for(hidden, of_lines)
    assert "unit_price" in permissions.fields_for(hidden, of_lines)
