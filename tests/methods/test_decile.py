import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from dangol.methods import decile


def test_tenths_are_in_order_and_their_shares_add_up():
    rng = np.random.default_rng(1)
    told = rng.gamma(1, 100, 1003)
    found = decile.deciles(told, rng.poisson(told))
    assert sum(one.customers for one in found) == 1003
    assert [one.number for one in found] == list(range(1, 11))
    assert all(a.foretold >= b.foretold for a, b in itertools.pairwise(found))
    assert found[-1].cumulative_share == pytest.approx(1)
    assert found[0].share > 0.2


def test_the_real_order_is_perfect_and_its_reverse_the_opposite():
    came = np.arange(1, 101.0)
    best, worst = decile.ranking(came, came), decile.ranking(-came, came)
    assert (best.gini, best.spearman) == (pytest.approx(1), pytest.approx(1))
    assert (worst.gini, worst.spearman) == (pytest.approx(-1), pytest.approx(-1))
    assert best.top_share == pytest.approx(sum(range(91, 101)) / 5050)


def test_to_tell_all_the_same_is_worth_nothing_whatever_the_order_of_rows():
    found = decile.ranking(np.ones(50), np.arange(50.0))
    assert (found.top_share, found.gini, found.spearman) == (pytest.approx(0.1), pytest.approx(0), 0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=10, max_size=60), st.randoms())
def test_the_order_of_rows_changes_nothing(rows, chance):
    if not sum(came for _, came in rows):
        rows[0] = (rows[0][0], 1)
    mixed = list(rows)
    chance.shuffle(mixed)
    one, two = (decile.ranking(*np.array(each, float).T) for each in (rows, mixed))
    assert (one.top_share, one.gini, one.spearman) == pytest.approx((two.top_share, two.gini, two.spearman))
    told, came = np.array(rows, float).T
    if np.ptp(told) and np.ptp(came):
        assert one.spearman == pytest.approx(spearmanr(told, came).statistic)


def test_a_better_model_is_told_from_a_worse_one_and_equal_ones_are_not():
    rng = np.random.default_rng(2)
    truth = rng.gamma(0.5, 100, 2000)
    came = rng.poisson(truth)
    good, poor = truth * rng.lognormal(0, 0.3, 2000), truth * rng.lognormal(0, 2, 2000)
    found = decile.compare(good, poor, came, draws=100)
    assert found.is_better
    gain, low, high = found.gini_gain
    assert low < gain < high
    same = decile.compare(good, good, came, draws=50)
    assert same.gini_gain == (0, 0, 0)
    assert not same.is_better


@pytest.mark.slow
def test_the_interval_of_a_gain_holds_what_many_customers_show():
    def people(rng, count):
        truth = rng.gamma(1, 10, count)
        return (
            truth * rng.lognormal(0, 0.5, count),
            truth * rng.lognormal(0, 1, count),
            rng.poisson(truth).astype(float),
        )

    good, poor, came = people(np.random.default_rng(3), 400_000)
    truth = decile.ranking(good, came).gini - decile.ranking(poor, came).gini
    held = 0
    for seed in range(40):
        found = decile.compare(*people(np.random.default_rng(100 + seed), 400), draws=120, seed=seed)
        held += found.gini_gain[1] <= truth <= found.gini_gain[2]
    assert 31 <= held <= 40


@pytest.mark.parametrize(
    ("told", "came", "said"),
    [
        ([1.0] * 9, [1.0] * 9, "at least ten customers; there are 9"),
        ([1.0] * 10, [1.0] * 11, "one foretold and one real value"),
        ([1.0] * 10, [0.0] * 10, "add up to more than 0"),
        ([1.0] * 10, [-1.0] + [1.0] * 9, "values of 0 or more"),
        ([float("nan")] * 10, [1.0] * 10, "values are finite"),
    ],
)
def test_what_cannot_be_ranked_is_refused(told, came, said):
    with pytest.raises(ValueError, match=said):
        decile.ranking(told, came)
