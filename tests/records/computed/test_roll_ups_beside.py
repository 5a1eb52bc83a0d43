"""Roll-ups of what is kept beside the related records: what orders amount to, for their customer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from dangol.commerce.models import OrderLine, OrderTotal
from dangol.identity.models import FieldRule, Rule
from dangol.records import permissions, registry, writing
from dangol.records.lists import record_get, record_list
from dangol.records.models import RollUpValue
from dangol.records.own import roll_checks, rolling, services
from tests.records.own.conftest import SYSTEM

pytestmark = pytest.mark.django_db
ORDERS = {"record_type": "customer", "child": "order", "through": "customer"}


@pytest.fixture
def customer(insider):
    def make(name):
        return writing.create(
            registry.get("customer"), {"name": name, "kind": "company"}, actor=insider.actor
        )

    return make


@pytest.fixture
def order(insider):
    """Makes orders with a line for each price: `order(customer, 100, 50)`."""
    numbers = iter(range(1, 1_000))

    def make(customer, *prices, **values):
        number = f"SO-{next(numbers)}"
        given = {"number": number, "customer": customer, "ordered_at": "2026-03-01", **values}
        made = writing.create(registry.get("order"), given, actor=insider.actor)
        for ordinal, price in enumerate(prices, 1):
            line(insider, made, ordinal, price)
        return made

    return make


def line(person, order, ordinal, price):
    given = {"order": order, "ordinal": ordinal, "quantity": 1, "unit_price": price, "description": "품목"}
    return writing.create(registry.get("order_line"), given, actor=person.actor)


def value(name, record_id, actor=SYSTEM):
    row = record_get(actor=actor, record_type=registry.get("customer"), record_id=record_id, columns=[name])
    return row[name]


def test_what_the_orders_of_a_customer_amount_to_follows_their_lines(customer, order, roll_up, insider):
    first, second = customer("가람"), customer("나래")
    one = order(first, 100, 50)
    roll_up("x_total", "sum", "amount", **ORDERS)
    roll_up("x_most", "max", "amount", **ORDERS)
    roll_up("x_late", "sum", "amount", where="ordered_at >= 2026-06-01", **ORDERS)
    assert value("x_total", first) == 150
    assert (value("x_total", second), value("x_most", second)) == (0, None)
    line(insider, one, 3, 25)
    two = order(first, 1_000, ordered_at="2026-07-01")
    assert (value("x_total", first), value("x_most", first)) == (1_175, 1_000)
    assert value("x_late", first) == 1_000
    writing.update(registry.get("order"), two, {"customer": second}, actor=insider.actor)
    assert (value("x_total", first), value("x_total", second)) == (175, 1_000)
    last = OrderLine.objects.get(order_id=one, ordinal=3).pk
    writing.delete(registry.get("order_line"), [last], actor=insider.actor)
    assert value("x_total", first) == 150
    writing.delete(registry.get("order"), [one], actor=insider.actor)
    assert value("x_total", first) == 0
    writing.restore(registry.get("order"), [one], actor=insider.actor)
    assert value("x_total", first) == 150
    rows = record_list(
        actor=SYSTEM, record_type=registry.get("customer"), columns=["x_total"], sort=["-x_total"]
    )
    assert [row["id"] for row in rows.rows][:2] == [second, first]


def test_other_currencies_are_left_out(customer, order, roll_up):
    first = customer("가람")
    order(first, 100)
    order(first, 7, currency="USD")
    roll_up("x_total", "sum", "amount", **ORDERS)
    roll_up("x_dollars", "sum", "amount", currency="USD", **ORDERS)
    assert (value("x_total", first), value("x_dollars", first)) == (100, 7)


def test_hand_written_statements_are_followed_and_a_missing_trigger_is_told(customer, order, roll_up):
    first = customer("가람")
    one = order(first, 100)
    definition = roll_up("x_total", "sum", "amount", **ORDERS)
    OrderTotal.objects.filter(order_id=one).update(amount=Decimal(70))
    assert value("x_total", first) == 70
    assert roll_checks.check(definition).drifted == 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER dangol_rolls_beside_order_update ON commerce_ordertotal")
    assert not roll_checks.has_trigger(definition)
    OrderTotal.objects.filter(order_id=one).update(amount=Decimal(90))
    assert value("x_total", first) == 70
    assert roll_checks.check(definition).drifted == 1
    assert value("x_total", first) == 90
    rolling.install([registry.get("order")])
    assert roll_checks.has_trigger(definition)


def test_the_triggers_go_with_the_field(customer, order, roll_up):
    order(customer("가람"), 100)
    definition = roll_up("x_total", "sum", "amount", **ORDERS)
    services.delete(actor=SYSTEM, definition=definition)
    rolling.settle(definition.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'dangol_rolls%%'")
        assert cursor.fetchone() == (0,)
    assert not RollUpValue.objects.filter(field_id=definition.pk).exists()


def test_what_is_hidden_in_the_lines_is_hidden_in_the_total(customer, order, roll_up, insider):
    first = customer("가람")
    order(first, 100)
    roll_up("x_total", "sum", "amount", **ORDERS)
    assert "x_total" in permissions.fields_for(insider.actor, registry.get("customer"))
    role = insider.user.roles.get()
    FieldRule.objects.create(role=role, record_type="order_line", field="amount", rule=Rule.HIDDEN)
    assert "x_total" not in permissions.fields_for(insider.actor, registry.get("customer"))
