"""Who leaves: learnt from what was known before, held against an independent computation, refused where nothing can be told."""

import itertools
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db.models import Sum

from dangol.commerce.models import Order
from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import leaving_reasons, services
from dangol.insight.modelling import leaving, leaving_scores, room
from dangol.insight.modelling.lifetime import Lacking
from dangol.insight.models import ModelSetting, ModelVersion
from dangol.measures.models import Score
from dangol.methods.trees import Forest
from dangol.records import registry
from dangol.records.merging.acts import merge
from tests.insight.market import UNTIL, as_days, sell
from tests.insight.regulars import regulars

SYSTEM = Actor.system("test")
State = ModelVersion.State


@pytest.fixture(scope="module")
def purchases():
    return regulars()


@pytest.fixture(scope="module")
def learnt(purchases):
    return leaving.learn(as_days(purchases), until=UNTIL.toordinal())


@pytest.fixture
def people(shop, purchases):
    """The company; what is learnt of lifetime value is another test's, and is left out."""
    ModelSetting.objects.create(purpose=room.LIFETIME, every_days=0)
    return sell(purchases)


def scores(name="defection.probability"):
    return dict(Score.objects.filter(name=name).values_list("record_id", "value"))


def by_hand(purchases, cut, gap):
    """The features of each customer who is still one at the end of a day, one by one, as the docstring of FEATURES says."""
    found = {}
    for who in sorted({one[0] for one in purchases}):
        own = [(day, amount) for one, day, amount in purchases if one == who and day <= cut]
        if not own or (cut - own[-1][0]).days > gap:
            continue
        days, amounts = [day for day, _ in own], [amount for _, amount in own]
        gaps = [(later - day).days for day, later in itertools.pairwise(days)]
        usual = sum(gaps) / len(gaps) if gaps else None
        silent = (cut - days[-1]).days

        def within(start, end, days=days):
            return [at for at, day in enumerate(days) if end <= (cut - day).days < start]

        near, before = within(2 * gap, 0), within(4 * gap, 2 * gap)
        found[who] = [
            silent,
            silent / usual if usual else None,
            len(days),
            (cut - days[0]).days,
            len(within(gap, 0)),
            len(near) / len(before) if before else None,
            sum(amounts[at] for at in near) / sum(amounts[at] for at in before) if before else None,
            gaps[-1] / usual if len(gaps) > 1 else None,
            amounts[-1] * len(amounts) / sum(amounts) if len(days) > 1 else None,
            0.0 if within(4 * gap, 0) else None,
        ]
    return found


def test_features_are_those_of_a_computation_one_by_one(purchases):
    few = [one for one in purchases if one[0] <= 120]
    cut = UNTIL - timedelta(days=40)
    seen = leaving.features(as_days(few), cut=cut.toordinal(), gap=20)
    expected = by_hand(few, cut, 20)
    assert seen.customers.tolist() == list(expected)
    wanted = np.array([[np.nan if one is None else one for one in row] for row in expected.values()])
    np.testing.assert_allclose(seen.features, wanted, rtol=1e-12)
    gone = leaving.left(as_days(few), seen.customers, cut=cut.toordinal(), gap=20)
    later = {who for who, day, _ in few if cut < day <= cut + timedelta(days=20)}
    assert gone.tolist() == [who not in later for who in expected]


def test_nothing_after_the_cut_is_known_to_features(purchases):
    cut = UNTIL - timedelta(days=60)
    until_then = [one for one in purchases if one[1] <= cut]
    later = [*purchases, (1, cut + timedelta(days=1), -9_000_000.0)]
    known, everything = (
        leaving.features(as_days(rows), cut=cut.toordinal(), gap=20) for rows in (until_then, later)
    )
    assert known.customers.tolist() == everything.customers.tolist()
    np.testing.assert_array_equal(known.features, everything.features)


