"""Learning lifetime value from purchases: judged on what came after, refused where a plain rule is better."""

from datetime import date, timedelta

import numpy as np
import pytest

from dangol.insight.modelling import doubts, lifetime, valuing
from dangol.insight.modelling.purchases import summary_at
from dangol.methods import bgnbd, clv, gamma_gamma
from dangol.methods.histories import summarise
from tests.insight.market import UNTIL, as_days, bought

AT = UNTIL.toordinal()


@pytest.fixture(scope="module")
def purchases():
    return bought(900, seed=3)


@pytest.fixture(scope="module")
def learnt(purchases):
    return lifetime.learn(as_days(purchases), until=AT)


def test_what_came_back_is_taken_from_the_purchase_before_it():
    day = date(2026, 1, 1)
    days = as_days(
        [
            (1, day, 100.0),
            (1, day + timedelta(5), 70.0),
            (1, day + timedelta(9), -30.0),
            (2, day, 50.0),
            (2, day + timedelta(3), -50.0),
            (3, day, -20.0),
        ]
    )
    at = day.toordinal()
    now = days.purchases(at + 20)
    assert list(zip(now.customers, now.days - at, now.values, strict=True)) == [(1, 0, 100.0), (1, 5, 40.0)]
    assert now.undone == 1
    before = days.purchases(at + 6)
    assert before.values.tolist() == [100.0, 70.0]  # nobody knew yet what would come back
    assert before.customers.tolist() == [1, 1]
    assert days.purchases(at + 2).customers.tolist() == [1, 2]
    assert days.revenue(np.array([1, 2, 4]), since=at, until=at + 20).tolist() == [40.0, -50.0, 0.0]


def test_what_cost_nothing_is_a_purchase_and_tells_nothing_of_spend(purchases):
    """A gift is no return: CDNOW's published parameters count it. Spend is then learnt from those who paid."""
    day = UNTIL - timedelta(days=300)
    free = [
        (9_000, day, 0.0),
        (9_000, day + timedelta(5), 0.0),
        (9_001, day, 50.0),
        (9_001, day + timedelta(2), -50.0),
    ]
    now = as_days(free).purchases(AT)
    assert (now.customers.tolist(), now.undone) == ([9_000, 9_000], 1)
    found = lifetime.learn(as_days([*purchases, *free]), until=AT)
    assert found.reasons == []
    kept = valuing.Kept(found.buying, found.spending.fit)
    summary = valuing.summary_of(as_days([*purchases, *free]), AT)
    place = summary.customers.tolist().index(9_000)
    unknown = found.spending.fit.model.mean * clv.expected_value(
        found.buying.model, summary.histories, np.ones(len(summary.customers)), clv.Terms(3, 1.0, 0.1)
    )
    assert valuing.worth(kept, summary, margin=1.0, rate=0.1)[place] == pytest.approx(unknown[place])
    assert np.isfinite(valuing.value(kept, summary, margin=1.0, rate=0.1).high).all()


def test_a_customer_is_known_for_the_days_since_the_first_purchase():
    day = date(2026, 1, 1)
    bought_so = as_days([(1, day, 10.0), (1, day + timedelta(7), 10.0), (2, day + timedelta(7), 10.0)])
    at = (day + timedelta(7)).toordinal()
    found = summary_at(bought_so.purchases(at), at)
    once = found.histories
    assert once.spread(once.age).tolist() == [1.0, 0.5 / 7]  # the second came on the very day
    assert once.spread(once.recency).tolist() == [1.0, 0.0]


def test_a_company_of_the_models_own_making_is_foretold_within_a_tenth(learnt):
    held = learnt.held
    assert learnt.reasons == []
    assert held["total"]["told"] == pytest.approx(held["total"]["came"], rel=0.1)
    assert held["total"]["low"] <= held["total"]["came"] <= held["total"]["high"]
    assert held["each"]["model"] < held["each"]["simple"]
    assert held["order"]["model"]["gini"] > held["order"]["baseline"]["gini"]
    came = [row[3] for row in held["deciles"]]
    assert came[0] == max(came)
    assert min(came[:3]) > max(came[-3:])


