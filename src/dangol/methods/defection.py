"""Who will stop buying: a calibrated probability for each customer, how right it was, and why.

Assumptions: the features were all known at the moment from which is looked ahead (the caller's duty: nothing of the time
to come may be in them), and the time to come is like the time learnt from. Three windows in order of time – learn,
mend, test – keep each judgement on customers' futures that were not yet used.

- Model: gradient boosting over histograms, J. H. Friedman, *Annals of Statistics* 29, 2001, as in scikit-learn; it takes
  missing values as they are. Seeded: the same data give the same model.
- Calibration: `calibration.mend`, learnt from the second window. Everything reported is of the third.
- Reasons: Shapley values by permutations, E. Štrumbelj, I. Kononenko, *Knowledge and Information Systems* 41, 2014: features
  are switched one after the other from those of a typical customer to one's own, in drawn orders and their reverses, and
  what each switch does to the log-odds is averaged. They add up exactly to the difference from the typical customers. Chosen
  over contributions along tree paths, which favour features near the root, and over leaving one out, which hides features
  that say the same; and it asks the model only for predictions, so another model may take its place.

Cost: learning is linear in customers × features; 100,000 × 12 take a few seconds. Reasons take 2 · `orders` · features
predictions per customer: ask for those who are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods import calibration
from dangol.methods.calibration import Bin, Line, Steps
from dangol.methods.histories import Floats

FEWEST: Final = 50
"""So many customers of each kind a window must hold; with fewer, no figure about them means anything."""


@dataclass(frozen=True, slots=True)
class Window:
    """Customers as they stood at one moment, and who of them defected within the time after it.

    Attributes:
        features: customers × features; `nan` where unknown.
        defected: yes or no for each.
    """

    features: Floats
    defected: Floats

    @classmethod
    def of(cls, features: ArrayLike, defected: ArrayLike) -> Window:
        """Checked arrays.

        Raises:
            ValueError: unlike lengths, infinite features, or other than yes and no.
        """
        x, y = np.asarray(features, np.float64), np.asarray(defected)
        if x.ndim != 2 or y.shape != (len(x),):
            raise ValueError(
                f"features are customers × features, defected one per customer: {x.shape}, {y.shape}"
            )
        if np.isinf(x).any():
            raise ValueError(
                f"features are finite or missing; row {int(np.argmax(np.isinf(x).any(axis=1)))} is not"
            )
        if not np.isin(y, (0, 1)).all():
            raise ValueError("defected says yes or no for every customer")
        return cls(x, y.astype(np.float64))


@dataclass(frozen=True, slots=True)
class Quality:
    """How right probabilities were in the third window.

    Attributes:
        area: under the curve (`calibration.area_under_curve`).
        baseline_area: that of the one baseline feature, turned the way it pointed in the first window.
        gain, gain_low, gain_high: area less baseline, with a 90 % interval by paired bootstrap.
        brier, brier_of_share: Brier score, and that of telling everybody the share of the first two windows.
        calibration_error: expected, over ten bins.
    """

    customers: int
    defected: int
    area: float
    baseline_area: float
    gain: float
    gain_low: float
    gain_high: float
    brier: float
    brier_of_share: float
    calibration_error: float
    bins: tuple[Bin, ...]

    @property
    def is_better(self) -> bool:
        """Whether the model may be used: surely better than the baseline at telling apart, and better than the share."""
        return self.gain_low > 0 and self.brier < self.brier_of_share


@dataclass(frozen=True, slots=True)
class Reason:
    """A feature's part in a customer's log-odds, against typical customers: above 0 makes defection more probable."""

    feature: str
    value: float
    contribution: float


class Probable(Protocol):
    """What tells raw probabilities of no and yes: the classifier as it was learnt, or its trees as they are kept."""

    def predict_proba(self, features: Floats) -> Floats:
        """Customers × two."""


@dataclass(frozen=True, slots=True)
class Defection:
    """A model of defection with its calibration and proof. `typical`: customers that reasons are told against."""

    names: tuple[str, ...]
    boosted: Probable
    mending: Line | Steps
    quality: Quality
    typical: Floats
    seed: int

    def probability(self, features: ArrayLike) -> Floats:
        """The calibrated probability that each customer defects.

        Raises:
            ValueError: another number of features than was learnt.
        """
        return self.mending(_raw(self.boosted, self._checked(features)))

    def reasons(
        self, features: ArrayLike, *, orders: int = 16, most: int | None = None
    ) -> list[list[Reason]]:
        """Of each customer, features by the size of their part, the strongest first; `most` of them.

        All parts of a customer together are his log-odds (before calibration) less the mean of the typical customers drawn,
        the same for all. Cost: 2 · orders · (features + 1) predictions per customer, features + 1 of them in memory at once.

        Raises:
            ValueError: another number of features than was learnt, or no orders.
        """
        x = self._checked(features)
        if orders < 1:
            raise ValueError(f"at least one order is needed: {orders}")
        rng = np.random.default_rng(self.seed)
        parts = np.zeros(x.shape)
        for _ in range(orders):
            start = self.typical[rng.integers(len(self.typical))]
            order = rng.permutation(x.shape[1])
            for way in (order, order[::-1]):
                # all steps of an order are asked for at once: first the typical customer, last the own features
                mixed = np.repeat(start[None, None, :], len(way) + 1, axis=0).repeat(len(x), axis=1)
                for step, feature in enumerate(way.tolist(), start=1):
                    mixed[step:, :, feature] = x[:, feature]
                raw = calibration.log_odds(_raw(self.boosted, mixed.reshape(-1, x.shape[1])))
                parts[:, way] += np.diff(raw.reshape(len(way) + 1, len(x)), axis=0).T
        parts /= 2 * orders
        found = []
        for row, own in zip(x, parts, strict=True):
            strongest = np.argsort(-np.abs(own), kind="stable")[:most].tolist()
            found.append([Reason(self.names[one], float(row[one]), float(own[one])) for one in strongest])
        return found

    def _checked(self, features: ArrayLike) -> Floats:
        x = np.asarray(features, np.float64)
        if x.ndim != 2 or x.shape[1] != len(self.names):
            raise ValueError(f"customers × {len(self.names)} features are needed: {x.shape}")
        return x


def learn(
    first: Window, second: Window, third: Window, *, names: Sequence[str], baseline: str, seed: int = 0
) -> Defection:
    """A model from the first window, calibrated on the second, judged on the third.

    Args:
        names: of the features, as columns.
        baseline: the feature a model must beat, such as days since the last purchase.

    Raises:
        ValueError: windows with other features, an unknown baseline, or a window with fewer than `FEWEST` customers of
            either kind.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    for place, window in (("first", first), ("second", second), ("third", third)):
        if window.features.shape[1] != len(names):
            raise ValueError(f"the {place} window has {window.features.shape[1]} features, not {len(names)}")
        yes = int(window.defected.sum())
        if min(yes, len(window.defected) - yes) < FEWEST:
            raise ValueError(
                f"the {place} window holds {yes} who defected of {len(window.defected)}; "
                f"at least {FEWEST} of either kind are needed"
            )
    if baseline not in names:
        raise ValueError(f"the baseline {baseline!r} is none of the features")
    boosted = HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=150, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    # one thread: trees of this size gain little from more, and on a busy machine threads that wait cost a hundredfold
    with threadpool_limits(1):
        # a feature that nobody has tells nothing; scikit-learn breaks over a column without a value
        empty = np.isnan(first.features).all(axis=0)
        boosted.fit(np.where(empty, 0.0, first.features), first.defected)
    mending = calibration.mend(_raw(boosted, second.features), second.defected)
    rng = np.random.default_rng(seed)
    typical = first.features[rng.choice(len(first.features), min(200, len(first.features)), replace=False)]
    column = list(names).index(baseline)
    quality = _judge(mending(_raw(boosted, third.features)), first, second, third, column, seed)
    return Defection(tuple(names), boosted, mending, quality, typical, seed)


