import numpy as np
import pytest

from dangol.methods import sbg
from dangol.methods.sbg import Sbg

# Fader and Hardie 2007, table 1: per 1,000 customers still there after 0 … 12 years; fitted on the first 7.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]


@pytest.mark.parametrize(
    ("counts", "alpha", "beta"),
    [(REGULAR, 0.704, 1.182), (HIGH_END, 0.668, 3.806)],
    ids=["regular", "high end"],
)
def test_the_segments_of_the_paper_are_as_published(counts, alpha, beta):
    found = sbg.fit([counts[:8]])
    assert found.converged
    assert found.parameters() == pytest.approx({"alpha": alpha, "beta": beta}, abs=1e-3)
    foretold = found.model.survival(np.arange(8, 13)) * 1000
    assert foretold == pytest.approx(counts[8:], rel=0.05)


def test_retention_rises_and_multiplies_to_survival():
    model = Sbg(0.704, 1.182)
    rates = model.retention(np.arange(1, 30))
    assert (np.diff(rates) > 0).all()
    assert np.cumprod(rates) == pytest.approx(model.survival(np.arange(1, 30)))
    assert model.survival(0) == pytest.approx(1.0)


def test_the_value_of_the_rest_is_the_sum_of_all_payments():
    model, rate = Sbg(0.668, 3.806), 0.1
    t = np.arange(0, 4000)
    for renewed in (0, 1, 4):
        payments = model.survival(renewed + 1 + t) / model.survival(renewed) * (1 + rate) ** -t.astype(float)
        assert float(model.residual(renewed, rate)) == pytest.approx(payments.sum(), rel=1e-6)
    assert model.lifetime(rate) == pytest.approx(
        (model.survival(t) * (1 + rate) ** -t.astype(float)).sum(), rel=1e-6
    )


def test_who_stayed_longer_is_worth_more():
    assert (np.diff(Sbg(0.704, 1.182).residual(np.arange(0, 10), 0.1)) > 0).all()


def test_parameters_come_back_from_cohorts_of_unlike_length():
    rng = np.random.default_rng(1)
    cohorts = []
    for length in (8, 5, 3):
        leave = rng.beta(0.7, 1.2, 5000)
        counts = [5000]
        here = np.ones(5000, bool)
        for _ in range(length):
            here &= rng.random(5000) >= leave
            counts.append(int(here.sum()))
        cohorts.append(counts)
    found = sbg.fit(cohorts)
    assert found.customers == 15_000
    for name, truth in (("alpha", 0.7), ("beta", 1.2)):
        assert abs(found.parameters()[name] - truth) < 3 * found.standard_errors()[name]


def test_nine_in_ten_intervals_hold_the_truth():
    rng = np.random.default_rng(2)
    held = []
    for _ in range(150):
        leave, here, counts = rng.beta(0.7, 1.2, 1000), np.ones(1000, bool), [1000]
        for _ in range(6):
            here = here & (rng.random(1000) >= leave)
            counts.append(int(here.sum()))
        found = sbg.fit([counts]).interval(0.9)
        held += [found["alpha"][0] <= 0.7 <= found["alpha"][1], found["beta"][0] <= 1.2 <= found["beta"][1]]
    assert 0.84 <= np.mean(held) <= 0.96


@pytest.mark.parametrize(
    ("cohorts", "said"),
    [
        ([], "there are no cohorts"),
        ([[100, 90], [100]], "cohort 1 needs whole counts"),
        ([[100, 90.5]], "cohort 0 needs whole counts"),
        ([[100, 110]], "cohort 0 grows"),
        ([[100, 100, 100]], "nobody has cancelled yet"),
        ([[100, 0]], "everybody cancelled at the first renewal"),
    ],
)
def test_cohorts_that_say_nothing_or_cannot_be_are_refused(cohorts, said):
    with pytest.raises(ValueError, match=said):
        sbg.fit(cohorts)


def test_a_single_renewal_tells_the_share_and_not_how_it_differs():
    """One share cannot hold two parameters fast: no covariance, and the share itself is met."""
    found = sbg.fit([[1000, 700]])
    assert found.covariance is None
    assert float(found.model.retention(1)) == pytest.approx(0.7, abs=1e-3)


def test_odd_periods_and_rates_are_refused():
    with pytest.raises(ValueError, match="periods are numbers from 1: 0"):
        Sbg(1, 1).retention(0)
    with pytest.raises(ValueError, match="rate of discount"):
        Sbg(1, 1).residual(1, 0)
