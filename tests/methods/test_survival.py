import numpy as np
import pytest

from dangol.methods import survival

# Freireich et al., Blood 21, 1963: weeks of remission under 6-MP (+ = still in remission) and placebo.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
TREATED_LEFT = [1] * 9 + [0] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_remission_under_6_mp_is_as_published():
    """Kalbfleisch and Prentice; Cox and Oakes, *Analysis of Survival Data*, 1984, table 1.1: S and Greenwood's errors."""
    curve = survival.kaplan_meier(TREATED, TREATED_LEFT)
    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert np.round(curve.share, 4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert np.round(curve.error, 4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.median() == 23
    assert curve.at(5.9) == 1
    assert curve.at(6) == pytest.approx(0.857143)
    # log(-log) limits at 10 weeks, as R's survfit(conf.type = "log-log") prints them
    assert (round(float(curve.low[2]), 3), round(float(curve.high[2]), 3)) == (0.503, 0.889)


def test_the_log_rank_test_of_that_trial_is_as_published():
    """χ² = 16.8 on 1 degree of freedom, expected 19.3 and 10.7 (as in R's documentation of survdiff)."""
    found = survival.log_rank(TREATED + PLACEBO, TREATED_LEFT + [1] * 21, ["6-MP"] * 21 + ["placebo"] * 21)
    assert found.groups == ("6-MP", "placebo")
    assert found.left.tolist() == [9, 21]
    assert np.round(found.expected, 1).tolist() == [19.3, 10.7]
    assert found.statistic == pytest.approx(16.79, abs=0.01)
    assert found.p_value == pytest.approx(4.17e-5, rel=0.01)


def test_without_censoring_the_curve_is_the_share_left():
    curve = survival.kaplan_meier(PLACEBO, [True] * 21)
    assert curve.at(8) == pytest.approx(sum(time > 8 for time in PLACEBO) / 21)
    assert curve.share[-1] == 0
    assert (curve.low[-1], curve.high[-1]) == (0, 0)
    assert curve.mean_until(23) == pytest.approx(np.mean(PLACEBO))


def test_groups_have_their_own_curves():
    curves = survival.by_group(TREATED + PLACEBO, TREATED_LEFT + [1] * 21, [1] * 21 + [0] * 21)
    assert list(curves) == [0, 1]
    assert curves[0].median() == 8
    assert curves[1].median() == 23


def test_three_groups_that_are_alike_are_seldom_told_apart():
    rng = np.random.default_rng(1)
    small = 0
    for _ in range(400):
        time, end = rng.exponential(10, 120), rng.uniform(5, 20, 120)
        found = survival.log_rank(np.minimum(time, end), time <= end, np.arange(120) % 3)
        assert found.freedom == 2
        small += found.p_value < 0.05
    assert 0.025 <= small / 400 <= 0.08


def test_nineteen_in_twenty_intervals_hold_the_true_share():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(500):
        time, end = rng.exponential(10, 100), rng.uniform(5, 30, 100)
        curve = survival.kaplan_meier(np.minimum(time, end), time <= end)
        place = int(np.searchsorted(curve.times, 8.0, side="right")) - 1
        held += curve.low[place] <= np.exp(-0.8) <= curve.high[place]
    assert 0.925 <= held / 500 <= 0.975


def test_while_nobody_has_left_there_is_no_median_and_no_test():
    curve = survival.kaplan_meier([3, 4], [0, 0])
    assert len(curve.times) == 0
    assert curve.at(10) == 1
    assert curve.median() is None
    with pytest.raises(ValueError, match="nobody has left yet"):
        survival.log_rank([3, 4], [0, 0], ["a", "b"])


def test_retention_by_cohort_counts_a_customer_once_and_stops_at_what_is_known():
    began = [0, 0, 0, 0, 0, 1, 1]
    who = ["a", "a", "a", "b", "a", "c", "c"]
    when = [0, 1, 1, 0, 3, 1, 9]
    first, second = survival.cohorts(began, who, when, until=2)
    assert (first.began, first.customers, first.active) == (0, 2, (2, 1, 0))
    assert (second.began, second.customers, second.active) == (1, 1, (1, 0))
    assert first.shares == (1.0, 0.5, 0.0)
    assert first.intervals[1][0] < 0.5 < first.intervals[1][1]
    assert survival.cohorts([], [], [], until=2) == []


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: survival.kaplan_meier([], []), "there are no customers"),
        (lambda: survival.kaplan_meier([1, -1], [1, 1]), "row 1 has -1"),
        (lambda: survival.kaplan_meier([1, 2], [1, 2]), "left says yes or no"),
        (lambda: survival.kaplan_meier([1, 2], [1]), "one value per customer"),
        (lambda: survival.log_rank([1, 2], [1, 1], ["a", "a"]), "at least two groups"),
        (lambda: survival.by_group([1, 2], [1, 1], ["a"]), "groups need one value per customer"),
        (lambda: survival.cohorts([2], ["a"], [1], until=3), "activity 0 lies before"),
        (lambda: survival.cohorts([1.5], ["a"], [2], until=3), "began: periods are whole numbers"),
        (lambda: survival.kaplan_meier([1], [1]).mean_until(0), "a time above 0"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()
