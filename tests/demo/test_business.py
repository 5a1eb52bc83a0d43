"""Two years of invented business: few buy most, seasons show, some fade, texts fit the facts, today has work."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dangol.config.demo import contacts, customers, interactions, orders, organisation, products, seasons

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=ZoneInfo("Asia/Seoul"))


@pytest.fixture(scope="module")
def people() -> list[customers.CustomerPlan]:
    return customers.customers("test", NOW.date())


@pytest.fixture(scope="module")
def faces(people: list[customers.CustomerPlan]) -> list[contacts.ContactPlan]:
    return contacts.contacts("test", people, NOW.date())


@pytest.fixture(scope="module")
def bought(people: list[customers.CustomerPlan]) -> list[orders.OrderPlan]:
    return orders.orders("test", people, NOW)


@pytest.fixture(scope="module")
def said(
    people: list[customers.CustomerPlan], faces: list[contacts.ContactPlan], bought: list[orders.OrderPlan]
) -> list[interactions.InteractionPlan]:
    return interactions.interactions("test", people, faces, bought, NOW)


def test_there_are_three_thousand_customers_of_every_kind(people: list[customers.CustomerPlan]) -> None:
    kinds = Counter(plan.kind for plan in people)
    assert len(people) == len({plan.number for plan in people}) == 3_000
    assert kinds["company"] / 3_000 == pytest.approx(0.86, abs=0.02)
    assert kinds["person"] > 300
    assert kinds["household"] == 40


def test_groups_and_households_come_before_their_members(people: list[customers.CustomerPlan]) -> None:
    seen: dict[str, customers.CustomerPlan] = {}
    for plan in people:
        if plan.parent:
            head = seen[plan.parent]
            assert (head.kind, plan.kind) in {("company", "company"), ("household", "person")}
        seen[plan.number] = plan
    assert sum(plan.parent is not None for plan in people) > 80


def test_every_customer_is_in_the_hands_of_a_seller_of_its_territory(
    people: list[customers.CustomerPlan],
) -> None:
    for plan in people:
        assert organisation.BY_KEY[plan.owner].territory == plan.territory == plan.address.region.territory
        assert plan.team == f"{plan.territory}팀"
    mine = sum(plan.owner == organisation.DEMO_USER for plan in people)
    assert 100 < mine < 260


def test_contacts_are_about_four_and_a_half_thousand_with_one_main_contact_each(
    people: list[customers.CustomerPlan], faces: list[contacts.ContactPlan]
) -> None:
    assert 4_200 < len(faces) < 5_000
    mains = Counter(face.customer for face in faces if face.is_primary)
    assert set(mains.values()) == {1}
    assert set(mains) == {plan.number for plan in people if plan.kind == "company"}
    points = contacts.points("test", people, faces)
    assert len({(point.customer, point.contact, point.kind, point.value) for point in points}) == len(points)


def test_orders_and_lines_are_as_many_as_promised(bought: list[orders.OrderPlan]) -> None:
    assert 24_000 < len(bought) < 27_000
    assert 63_000 < sum(len(order.lines) for order in bought) < 77_000
    assert len({order.number for order in bought}) == len(bought)
    assert all(order.lines for order in bought)
    assert all(order.ordered_at <= NOW for order in bought)
    assert min(order.ordered_at for order in bought).date() >= NOW.date() - timedelta(days=730)


def test_about_three_per_cent_come_back_and_only_what_was_bought(bought: list[orders.OrderPlan]) -> None:
    returns = [order for order in bought if order.kind == "return"]
    assert len(returns) / len(bought) == pytest.approx(0.03, abs=0.008)
    assert all(line.quantity < 0 for order in returns for line in order.lines)
    codes: dict[str, set[str]] = defaultdict(set)
    for order in bought:
        if order.kind == "sale":
            codes[order.customer] |= {line.product.code for line in order.lines}
    assert all(line.product.code in codes[order.customer] for order in returns for line in order.lines)


def test_a_fifth_of_the_customers_brings_most_of_the_revenue(bought: list[orders.OrderPlan]) -> None:
    revenue: Counter[str] = Counter()
    for order in bought:
        revenue[order.customer] += order.amount
    ranked = sorted(revenue.values(), reverse=True)
    assert 0.62 < sum(ranked[: len(ranked) // 5]) / sum(ranked) < 0.85


def test_fading_customers_fade_and_those_who_left_are_gone(
    people: list[customers.CustomerPlan], bought: list[orders.OrderPlan]
) -> None:
    course = {plan.number: plan.course for plan in people}
    half = NOW - timedelta(days=365)
    recent = NOW - timedelta(days=90)
    halves: dict[str, Counter[bool]] = defaultdict(Counter)
    for order in bought:
        halves[course[order.customer]][order.ordered_at > half] += 1
    assert halves["growing"][True] > 1.4 * halves["growing"][False]
    assert halves["fading"][True] < 0.8 * halves["fading"][False]
    late = [order for order in bought if course[order.customer] == "gone" and order.ordered_at > recent]
    assert len(late) < 0.02 * sum(halves["gone"].values())
    assert "prospect" not in halves


def test_feasts_and_days_off_are_quiet_and_ends_of_quarters_busy() -> None:
    assert seasons.intensity(date(2026, 2, 17)) == 0
    assert seasons.intensity(date(2026, 9, 25)) == 0
    assert seasons.intensity(date(2026, 11, 21)) == 0
    assert seasons.intensity(date(2026, 9, 28)) < 0.6
    assert seasons.intensity(date(2026, 12, 22)) > 1.3
    assert seasons.intensity(date(2026, 11, 18)) == 1
    assert seasons.working_day_near(date(2026, 11, 21), latest=date(2026, 11, 30)) == date(2026, 11, 23)
    assert seasons.working_day_near(date(2026, 11, 22), latest=date(2026, 11, 22)) == date(2026, 11, 20)


def test_products_stand_in_a_tree_and_have_prices() -> None:
    codes = {code for code, _name, _parent in products.CATEGORIES}
    assert 55 <= len(products.PRODUCTS) <= 70
    assert all(product.category in codes and product.price > 0 for product in products.PRODUCTS)
    assert all(parent is None or parent in codes for _code, _name, parent in products.CATEGORIES)
    assert len(products.BY_CODE) == len(products.PRODUCTS)


def test_interactions_are_told_of_the_past_and_planned_for_days_to_come(
    said: list[interactions.InteractionPlan],
) -> None:
    assert 18_500 < len(said) < 21_500
    kinds = Counter(plan.kind for plan in said)
    assert set(kinds) == {"call", "note", "meeting", "mail", "task"}
    for plan in said:
        assert "{" not in plan.subject + plan.body + plan.outcome
        assert len(plan.subject) <= 200
        if plan.kind != "meeting":
            assert plan.occurred_at <= NOW
        if plan.done_at:
            assert plan.occurred_at <= plan.done_at <= NOW


def test_the_contact_of_an_interaction_is_one_of_its_customer(
    said: list[interactions.InteractionPlan], faces: list[contacts.ContactPlan]
) -> None:
    customer_of = {face.number: face.customer for face in faces}
    assert all(customer_of[plan.contact] == plan.customer for plan in said if plan.contact)


def test_what_is_said_of_orders_and_products_is_true_of_the_customer(
    said: list[interactions.InteractionPlan], bought: list[orders.OrderPlan]
) -> None:
    customer_of = {order.number: order.customer for order in bought}
    for plan in said:
        for word in plan.subject.split():
            if word in customer_of:
                assert customer_of[word] == plan.customer


def test_the_demo_user_has_tasks_for_today_overdue_ones_and_three_meetings(
    said: list[interactions.InteractionPlan],
) -> None:
    mine = [plan for plan in said if plan.owner == organisation.DEMO_USER]
    waiting = [
        plan.due_at.date() for plan in mine if plan.kind == "task" and plan.done_at is None and plan.due_at
    ]
    assert sum(day == NOW.date() for day in waiting) == 5
    assert sum(day < NOW.date() for day in waiting) == 3
    assert sum(day > NOW.date() for day in waiting) >= 5
    assert (
        sum(
            plan.kind == "meeting" and plan.occurred_at.date() == NOW.date() and plan.done_at is None
            for plan in mine
        )
        >= 3
    )


def test_the_same_seed_and_day_give_the_same_business(
    people: list[customers.CustomerPlan], bought: list[orders.OrderPlan]
) -> None:
    assert customers.customers("test", NOW.date()) == people
    assert orders.orders("test", people, NOW) == bought
    assert customers.customers("other", NOW.date()) != people
