import numpy as np
import pytest

from dangol.methods import bgnbd, clv, gamma_gamma
from dangol.methods.bgnbd import BgNbd
from dangol.methods.clv import Terms
from dangol.methods.gamma_gamma import GammaGamma
from dangol.methods.histories import Histories
from dangol.methods.pareto_nbd import ParetoNbd
from tests.methods.buyers import made_by

PARETO = ParetoNbd(0.553, 10.578, 0.606, 11.669)
BUYING, SPENDING = BgNbd(0.243, 4.414, 0.793, 2.426), GammaGamma(6.25, 3.74, 15.44)
SOME = Histories.of([0, 1, 4, 4, 30], [0, 2, 30, 5, 38.5], [39, 20, 39, 39, 39])


def test_without_discount_value_is_purchases_times_spend_times_margin():
    spend = np.array([10.0, 20, 30, 40, 50])
    for model in (BUYING, PARETO):
        found = clv.expected_value(model, SOME, spend, Terms(1, 0.3, 0.0))
        assert found == pytest.approx(0.3 * spend * model.expected(SOME, clv.WEEKS_PER_YEAR))


def test_discount_of_one_period_is_that_of_its_middle():
    terms = Terms(1, 1.0, 0.21, periods_per_year=1)
    assert terms.factors() == pytest.approx([1.21**-0.5])
    assert Terms(2.5, 1.0, 0.1).edges()[-1] == pytest.approx(2.5 * clv.WEEKS_PER_YEAR)
    assert len(Terms(2.5, 1.0, 0.1).factors()) == 10
    assert len(Terms(1.1, 1.0, 0.1).factors()) == 5


def test_more_years_are_worth_more_and_a_higher_rate_less():
    spend = np.ones(5)
    years = [clv.expected_value(BUYING, SOME, spend, Terms(one, 1.0, 0.1)) for one in clv.YEARS]
    assert (years[0] < years[1]).all()
    assert (years[1] < years[2]).all()
    assert (clv.expected_value(BUYING, SOME, spend, Terms(5, 1.0, 0.2)) < years[2]).all()


def test_a_hundred_years_come_to_the_endless_sum_in_closed_form():
    """DERT of Fader, Hardie and Lee at 15 % a year, compounded continuously as they do."""
    weekly = np.log(1.15) / clv.WEEKS_PER_YEAR
    endless = PARETO.discounted(SOME, weekly)
    summed = clv.expected_value(PARETO, SOME, np.ones(5), Terms(100, 1.0, 0.15, periods_per_year=12))
    assert summed == pytest.approx(endless, rel=2e-3)


def test_the_endless_sum_is_its_integral():
    from scipy.integrate import quad

    rate = 0.0027
    for x, last, age in ((0, 0.0, 39.0), (7, 35.0, 38.0)):
        one = Histories.of([x], [last], [age])

        def stays(t, whole=11.669 + age):
            return np.exp(-rate * t) * (whole / (whole + t)) ** 0.606

        left = quad(stays, 0, 20_000, limit=500)
        expected = PARETO.alive(one)[0] * (0.553 + x) / (10.578 + age) * left[0]
        assert PARETO.discounted(one, rate)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
def test_totals_lie_in_their_intervals_and_customers_mostly_below_their_upper_end():
    """20 seeded companies over 1 year: a true 0.9 holds 15 … 20 of them."""
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        made, later = made_by(BUYING, np.full(800, 39.0), rng, later=clv.WEEKS_PER_YEAR)
        rates = rng.gamma(SPENDING.q, 1 / SPENDING.gamma, 800)
        x = made.frequencies()
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.where(x > 0, rng.gamma(SPENDING.p * np.maximum(x, 1)) / rates / x, np.nan)
        came = rng.gamma(SPENDING.p * np.maximum(later, 1e-9)) / rates * (later > 0)
        spending = gamma_gamma.fit(x, means).fit
        found = clv.with_intervals(
            bgnbd.fit(made), spending, made, means, Terms(1, 1.0, 0.0), draws=120, seed=seed
        )
        held += found.total.low <= came.sum() <= found.total.high
        assert ((came >= found.low) & (came <= found.high)).mean() > 0.85
        assert found.total.expected == pytest.approx(found.expected.sum())
    assert 15 <= held <= 20


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"years": 0}, "years lie above 0"),
        ({"margin": 30}, "margin is a share above 0, at most 1"),
        ({"yearly_rate": -0.1}, "yearly rate of discount is a share"),
        ({"periods_per_year": 0}, "at least one period"),
    ],
)
def test_terms_that_cannot_be_are_refused(terms, said):
    with pytest.raises(ValueError, match=said):
        Terms(**{"years": 1, "margin": 0.3, "yearly_rate": 0.1} | terms)


def test_every_customer_needs_a_finite_spend():
    with pytest.raises(ValueError, match="one spend per customer"):
        clv.expected_value(BUYING, SOME, [1.0], Terms(1, 0.3, 0.1))
    with pytest.raises(ValueError, match="spend is finite; row 2"):
        clv.expected_value(BUYING, SOME, [1, 1, float("nan"), 1, 1], Terms(1, 0.3, 0.1))
    with pytest.raises(ValueError, match="rate of discount is a finite number above 0"):
        PARETO.discounted(SOME, 0)
