import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from dangol.methods import calibration
from dangol.methods.calibration import Line, Steps


def told_and_happened(seed, count, twist=lambda p: p):
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 3, count)
    return twist(p), rng.random(count) < p


def test_bins_hold_equal_numbers_and_keep_equal_probabilities_together():
    p, y = told_and_happened(1, 1000)
    found = calibration.bins(p, y)
    assert [one.customers for one in found] == [100] * 10
    assert all(one.least <= one.told <= one.most and one.low <= one.came <= one.high for one in found)
    ties = calibration.bins([0.2] * 70 + [0.9] * 30, [0] * 100)
    assert [one.customers for one in ties] == [70, 30]


@given(
    st.lists(st.tuples(st.sampled_from([0, 0.1, 0.25, 0.5, 1]), st.booleans()), min_size=1, max_size=50),
    st.integers(1, 12),
)
def test_nobody_is_lost_between_bins(rows, count):
    p, y = zip(*rows, strict=True)
    found = calibration.bins(p, y, count=count)
    assert sum(one.customers for one in found) == len(rows)
    assert sum(one.customers * one.came for one in found) == pytest.approx(sum(y))
    assert len(found) <= count
    assert all(a.most < b.least for a, b in itertools.pairwise(found))


def test_scores_are_those_of_scikit_learn():
    p, y = told_and_happened(2, 500)
    rounded = np.round(p, 1)
    assert calibration.area_under_curve(rounded, y) == pytest.approx(roc_auc_score(y, rounded))
    assert calibration.brier(p, y) == pytest.approx(brier_score_loss(y, p))


def test_probabilities_that_are_right_have_little_error_and_wrong_ones_much():
    p, y = told_and_happened(3, 20_000)
    assert calibration.expected_error(p, y) < 0.015
    assert calibration.expected_error(np.sqrt(p), y) > 0.15


@pytest.mark.parametrize(("count", "kind"), [(2000, Line), (20_000, Steps)])
def test_what_is_told_too_high_is_mended_on_customers_not_seen(count, kind):
    p, y = told_and_happened(4, count, np.sqrt)
    mending = calibration.mend(p, y)
    assert isinstance(mending, kind)
    later, came = told_and_happened(5, 20_000, np.sqrt)
    mended = mending(later)
    assert calibration.expected_error(mended, came) < 0.05 < calibration.expected_error(later, came)
    assert (np.diff(mending(np.linspace(0, 1, 50))) >= 0).all()
    assert mended.min() > 0
    assert mended.max() < 1


def test_a_few_cases_that_do_not_overlap_prove_no_certainty():
    mending = calibration.mend([0.1] * 10 + [0.9] * 10, [0] * 10 + [1] * 10)
    assert 0 < float(mending(0.1)) < 0.2
    assert 0.8 < float(mending(0.9)) < 1


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: calibration.bins([0.5, 1.5], [0, 1]), "row 1 has 1.5"),
        (lambda: calibration.bins([0.5], [2]), "yes or no for every customer"),
        (lambda: calibration.bins([], []), "one probability and one yes or no"),
        (lambda: calibration.bins([0.5], [1], count=0), "at least one bin"),
        (lambda: calibration.mend([0.5, 0.6], [1, 1]), "cases of both kinds"),
        (lambda: calibration.area_under_curve([1, 2], [1, 1]), "customers of both kinds"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()
