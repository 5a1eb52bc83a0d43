"""The model room over a whole company: learnt by the refresh, published or refused, and scores that follow the facts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import F, Sum

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.insight.modelling import room, valuing
from dangol.insight.models import ModelSetting, ModelVersion
from dangol.measures import services as measures
from dangol.measures.models import RefreshRun, Score
from dangol.records import registry
from dangol.records.merging.acts import merge
from tests.insight.market import UNTIL, as_days, bought, sell

SYSTEM = Actor.system("test")
State = ModelVersion.State


@pytest.fixture(scope="module")
def purchases():
    return bought(360, seed=11)


@pytest.fixture
def people(shop, purchases):
    return sell(purchases)


def scores(name="clv.3y"):
    return dict(Score.objects.filter(name=name).values_list("record_id", "value"))


def expected_by_hand(purchases, people, version):
    """Values of all customers from the purchases and the parameters that the version keeps."""
    kept = valuing.Kept.of(version.method, version.parameters, version.fit)
    summary = valuing.summary_of(as_days(purchases), UNTIL.toordinal())
    worth = valuing.worth(kept, summary, margin=1.0, rate=0.1)
    return {
        people[who].pk: round(value) for who, value in zip(summary.customers.tolist(), worth, strict=True)
    }


def test_a_refresh_learns_publishes_and_values_every_customer(people, purchases):
    run = services.refresh_all(actor=SYSTEM)
    version = ModelVersion.objects.get(purpose=room.LIFETIME)
    assert (version.state, version.reasons, version.number) == (State.PUBLISHED, [], 1)
    assert version.published_name == "models"
    assert version.data["purchases"] == len(purchases)
    assert version.data["customers"] == len(people)
    found = scores()
    assert {who: int(value) for who, value in found.items()} == pytest.approx(
        expected_by_hand(purchases, people, version), abs=1
    )
    assert set(Score.objects.filter(name="clv.3y").values_list("as_of", "model", "label")) == {
        (UNTIL, "lifetime_value-1", "KRW")
    }
    low, high = scores("clv.low"), scores("clv.high")
    assert all(0 <= low[who] <= high[who] for who in found)
    assert all(0 <= value <= 1 for value in scores("clv.alive").values())
    facts = run.facts[room.LIFETIME]
    assert facts["total"] == pytest.approx(sum(found.values()), abs=len(found))
    assert facts["low"] < facts["total"] < facts["high"]
    assert not ModelSetting.objects.get(pk=room.LIFETIME).lacking


def test_returns_called_off_orders_and_strangers_are_in_no_value(people, purchases, shop):
    services.refresh_all(actor=SYSTEM)
    before = scores()
    who, day, amount = purchases[-1]
    back = people[who]
    shop.order(back, UNTIL, -amount, kind="return")
    called_off = Order.objects.filter(customer=people[purchases[0][0]]).order_by("ordered_at").last()
    called_off.status = "cancelled"
    called_off.save()
    shop.order(None, UNTIL, 10**9)
    services.refresh_all(actor=SYSTEM)
    after = scores()
    changed = {one for one in before if before[one] != after.get(one)}
    assert changed <= {back.pk, people[purchases[0][0]].pk}
    assert back.pk in changed
    left = [one for one in purchases if one[:2] != (who, day)]
    if any(one[0] == who for one in left):
        assert after[back.pk] < before[back.pk]
    else:
        assert back.pk not in after


def test_merged_and_erased_customers_leave_no_stale_value(people):
    services.refresh_all(actor=SYSTEM)
    before = scores()
    kept, merged, gone = list(people.values())[:3]
    merge(actor=SYSTEM, record_type=registry.get("customer"), into=kept.pk, others=[merged.pk])
    Customer.objects.filter(pk=gone.pk).update(deleted_at="2026-11-21T00:00Z")
    services.refresh_all(actor=SYSTEM)
    after = scores()
    assert merged.pk not in after
    assert gone.pk not in after
    assert not Score.objects.filter(record_id__in=[merged.pk, gone.pk], name__startswith="clv.").exists()
    assert len(after) == len(before) - 2
    together = Order.objects.filter(customer=kept).count()
    assert together > 1


def test_an_edited_order_changes_the_value_at_the_next_refresh(people):
    services.refresh_all(actor=SYSTEM)
    before = scores()
    line = (
        OrderLine.objects.filter(order__customer__isnull=False).order_by("-order__ordered_at", "pk").first()
    )
    again = Order.objects.filter(customer=line.order.customer).count() > 1
    OrderLine.objects.filter(order__customer=line.order.customer).update(unit_price=Decimal(9_000_000))
    for one in OrderLine.objects.filter(order__customer=line.order.customer):
        one.save()
    services.refresh_all(actor=SYSTEM)
    after = scores()
    who = line.order.customer_id
    assert (after[who] > before[who]) is again
    assert {one for one in after if after[one] != before[one]} <= {who}


def test_a_second_refresh_learns_nothing_until_it_is_due(people):
    services.refresh_all(actor=SYSTEM)
    services.refresh_all(actor=SYSTEM)
    assert ModelVersion.objects.filter(purpose=room.LIFETIME).count() == 1
    room.learn_soon(actor=SYSTEM, purpose=room.LIFETIME)
    services.refresh_all(actor=SYSTEM)
    assert list(
        ModelVersion.objects.filter(purpose=room.LIFETIME).order_by("number").values_list("number", "state")
    ) == [
        (1, State.RETIRED),
        (2, State.PUBLISHED),
    ]
    assert set(Score.objects.filter(name="clv.3y").values_list("model", flat=True)) == {"lifetime_value-2"}
    assert not ModelSetting.objects.get(pk=room.LIFETIME).is_due
    assert room.is_due(room.LIFETIME, UNTIL + timedelta(days=7))
    assert not room.is_due(room.LIFETIME, UNTIL + timedelta(days=6))
    ModelSetting.objects.filter(pk=room.LIFETIME).update(every_days=0)
    assert not room.is_due(room.LIFETIME, UNTIL + timedelta(days=700))


def test_a_model_worse_than_the_plain_rule_is_kept_as_refused_and_not_used(shop):
    start = UNTIL - timedelta(days=400)
    sell(
        [
            (who, start + timedelta(days=day), 1000 + 10 * who)
            for who in range(1, 101)
            for day in range(who % 7, 401, 14 + who % 30)
        ]
    )
    services.refresh_all(actor=SYSTEM)
    version = ModelVersion.objects.get(purpose=room.LIFETIME)
    assert version.state == State.REFUSED
    assert "each" in version.reasons
    assert version.held["each"]["model"] > version.held["each"]["simple"]
    assert not Score.objects.filter(name__in=valuing.NAMES).exists()
    with pytest.raises(room.NotPublishable):
        room.publish(actor=SYSTEM, purpose=room.LIFETIME, number=1)


def test_too_few_orders_say_what_is_lacking(shop):
    shop.order(shop.customer(), "2026-11-01", 1000)
    run = services.refresh_all(actor=SYSTEM)
    assert run.state == RefreshRun.State.DONE
    assert not ModelVersion.objects.exists()
    assert ModelSetting.objects.get(pk=room.LIFETIME).lacking == {"repeaters": 0, "days": 0, "held": 1}


def test_a_version_waits_for_somebody_where_the_company_wants_it(people, teammate):
    room.setting_change(actor=SYSTEM, purpose=room.LIFETIME, publishes_itself=False, margin=Decimal("0.25"))
    services.refresh_all(actor=SYSTEM)
    version = ModelVersion.objects.get(purpose=room.LIFETIME)
    assert version.state == State.FITTED
    assert not scores()
    with pytest.raises(PermissionDenied):
        room.publish(actor=teammate.actor, purpose=room.LIFETIME, number=1)
    room.publish(actor=SYSTEM, purpose=room.LIFETIME, number=1)
    services.refresh_all(actor=SYSTEM)
    assert version.terms["margin"] == "0.2500"
    quarter = sum(scores().values())
    room.setting_change(actor=SYSTEM, purpose=room.LIFETIME, margin=None, publishes_itself=True)
    services.refresh_all(actor=SYSTEM)
    assert float(quarter * 4) == pytest.approx(float(sum(scores().values())), rel=0.001)


def test_a_retired_model_takes_its_scores_along(people):
    services.refresh_all(actor=SYSTEM)
    assert scores()
    assert room.retire(actor=SYSTEM, purpose=room.LIFETIME)
    ModelSetting.objects.filter(pk=room.LIFETIME).update(every_days=0)
    services.refresh_all(actor=SYSTEM)
    assert not Score.objects.filter(name__in=valuing.NAMES).exists()
    room.publish(actor=SYSTEM, purpose=room.LIFETIME, number=1)
    services.refresh_all(actor=SYSTEM)
    assert scores()


def test_a_month_ago_is_the_same_model_over_what_was_known_then(people, purchases):
    services.refresh_all(actor=SYSTEM)
    month = room.month_before(UNTIL)
    version = ModelVersion.objects.get(purpose=room.LIFETIME)
    kept = valuing.Kept.of(version.method, version.parameters, version.fit)
    known = [one for one in purchases if one[1] <= month]
    summary = valuing.summary_of(as_days(known), month.toordinal())
    worth = valuing.worth(kept, summary, margin=1.0, rate=0.1)
    by_hand = {people[who].pk: round(one) for who, one in zip(summary.customers.tolist(), worth, strict=True)}
    assert {who: int(value) for who, value in scores("clv.month_ago").items()} == pytest.approx(
        by_hand, abs=1
    )


def test_what_came_since_a_model_was_learnt_is_held_beside_what_it_said(people, purchases, shop):
    services.refresh_all(actor=SYSTEM)
    first = list(people.values())
    for at in range(10):
        shop.order(first[at], UNTIL + timedelta(days=1), 1000)
    ModelSetting.objects.filter(pk=room.LIFETIME).update(every_days=0)
    services.refresh_all(actor=SYSTEM)
    (drift,) = ModelVersion.objects.get(purpose=room.LIFETIME).drift
    assert (drift["came"], drift["days"], drift["as_of"]) == (10, 1, "2026-11-21")
    assert drift["told"] > 0


def test_a_refresh_that_is_stopped_publishes_nothing(people):
    services.refresh_all(actor=SYSTEM)
    before = Score.objects.aggregate(total=Sum("value"))["total"]
    Customer.objects.filter(pk=next(iter(people.values())).pk).update(deleted_at="2026-11-21T00:00Z")
    told = []

    def stop(step, rows, part):
        told.append(step)
        if step == "score":
            assert services.refresh_stop(actor=SYSTEM)

    run = services.refresh_all(actor=SYSTEM, progress=stop)
    assert run.state == RefreshRun.State.STOPPED
    assert "publish" not in told
    assert Score.objects.aggregate(total=Sum("value"))["total"] == before
    assert not measures.run_stop()
    assert services.refresh_all(actor=SYSTEM).state == RefreshRun.State.DONE


def test_only_one_version_is_in_use_and_unknown_ones_are_told(people):
    services.refresh_all(actor=SYSTEM)
    with pytest.raises(room.NotPublishable):
        room.publish(actor=SYSTEM, purpose=room.LIFETIME, number=1)
    with pytest.raises(ModelVersion.DoesNotExist):
        room.publish(actor=SYSTEM, purpose=room.LIFETIME, number=7)


def test_lists_filter_and_sort_by_lifetime_value(people, administrator):
    services.refresh_all(actor=SYSTEM)
    found = administrator.api.get(
        "/api/v1/customers", {"filter": 'clv.tier = "top"', "sort": "-clv.3y"}
    ).json()
    top = set(Score.objects.filter(name="clv.tier", label="top").values_list("record_id", flat=True))
    assert {row["id"] for row in found["items"]} <= top
    worth = scores()
    values = [worth[row["id"]] for row in found["items"]]
    assert values == sorted(values, reverse=True)
    assert values[0] == max(worth.values())
    first = found["items"][0]["id"]
    page = administrator.client.get(f"/customers/{first}/").content.decode()
    assert "생애가치 (3년)" in page
    dated = administrator.api.get("/api/v1/customers", {"filter": f"clv.as_of = {UNTIL.isoformat()}"}).json()
    assert dated["items"]


def test_the_margin_that_the_data_know_counts_where_the_company_says_none(people):
    """A margin that was said comes first, and one that speaks of little revenue counts for nothing."""
    OrderLine.objects.update(cost=F("unit_price") * Decimal("0.7"))
    services.refresh_all(actor=SYSTEM)
    terms = ModelVersion.objects.get(purpose="lifetime_value").terms
    assert (terms["margin"], terms["margin_from"]) == ("0.3000", "data")
    assert (terms["margin_rate"], terms["margin_coverage"], terms["margin_until"]) == (
        "0.3000", "1.0000", UNTIL.isoformat(),
    )  # fmt: skip
    assert terms["margin_since"] == (UNTIL.replace(year=UNTIL.year - 1) + timedelta(days=1)).isoformat()
    by_data = scores()
    room.setting_change(actor=SYSTEM, purpose=room.LIFETIME, margin=Decimal("0.6"))
    services.refresh_all(actor=SYSTEM)
    version = ModelVersion.objects.get(purpose="lifetime_value", state=State.PUBLISHED)
    assert (version.terms["margin"], version.terms["margin_from"]) == ("0.6000", "setting")
    assert sum(scores().values()) == pytest.approx(2 * sum(by_data.values()), rel=Decimal("0.001"))
    room.setting_change(actor=SYSTEM, purpose=room.LIFETIME, margin=None)
    kept = OrderLine.objects.filter(order__ordered_at__date=UNTIL).first() or OrderLine.objects.last()
    OrderLine.objects.exclude(pk=kept.pk).update(cost=None)
    services.refresh_all(actor=SYSTEM)
    terms = ModelVersion.objects.get(purpose="lifetime_value", state=State.PUBLISHED).terms
    assert (terms["margin"], terms["margin_from"], terms["margin_rate"]) == (None, "revenue", "0.3000")
    assert 0 < Decimal(terms["margin_coverage"]) < Decimal("0.5")