def test_where_leaving_is_foreseeable_the_model_beats_silence_alone(learnt, purchases):
    held = learnt.held
    assert learnt.reasons == []
    assert held["area"]["model"] > held["area"]["baseline"] + 0.1
    assert held["top"]["model"] > held["top"]["baseline"]
    gap = learnt.gap
    cut = date.fromisoformat(held["from"]) - timedelta(days=1)
    assert cut == UNTIL - timedelta(days=gap)
    # the figures of the time held out, from the purchases alone
    there = by_hand(purchases, cut, gap)
    later = {who for who, day, _ in purchases if day > cut}
    assert (held["customers"], held["left"]) == (len(there), sum(who not in later for who in there))
    told = learnt.model.probability(
        leaving.features(as_days(purchases), cut=cut.toordinal(), gap=gap).features
    )
    pairs = [
        (a > b) + (a == b) / 2
        for a, one in zip(told, there, strict=True)
        if one not in later
        for b, other in zip(told, there, strict=True)
        if other in later
    ]
    assert held["area"]["model"] == pytest.approx(sum(pairs) / len(pairs), rel=1e-5)


def test_equal_data_give_equal_models_and_trees_are_kept_exactly(learnt, purchases):
    kept = leaving_scores.Kept.of(leaving_scores.parameters(learnt.model, learnt.gap))
    seen = leaving.features(as_days(purchases), cut=UNTIL.toordinal(), gap=learnt.gap)
    np.testing.assert_allclose(
        kept.probability(seen.features), learnt.model.probability(seen.features), atol=1e-7
    )
    again = leaving.learn(as_days(purchases), until=UNTIL.toordinal())
    assert Forest.of(again.model.boosted) == Forest.of(learnt.model.boosted)
    with pytest.raises(ValueError, match="learnt from"):
        leaving_scores.Kept.of({"features": ["else"]})


def test_noise_is_refused_with_its_figures():
    found = leaving.learn(as_days(regulars(fading=False, seed=3)), until=UNTIL.toordinal())
    assert "apart" in found.reasons
    assert found.held["gain"][1] <= 0


def test_too_little_says_what_there_is():
    with pytest.raises(Lacking) as short:
        leaving.learn(as_days(regulars(60, length=40)), until=UNTIL.toordinal(), gap_days=20)
    assert short.value.figures["span"] < short.value.figures["span_needed"] == 80
    with pytest.raises(Lacking) as few:
        leaving.learn(as_days(regulars(60)), until=UNTIL.toordinal(), gap_days=20)
    assert few.value.figures["gone"] < 50
    with pytest.raises(Lacking):
        leaving.learn(as_days([(1, UNTIL, -1.0)]), until=UNTIL.toordinal())


def test_a_refresh_tells_of_everybody_who_is_still_a_customer(people, purchases):
    run = services.refresh_all(actor=SYSTEM)
    version = ModelVersion.objects.get(purpose=room.DEFECTION)
    assert (version.state, version.reasons) == (State.PUBLISHED, [])
    gap = version.data["gap"]
    there = by_hand(purchases, UNTIL, gap)
    found = scores()
    assert set(found) == {people[who].pk for who in there}
    kept = leaving_scores.Kept.of(version.parameters)
    rows = np.array([[np.nan if one is None else one for one in row] for row in there.values()])
    expected = dict(zip((people[who].pk for who in there), kept.probability(rows), strict=True))
    assert {who: float(value) for who, value in found.items()} == pytest.approx(expected, abs=1e-4)
    # value at risk: by revenue of twelve months, as no lifetime value is in use
    year = {people[who].pk: sum(amount for one, _, amount in purchases if one == who) for who in there}
    at_risk = scores("defection.value_at_risk")
    for who, value in at_risk.items():
        assert float(value) == pytest.approx(expected[who] * year[who], abs=1)
    facts = run.facts[room.DEFECTION]
    assert (facts["worth"], facts["version"], facts["gap"]) == ("revenue", 1, gap)
    assert facts["at_risk"] == pytest.approx(
        float(Score.objects.filter(name="defection.value_at_risk").aggregate(all=Sum("value"))["all"]),
        abs=len(found),
    )
    labels = dict(Score.objects.filter(name="defection.reasons").values_list("record_id", "label"))
    first = max(at_risk, key=lambda who: at_risk[who])
    reasons = leaving_reasons.parsed(labels[first])
    assert 1 <= len(reasons) <= 3
    position = {name: at for at, name in enumerate(leaving.FEATURES)}
    own = there[next(who for who, one in people.items() if one.pk == first)]
    for one in reasons:
        assert float(one.figure) == pytest.approx(own[position[str(one)]], rel=0.01)
    assert set(Score.objects.filter(name="defection.probability").values_list("as_of", "model")) == {
        (UNTIL, "defection-1")
    }


