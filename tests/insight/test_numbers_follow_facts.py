"""An order edited, cancelled, moved to another customer; customers merged, parted again, erased: every number follows.

What ought to come out is reckoned from a ledger of the test's own, line by line; no code of the lake or of RFM is used for it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import selectors, services
from dangol.insight.modelling import room
from dangol.insight.models import ModelVersion, Segment, SegmentDay
from dangol.insight.policies import sight_of
from dangol.measures import metrics
from dangol.measures.metrics import session
from dangol.measures.models import Score
from dangol.records import registry, writing
from dangol.records.merging.acts import merge
from dangol.records.merging.undoing import undo
from dangol.records.persons import erasing
from tests.insight.market import UNTIL, bought, sell

SYSTEM = Actor.system("test")
SINCE = UNTIL - timedelta(days=419)


@dataclass(frozen=True)
class Sale:
    order: int
    customer: int
    day: date
    amount: Decimal


class Ledger:
    """What was sold to whom, as the test did it; `gone` are customers who are there no more, though their orders are."""

    def __init__(self, sales):
        self.sales = {one.order: one for one in sales}
        self.gone = set()

    def change(self, order, **values):
        self.sales[order] = replace(self.sales[order], **values)

    def measures(self):
        """Recency, frequency and revenue of each customer who is there."""
        found = defaultdict(list)
        for one in self.sales.values():
            if one.customer not in self.gone:
                found[one.customer].append(one)
        return {
            who: ((UNTIL - max(one.day for one in own)).days, len(own), sum(one.amount for one in own))
            for who, own in found.items()
        }

    def segments(self):
        """By fifths: a score says how many fifths of the customers are worse; the words as documented."""
        known = self.measures()

        def fifth(who, at, worse):
            return 1 + 5 * sum(worse(other[at], known[who][at]) for other in known.values()) // len(known)

        found = {}
        for who in known:
            r = fifth(who, 0, lambda other, own: other > own)
            f, m = (fifth(who, at, lambda other, own: other < own) for at in (1, 2))
            if r >= 4:
                word = "champions" if f >= 4 and m >= 4 else "loyal" if f >= 4 or (f == 3 and m >= 3) else ""
                word = word or ("new" if f == 1 else "growing")
            elif r == 3:
                word = "loyal" if f >= 4 or (f == 3 and m >= 3) else "needs_attention"
            else:
                word = "at_risk" if f + m >= 6 else "asleep" if r == 2 else "lost"
            found[who] = word
        return found


def asked(name):
    return metrics.ask(SYSTEM, name, since=SINCE, until=UNTIL).total


def held_to(ledger):
    """Refresh, and hold every number against the ledger."""
    run = services.refresh_all(actor=SYSTEM)
    sales, known, segments = ledger.sales.values(), ledger.measures(), ledger.segments()
    try:
        assert asked("revenue") == sum(one.amount for one in sales)
        assert asked("orders") == len(sales)
        # the orders of somebody erased stay; nobody is counted as their customer
        assert asked("active_customers") == len(known)
    finally:
        session.close()

    def scores(name, column="value"):
        return dict(Score.objects.filter(name=name).values_list("record_id", column))

    assert scores("rfm.recency") == {who: one[0] for who, one in known.items()}
    assert scores("rfm.frequency") == {who: one[1] for who, one in known.items()}
    assert scores("rfm.monetary") == {who: one[2] for who, one in known.items()}
    assert scores("rfm.segment", "label") == segments
    assert set(scores("clv.3y")) == set(known)
    assert set(scores("clv.tier", "label")) == set(known)
    assert run.facts[room.LIFETIME]["customers"] == len(known)
    sizes = Counter(segments.values())
    found = selectors.segment_sizes(sight_of(SYSTEM))
    assert {code: one.customers for code, one in found.items()} == sizes
    for code, one in found.items():
        assert one.revenue == sum(known[who][2] for who in segments if segments[who] == code)
    days = SegmentDay.objects.order_by("segment_id", "-day").distinct("segment_id")
    kept = {one.segment_id: one.customers for one in days}
    named = {key.removeprefix("rfm."): pk for pk, key in Segment.objects.values_list("pk", "key") if key}
    assert {code: kept[pk] for code, pk in named.items()} == {code: sizes.get(code, 0) for code in named}
    assert set(sizes) <= set(named)
    return run


@pytest.mark.slow
def test_every_number_follows_an_order_and_a_customer_through_their_lives(shop, administrator):
    people = sell(bought(360, seed=11))
    lines = OrderLine.objects.select_related("order").order_by("order_id")
    ledger = Ledger(
        Sale(
            one.order_id,
            one.order.customer_id,
            (one.order.ordered_at + timedelta(hours=9)).date(),
            one.amount,
        )
        for one in lines
    )
    assert {one.customer for one in ledger.sales.values()} == {one.pk for one in people.values()}
    held_to(ledger)
    version = ModelVersion.objects.get(purpose="lifetime_value")
    assert (version.state, version.data["customers"]) == (ModelVersion.State.PUBLISHED, len(people))
    value = dict(Score.objects.filter(name="clv.3y").values_list("record_id", "value"))

    # an order's amount is edited
    often = max(ledger.measures().items(), key=lambda one: one[1][1])[0]
    own = sorted((one for one in ledger.sales.values() if one.customer == often), key=lambda one: one.day)
    edited = own[-1]
    line = OrderLine.objects.get(order_id=edited.order)
    writing.update(registry.get("order_line"), line.pk, {"unit_price": "7654321"}, actor=SYSTEM)
    ledger.change(edited.order, amount=Decimal(7_654_321))
    held_to(ledger)
    assert Score.objects.get(record_id=often, name="clv.3y").value > value[often]

    # an order is cancelled: somebody's only one
    once = next(who for who, one in ledger.measures().items() if one[1] == 1)
    (only,) = [one for one in ledger.sales.values() if one.customer == once]
    writing.update(registry.get("order"), only.order, {"status": "cancelled"}, actor=SYSTEM)
    del ledger.sales[only.order]
    held_to(ledger)
    assert not Score.objects.filter(record_id=once, name__startswith="clv.").exists()

    # an order goes to another customer
    moved = own[0]
    writing.update(registry.get("order"), moved.order, {"customer": once}, actor=SYSTEM)
    ledger.change(moved.order, customer=once)
    held_to(ledger)

    # two customers are merged, and parted again
    others = [who for who in ledger.measures() if who not in (once, often)]
    kept, lost = others[0], others[1]
    theirs = [one.order for one in ledger.sales.values() if one.customer == lost]
    done = merge(actor=SYSTEM, record_type=registry.get("customer"), into=kept, others=[lost])
    for order in theirs:
        ledger.change(order, customer=kept)
    held_to(ledger)
    assert not Score.objects.filter(record_id=lost, name__startswith="clv.").exists()
    undo(actor=SYSTEM, merge=done)
    for order in theirs:
        ledger.change(order, customer=lost)
    held_to(ledger)

    # a customer is erased: the business records stay, nobody is behind them
    gone = others[2]
    erasure = erasing.erasure_ask(
        actor=administrator.actor, record_type=registry.get("customer"), record_id=gone, reason="본인 요청"
    )
    erasing.erase(erasure.pk)
    ledger.gone.add(gone)
    assert Order.objects.filter(customer_id=gone).exists()
    assert Customer.objects.get(pk=gone).deleted_at is not None
    room.learn_soon(actor=SYSTEM, purpose=room.LIFETIME)
    held_to(ledger)
    assert not Score.objects.filter(record_id=gone).exists()
    newest = ModelVersion.objects.order_by("number").last()
    assert (newest.number, newest.data["customers"]) == (2, len(ledger.measures()))
    assert newest.data["purchases"] == len(
        {(one.customer, one.day) for one in ledger.sales.values() if one.customer != gone}
    )
