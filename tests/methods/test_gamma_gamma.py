import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.methods import gamma_gamma
from dangol.methods.gamma_gamma import GammaGamma
from tests.methods.buyers import cdnow

PUBLISHED = GammaGamma(6.25, 3.74, 15.44)


def spenders(model, count, rng):
    x = rng.integers(1, 12, count)
    rate = rng.gamma(model.q, 1 / model.gamma, count)
    return x, rng.gamma(model.p * x) / rate / x


def test_the_repeaters_of_cdnow_are_as_published():
    summary = cdnow()[1]
    found = gamma_gamma.fit(summary.histories.frequencies(), summary.spend)
    assert found.customers == 946
    assert found.fit.converged
    assert found.fit.parameters() == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, abs=6e-3)
    assert found.correlation == pytest.approx(0.11, abs=0.005)
    assert found.is_independent


def test_expected_spend_lies_between_own_mean_and_mean_of_all_and_nears_the_own():
    means = PUBLISHED.expected([0, 1, 5, 100], [float("nan"), 80.0, 80.0, 80.0])
    assert means[0] == pytest.approx(PUBLISHED.mean)
    assert PUBLISHED.mean < means[1] < means[2] < means[3] < 80
    assert means[3] == pytest.approx(80, rel=0.01)


@given(st.integers(1, 50), st.floats(0.5, 5000))
def test_expected_spend_is_the_weighted_mean_of_the_paper(x, m):
    p, q, gamma = 6.25, 3.74, 15.44
    weight = (q - 1) / (p * x + q - 1)
    expected = weight * gamma * p / (q - 1) + (1 - weight) * m
    assert PUBLISHED.expected([x], [m])[0] == pytest.approx(expected)


def test_parameters_come_back_from_customers_made_by_them():
    x, m = spenders(PUBLISHED, 20_000, np.random.default_rng(2))
    found = gamma_gamma.fit(x, m).fit
    errors = found.standard_errors()
    for name, truth in (("p", 6.25), ("q", 3.74), ("gamma", 15.44)):
        assert abs(found.parameters()[name] - truth) < 3.5 * errors[name]


def test_another_currency_moves_gamma_and_nothing_else():
    x, m = spenders(PUBLISHED, 3000, np.random.default_rng(3))
    dollars, won = gamma_gamma.fit(x, m).fit, gamma_gamma.fit(x, m * 1400).fit
    assert won.parameters()["p"] == pytest.approx(dollars.parameters()["p"], rel=1e-5)
    assert won.parameters()["gamma"] == pytest.approx(1400 * dollars.parameters()["gamma"], rel=1e-4)
    assert won.log_likelihood == pytest.approx(dollars.log_likelihood - 3000 * np.log(1400))


def test_rates_drawn_have_the_expected_spend_as_their_mean():
    rng = np.random.default_rng(4)
    rates = PUBLISHED.draw_rates(np.full(200_000, 3), np.full(200_000, 50.0), rng)
    assert (PUBLISHED.p / rates).mean() == pytest.approx(PUBLISHED.expected([3], [50.0])[0], rel=0.01)


def test_spend_that_goes_with_frequency_is_shown_and_not_hidden():
    rng = np.random.default_rng(5)
    x = rng.integers(1, 12, 2000)
    found = gamma_gamma.fit(x, 10.0 * x * rng.gamma(20, 1 / 20, 2000))
    assert found.correlation > 0.8
    assert found.correlation_interval[0] > 0.8
    assert not found.is_independent


@pytest.mark.parametrize(
    ("x", "m", "said"),
    [
        ([1, 2], [10.0, -3.0], "above 0; row 1 has -3"),
        ([1, 2], [10.0, float("nan")], "row 1 has nan"),
        ([-1], [10.0], "number of purchases is 0 or more"),
        ([1, 2], [10.0], "one value per customer"),
        ([1] * 9, list(range(1, 10)), "at least 10 customers with purchases; there are 9"),
        ([1] * 12, [5.0] * 12, "all spend the same"),
    ],
)
def test_spend_that_cannot_be_is_refused(x, m, said):
    with pytest.raises(ValueError, match=said):
        gamma_gamma.fit(x, m)


def test_where_no_mean_exists_none_is_made_up():
    wild = GammaGamma(2.0, 0.9, 10.0)
    with pytest.raises(ValueError, match="no mean"):
        wild.expected([0], [float("nan")])
    assert wild.expected([3], [10.0])[0] > 0