def test_value_at_risk_goes_by_lifetime_value_where_that_is_in_use(purchases):
    import pyarrow as pa

    lifetime = room.Prepared(
        "lifetime_value-1",
        pa.table({"record_id": [1, 3], "clv.1y": pa.array([Decimal(100), None], pa.decimal128(10, 0))}),
        (), (), {},
    )  # fmt: skip
    from dangol.insight.modelling.defecting import _year_of

    worth = _year_of(lifetime)
    known = leaving_scores.spread(np.array([1, 2, 3]), worth["customers"], worth["values"])
    assert known.tolist() == [100, 0, 0]


def test_merged_erased_and_edited_customers_leave_nothing_stale(people, purchases):
    services.refresh_all(actor=SYSTEM)
    before = scores()
    kept, merged, gone, edited = sorted(before)[:4]
    merge(actor=SYSTEM, record_type=registry.get("customer"), into=kept, others=[merged])
    Customer.objects.filter(pk=gone).update(deleted_at="2026-11-21T00:00Z")
    # the newest orders are called off: as if nothing had been bought for longer than the gap
    version = ModelVersion.objects.get(purpose=room.DEFECTION)
    border = UNTIL - timedelta(days=version.data["gap"])
    for order in Order.objects.filter(customer=edited, ordered_at__date__gte=border):
        order.status = "cancelled"
        order.save()
    services.refresh_all(actor=SYSTEM)
    after = scores()
    assert {merged, gone, edited}.isdisjoint(after)
    assert not Score.objects.filter(record_id__in=[merged, gone], name__startswith="defection.").exists()
    assert kept in after
    assert {who for who in after if after[who] != before[who]} <= {kept}


def test_a_refused_model_tells_of_nobody_and_says_why(shop, administrator):
    ModelSetting.objects.create(purpose=room.LIFETIME, every_days=0)
    sell(regulars(fading=False, seed=3))
    services.refresh_all(actor=SYSTEM)
    version = ModelVersion.objects.get(purpose=room.DEFECTION)
    assert version.state == State.REFUSED
    assert "apart" in version.reasons
    assert not scores()
    with pytest.raises(room.NotPublishable):
        room.publish(actor=SYSTEM, purpose=room.DEFECTION, number=1)
    page = administrator.client.get("/retention/").content.decode()
    assert "모델을 쓰지 않기로 했어요" in page
    assert "마지막 구매 뒤 지난 날" in page
    body = administrator.client.get("/models/defection/").content.decode()
    assert "마지막 구매 뒤 지난 날" in body


def test_the_gap_is_the_companys_word_and_is_learnt_anew(people):
    room.setting_change(actor=SYSTEM, purpose=room.DEFECTION, gap_days=15)
    run = services.refresh_all(actor=SYSTEM)
    version = ModelVersion.objects.get(purpose=room.DEFECTION)
    assert (version.data["gap"], version.data["gap_chosen"]) == (15, "said")
    assert run.facts["retention"]["gap"] == 15
    room.retire(actor=SYSTEM, purpose=room.DEFECTION)
    services.refresh_all(actor=SYSTEM)
    assert not scores()