def test_what_is_judged_is_computed_anew_from_the_purchases(learnt, purchases):
    cut = date.fromisoformat(learnt.held["from"]).toordinal() - 1
    before = [(who, day.toordinal()) for who, day, _ in purchases if day.toordinal() <= cut]
    after = {(who, day) for who, day, _ in purchases if day.toordinal() > cut}
    known = {who for who, _ in before}
    assert learnt.held["total"]["came"] == len({one for one in after if one[0] in known})
    who, at = np.array(before).T
    fit = bgnbd.fit(summarise(who, at, until=cut).histories)
    one = learnt.held["candidates"]["bg_nbd"]
    assert one["log_likelihood"] == pytest.approx(fit.log_likelihood, rel=1e-5)
    told = fit.model.expected(summarise(who, at, until=cut).histories, learnt.held["days"] / 7).sum()
    assert one["told"] == pytest.approx(told, rel=1e-4)


def test_the_weekly_curve_ends_with_all_that_was_bought_again(learnt, purchases):
    cut = date.fromisoformat(learnt.held["from"]).toordinal() - 1
    first = {}
    for who, day, _ in purchases:
        first.setdefault(who, day.toordinal())
    again = sum(first[who] <= cut and day.toordinal() > first[who] for who, day, _ in purchases)
    curve = learnt.held["tracking"]
    assert curve["actual"][-1] == again
    assert curve["ends"][-1] == UNTIL.isoformat()
    assert curve["expected"] == sorted(curve["expected"])
    assert curve["learnt"] == sorted(curve["learnt"], reverse=True)
    learnt_at = max(at for at, one in enumerate(curve["learnt"]) if one)
    assert curve["expected"][learnt_at] == pytest.approx(curve["actual"][learnt_at], rel=0.12)


def test_it_is_refused_where_everybody_goes_on_as_so_far():
    """Buyers like clockwork who never leave: the plain rule knows all there is to know."""
    start = UNTIL - timedelta(days=400)
    clockwork = [
        (who, start + timedelta(days=day), 1000 + 10 * who)
        for who in range(1, 161)
        for day in range(who % 7, 401, 7 + who % 30)
    ]
    found = lifetime.learn(as_days(clockwork), until=AT)
    assert "each" in found.reasons
    assert found.held["each"]["model"] > found.held["each"]["simple"]


def test_it_is_refused_where_spend_goes_with_frequency():
    rng = np.random.default_rng(5)
    rate = {}
    for who, _, _ in bought(600, seed=5):
        rate[who] = rate.get(who, 0) + 1
    rows = [(who, day, 1000.0 * rate[who] * rng.uniform(0.9, 1.1)) for who, day, _ in bought(600, seed=5)]
    assert "spend" in lifetime.learn(as_days(rows), until=AT).reasons


def spending(correlation, interval):
    fit = gamma_gamma.fit([1, 2] * 10, np.linspace(10.0, 30.0, 20)).fit
    return gamma_gamma.Spending(fit, correlation, interval, 20)


@pytest.mark.parametrize(
    ("learnt_from", "used", "refuses", "doubtful"),
    [
        ((0.10, (0.05, 0.18)), (0.11, (0.05, 0.18)), False, False),
        # what is used goes by its figure, to either side
        ((0.10, (0.05, 0.18)), (0.31, (0.20, 0.42)), True, False),
        ((0.10, (0.05, 0.18)), (-0.31, (-0.42, -0.20)), True, False),
        # what was learnt from refuses where it is sure, whatever came later
        ((0.45, (0.35, 0.55)), (0.20, (0.15, 0.25)), True, False),
        ((-0.45, (-0.55, -0.35)), (0.20, (0.15, 0.25)), True, False),
        # and is told as a doubt where it is not
        ((0.35, (0.25, 0.45)), (0.20, (0.15, 0.25)), False, True),
        ((0.10, (0.05, 0.18)), (0.28, (0.20, 0.36)), False, True),
    ],
)
def test_spend_is_judged_on_what_was_learnt_from_and_on_what_is_used(learnt_from, used, refuses, doubtful):
    found = doubts.judge(spending(*learnt_from), spending(*used))
    assert (found.refuses, found.doubtful) == (refuses, doubtful)


def test_spend_that_went_with_frequency_only_while_learning_still_refuses():
    """What came in the time held out cannot wash the violated assumption out of what was judged there."""
    rng = np.random.default_rng(8)
    plain = bought(900, seed=8)
    rate = {}
    for who, _, _ in plain:
        rate[who] = rate.get(who, 0) + 1
    cut = UNTIL - timedelta(days=120)
    rows = [
        (who, day, rng.uniform(0.5, 1.5) * (1000.0 * rate[who] if day <= cut else 300_000.0 / rate[who]))
        for who, day, _ in plain
    ]
    found = lifetime.learn(as_days(rows), until=AT, held_days=120)
    assert found.held["spend"]["learnt"]["interval"][0] > 0.3
    assert found.spending.is_independent
    assert "spend" in found.reasons