def _judge(
    told: Floats, first: Window, second: Window, third: Window, column: int, seed: int, draws: int = 300
) -> Quality:
    known = np.nan_to_num(first.features[:, column], nan=float(np.nanmedian(first.features[:, column])))
    way = 1.0 if calibration.area_under_curve(known, first.defected) >= 0.5 else -1.0
    middle = float(np.nanmedian(first.features[:, column]))
    simple = way * np.nan_to_num(third.features[:, column], nan=middle)
    y = third.defected
    area, base = (calibration.area_under_curve(scores, y) for scores in (told, simple))
    rng = np.random.default_rng(seed)
    gains: list[float] = []
    while len(gains) < draws:
        taken = rng.integers(0, len(y), len(y))
        if 0 < y[taken].sum() < len(y):
            gains.append(
                calibration.area_under_curve(told[taken], y[taken])
                - calibration.area_under_curve(simple[taken], y[taken])
            )
    low, high = np.quantile(gains, [0.05, 0.95]).tolist()
    share = float(np.concatenate([first.defected, second.defected]).mean())
    return Quality(
        len(y), int(y.sum()), area, base, area - base, low, high, calibration.brier(told, y),
        calibration.brier(np.full(len(y), share), y), calibration.expected_error(told, y),
        tuple(calibration.bins(told, y)),
    )  # fmt: skip


def _raw(boosted: Probable, features: Floats) -> Floats:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        out: Floats = boosted.predict_proba(features)[:, 1]
    return out
