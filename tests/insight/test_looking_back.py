"""Movement from the first refresh on: a year of RFM segments, reckoned from orders that were there before."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from dangol.insight import customer_value, services
from dangol.insight.models import Segment, SegmentDay, SegmentStay
from dangol.insight.segmentation import looking_back, reading, snapshot, standard
from dangol.insight.segmentation.index import of_id
from dangol.methods import rfm
from dangol.methods.rfm import Purchase
from dangol.records import registry, writing
from tests.cast import SYSTEM
from tests.insight import market

SEGMENT = registry.get("segment")


@pytest.fixture
def sold(shop, company):
    """(customer's id, day, amount) of a company that has just come in with its orders."""
    purchases = market.bought(60, length=420)
    people = market.sell(purchases)
    return [(people[who].pk, day, amount) for who, day, amount in purchases]


def by_hand(sold, day: date) -> dict[int, str]:
    """Segments by customer as of a day, by the plain definition instead of the engine of the lake."""
    known = [
        Purchase(who, number, at, True, Decimal(amount))
        for number, (who, at, amount) in enumerate(sold)
        if at <= day
    ]
    scores = rfm.score(rfm.measure(known, day))
    return {who: rfm.segment(*score) for who, score in scores.items()}


def on(day: date) -> dict[int, str]:
    """Segments by customer as kept for a day."""
    keys = dict(Segment.objects.values_list("pk", "key"))
    stays = SegmentStay.objects.filter(entered_on__lte=day).exclude(left_on__lte=day)
    return {
        who: keys[segment].removeprefix("rfm.")
        for segment, who in stays.values_list("segment_id", "customer_id")
    }


def test_each_month_says_what_the_orders_up_to_its_end_give(sold):
    services.refresh_all(actor=SYSTEM)
    days = looking_back.month_ends(snapshot.today())
    assert len(days) == 12
    assert [(later - day).days in range(28, 32) for day, later in pairwise(days)] == [True] * 11
    for day in days:
        expected = by_hand(sold, day)
        assert on(day) == expected, day
        kept = SegmentDay.objects.filter(day=day)
        counted = {one.segment.key.removeprefix("rfm."): one.customers for one in kept if one.customers}
        assert counted == Counter(expected.values())
        assert all(one.reckoned for one in kept)
        since = customer_value.window_start(day)
        year = sum(amount for _who, at, amount in sold if since <= at <= day)
        assert sum(one.revenue for one in kept) == year
    assert any(on(day) != on(later) for day, later in pairwise(days))
    assert not SegmentDay.objects.filter(day=snapshot.today(), reckoned=True).exists()


def test_it_is_done_once_and_never_over_what_was_kept(sold):
    services.refresh_all(actor=SYSTEM)
    before = list(
        SegmentStay.objects.order_by("pk").values_list("segment_id", "customer_id", "entered_on", "left_on")
    )
    assert looking_back.fill(currency="KRW") == 0
    services.refresh_all(actor=SYSTEM)
    assert (
        list(
            SegmentStay.objects.order_by("pk").values_list(
                "segment_id", "customer_id", "entered_on", "left_on"
            )
        )
        == before
    )
    SegmentDay.objects.filter(reckoned=True).delete()
    assert looking_back.fill(currency="KRW") == 0


def test_a_condition_of_the_companys_own_is_not_looked_back_at(sold):
    standard.make()
    own, gone = Segment.objects.get(key="rfm.champions"), Segment.objects.get(key="rfm.lost")
    writing.update(SEGMENT, own.pk, {"condition": "rfm.frequency > 3"}, actor=SYSTEM)
    writing.delete(SEGMENT, [gone.pk], actor=SYSTEM)
    services.refresh_all(actor=SYSTEM)
    reckoned = SegmentDay.objects.filter(reckoned=True)
    assert reckoned.values("segment_id").distinct().count() == 6
    assert not reckoned.filter(segment__in=[own, gone]).exists()


def test_the_page_says_from_when_on_it_was_kept(sold, administrator):
    services.refresh_all(actor=SYSTEM)
    today = snapshot.today()
    first, last = looking_back.month_ends(today)[0], today
    html = administrator.client.get(
        f"/value/segments/movement/?family=RFM&from={first}&to={last}"
    ).content.decode()
    assert f"{today}부터 기록했어요" in html
    assert "지금 알고 있는 주문으로 계산했어요" in html
    now = administrator.client.get(
        f"/value/segments/movement/?family=RFM&from={today}&to={today}"
    ).content.decode()
    assert "계산했어요" not in now
    seen = reading.seen_by(
        administrator.actor, [of_id(pk) for pk in Segment.objects.values_list("pk", flat=True)]
    )
    keys = {one.pk: one.key.removeprefix("rfm.") for one in Segment.objects.all()} | {reading.OUTSIDE: ""}
    flows = Counter(
        {(keys[a], keys[b]): count for (a, b), count in reading.movement(seen, first, last).items()}
    )
    then, present = by_hand(sold, first), on(last)
    assert flows == Counter((then.get(who, ""), present.get(who, "")) for who in then.keys() | present.keys())
    assert len(flows) > 8


def test_too_few_customers_have_no_segments_to_look_back_at(shop, company):
    for number in range(rfm.FEWEST_CUSTOMERS - 1):
        shop.order(shop.customer(f"고객 {number}"), "2026-03-02", 1_000)
    services.refresh_all(actor=SYSTEM)
    assert not SegmentDay.objects.filter(reckoned=True).exists()
    assert SegmentDay.objects.filter(day=snapshot.today()).count() == 8