def test_an_interval_is_wide_enough_for_what_came_and_ends_with_the_total(learnt):
    curve, total = learnt.held["tracking"], learnt.held["total"]
    at = [place for place, one in enumerate(curve["learnt"]) if not one]
    inside = [curve["low"][place] <= curve["actual"][place] <= curve["high"][place] for place in at]
    assert sum(inside) >= 0.7 * len(at)
    until_cut = curve["actual"][-1] - total["came"]
    assert curve["told"][-1] - until_cut == pytest.approx(total["told"], rel=1e-3)
    assert curve["low"][-1] - until_cut == pytest.approx(total["low"], rel=0.1)


def test_too_little_says_how_much_there_is():
    few = [(who, UNTIL - timedelta(days=200 - 9 * turn), 1000) for who in range(20) for turn in range(3)]
    with pytest.raises(lifetime.Lacking) as lacking:
        lifetime.learn(as_days(few), until=AT)
    assert lacking.value.figures == {"repeaters": 20, "days": 200, "held": 0}
    with pytest.raises(lifetime.Lacking):
        lifetime.learn(as_days([(1, UNTIL, -5.0)]), until=AT)


def test_the_time_held_out_can_be_said(purchases):
    held = lifetime.learn(as_days(purchases), until=AT, held_days=70).held
    assert held["days"] == 70
    assert held["from"] == (UNTIL - timedelta(days=69)).isoformat()


def test_the_worst_foretold_are_kept(learnt, purchases):
    cut = date.fromisoformat(learnt.held["from"]).toordinal() - 1
    came = {}
    for who, day, amount in purchases:
        if day.toordinal() > cut:
            came[who] = came.get(who, 0) + amount
    missed = learnt.missed
    assert len(missed.customers) == lifetime.WORST
    assert missed.came.tolist() == [came.get(who, 0) for who in missed.customers.tolist()]
    gaps = np.abs(missed.came - missed.told)
    assert gaps.tolist() == sorted(gaps.tolist(), reverse=True)


def test_a_model_is_the_same_after_it_was_kept(learnt, purchases):
    buying, buying_fit = valuing.kept_fit(learnt.buying)
    spending, spending_fit = valuing.kept_fit(learnt.spending.fit)
    kept = valuing.Kept.of(
        learnt.method,
        {"buying": buying, "spending": spending},
        {"buying": buying_fit, "spending": spending_fit},
    )
    summary = valuing.summary_of(as_days(purchases), AT)
    again = valuing.value(kept, summary, margin=0.4, rate=0.1)
    direct = clv.with_intervals(
        learnt.buying,
        learnt.spending.fit,
        summary.histories,
        summary.spend,
        clv.Terms(3, 0.4, 0.1),
        draws=200,
    )
    assert again.years[3] == pytest.approx(direct.expected, rel=1e-9)
    assert again.low == pytest.approx(direct.low, rel=1e-6)
    assert again.years[1].sum() < again.years[3].sum() < again.years[5].sum()
    assert again.total.low < again.total.expected < again.total.high


def test_amounts_are_exact_to_the_minor_unit(learnt, purchases):
    kept = valuing.Kept(learnt.buying, learnt.spending.fit)
    valued = valuing.value(kept, valuing.summary_of(as_days(purchases), AT), margin=0.4, rate=0.1)
    for places in (0, 2):
        table = valuing.table(valued, places=places, month_ago=None, old_model=None)
        shown = table.column("clv.3y").to_pylist()
        assert all(-value.as_tuple().exponent == places for value in shown)
        assert [float(value) for value in shown] == pytest.approx(
            valued.years[3].tolist(), abs=0.51 * 10**-places
        )
    assert table.column("clv.month_ago").null_count == len(table)


def test_tiers_go_by_place_and_equals_stand_together():
    values = np.array([100.0] * 2 + [50.0] * 18 + [10.0] * 30 + [0.0] * 50)
    found = valuing.tiers(values)
    assert found[0] == found[1] == "top"
    assert set(found[2:20]) == {"top"}  # the first of them stands in the best twentieth
    assert set(found[20:50]) == {"middle"}
    assert set(found[50:]) == {"low"}
