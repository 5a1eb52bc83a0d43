import numpy as np
import pytest

from dangol.methods import calibration, defection
from dangol.methods.defection import Window

NAMES = ("days_since_last", "orders", "complaints", "noise")


def window(seed, count=3000):
    """Defection by recency relative to the customer's own pace, and by complaints; the noise says nothing."""
    rng = np.random.default_rng(seed)
    orders = rng.poisson(6, count) + 1.0
    since = rng.exponential(40, count)
    complaints = rng.poisson(0.4, count).astype(float)
    raw = 1.6 * np.log(since * orders / 240 + 0.05) + 1.0 * complaints - 0.8
    y = rng.random(count) < 1 / (1 + np.exp(-raw))
    features = np.column_stack([since, orders, complaints, rng.normal(size=count)])
    features[rng.random(count) < 0.05, 1] = np.nan
    return Window.of(features, y), 1 / (1 + np.exp(-raw))


@pytest.fixture(scope="module")
def learnt():
    return defection.learn(
        *(window(seed)[0] for seed in (1, 2, 3)), names=NAMES, baseline="days_since_last", seed=7
    )


def test_the_model_beats_its_baseline_and_means_what_it_says(learnt):
    quality = learnt.quality
    assert quality.customers == 3000
    assert quality.gain_low > 0
    assert quality.area > quality.baseline_area
    assert quality.brier < quality.brier_of_share
    assert quality.calibration_error < 0.05
    assert quality.is_better
    assert sum(one.customers for one in quality.bins) == 3000


def test_probabilities_are_near_the_true_ones(learnt):
    later, truth = window(9)
    told = learnt.probability(later.features)
    assert np.corrcoef(told, truth)[0, 1] > 0.93
    assert abs(told.mean() - truth.mean()) < 0.03


def test_reasons_add_up_and_name_what_matters(learnt):
    later, _ = window(10, 60)
    found = learnt.reasons(later.features, orders=8)
    raw = calibration.log_odds(learnt.boosted.predict_proba(later.features)[:, 1])
    sums = np.array([sum(reason.contribution for reason in one) for one in found])
    # less the same constant for all: the typical customers
    assert np.ptp(raw - sums) < 1e-9
    size = dict.fromkeys(NAMES, 0.0)
    for one in found:
        assert [abs(reason.contribution) for reason in one] == sorted(
            (abs(reason.contribution) for reason in one), reverse=True
        )
        for reason in one:
            size[reason.feature] += abs(reason.contribution)
    assert size["days_since_last"] > size["orders"] > size["noise"]
    assert size["complaints"] > size["noise"]


def test_who_complained_much_is_told_so(learnt):
    loud = np.array([[30.0, 7.0, 4.0, 0.0]])
    strongest = learnt.reasons(loud, most=2)[0]
    assert len(strongest) == 2
    assert strongest[0].feature == "complaints"
    assert strongest[0].contribution > 0
    assert strongest[0].value == 4


def test_the_same_data_give_the_same_model(learnt):
    again = defection.learn(
        *(window(seed)[0] for seed in (1, 2, 3)), names=NAMES, baseline="days_since_last", seed=7
    )
    assert again.quality == learnt.quality
    rows = window(11, 5)[0].features
    assert again.reasons(rows, orders=2) == learnt.reasons(rows, orders=2)


def test_where_chance_alone_decides_the_model_is_not_used():
    rng = np.random.default_rng(12)
    windows = [Window.of(rng.normal(size=(800, 4)), rng.random(800) < 0.3) for _ in range(3)]
    quality = defection.learn(*windows, names=NAMES, baseline="noise").quality
    assert not quality.is_better
    assert 0.43 < quality.area < 0.57


def test_a_model_that_knows_no_more_than_its_baseline_is_not_used():
    rng = np.random.default_rng(13)

    def only_recency():
        since = rng.exponential(40, 1500)
        return Window.of(
            np.column_stack([since, rng.normal(size=(1500, 3))]), rng.random(1500) < since / (since + 40)
        )

    quality = defection.learn(
        only_recency(), only_recency(), only_recency(), names=NAMES, baseline="days_since_last"
    ).quality
    assert quality.area > 0.6
    assert not quality.is_better


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: Window.of([[1.0, float("inf")]], [1]), "row 0 is not"),
        (lambda: Window.of([[1.0]], [3]), "yes or no"),
        (lambda: Window.of([1.0], [1]), "customers × features"),
        (
            lambda: defection.learn(*[window(1, 60)[0]] * 3, names=NAMES, baseline="orders"),
            "the first window holds .* at least 50 of either kind",
        ),
        (
            lambda: defection.learn(*[window(1)[0]] * 3, names=NAMES[:3], baseline="orders"),
            "first window has 4 features, not 3",
        ),
        (
            lambda: defection.learn(*[window(1)[0]] * 3, names=NAMES, baseline="age"),
            "'age' is none of the features",
        ),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()


def test_other_features_than_learnt_are_refused(learnt):
    with pytest.raises(ValueError, match="customers × 4 features are needed"):
        learnt.probability([[1.0, 2.0]])


def test_a_feature_that_nobody_has_breaks_nothing_and_tells_nothing():
    windows = []
    for seed in (1, 2, 3):
        chance = np.random.default_rng(seed)
        silent = chance.uniform(0, 90, 1_000)
        left = chance.random(1_000) < silent / 100
        windows.append(defection.Window.of(np.column_stack([silent, np.full(1_000, np.nan)]), left))
    without = [defection.Window.of(one.features[:, :1], one.defected) for one in windows]
    found = defection.learn(*windows, names=("silent", "nobody"), baseline="silent")
    alone = defection.learn(*without, names=("silent",), baseline="silent")
    told = found.probability(windows[2].features)
    assert told == pytest.approx(alone.probability(without[2].features))
