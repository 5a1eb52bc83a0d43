"""What a fitted model of buying says of the time to come, how sure that is, and how right it was before.

Uncertainty has two sources, and both are in every interval here: the parameters might have come out otherwise (models are
drawn from their covariance), and customers buy at random even if all were known (futures are drawn from each model).
Single customers mostly buy nothing, so that their intervals are judged by the randomised probability integral transform
(C. Czado, T. Gneiting, L. Held, "Predictive model assessment for count data", *Biometrics* 65(4), 2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.buying import BuyingModel
from dangol.methods.histories import Floats, Histories, Whole
from dangol.methods.likelihood import Fit

AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Foretold:
    """A number with its interval."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """A row of the table of conditional expectation: customers with `least` … `most` repeat purchases so far."""

    least: int
    most: int | None
    customers: int
    expected: float
    actual: float


def draw_futures(
    fit: Fit[BuyingModel], histories: Histories, edges: ArrayLike, *, draws: int, seed: int
) -> list[Whole]:
    """Possible futures of all customers, each under parameters of its own. Customers × draws numbers per period.

    Raises:
        ValueError: the fit has no covariance.
    """
    rng = np.random.default_rng(seed)
    return [model.simulate(histories, edges, rng) for model in fit.draws(draws, rng)]


def total(
    fit: Fit[BuyingModel],
    histories: Histories,
    horizon: float,
    *,
    level: float = 0.9,
    draws: int = 400,
    seed: int = 0,
) -> Foretold:
    """Purchases of all these customers together within `horizon`. Cost: customers × draws.

    Raises:
        ValueError: the fit has no covariance.
    """
    rng = np.random.default_rng(seed)
    sums = [float(model.simulate(histories, [0.0, horizon], rng).sum()) for model in fit.draws(draws, rng)]
    low, high = np.quantile(sums, [(1 - level) / 2, (1 + level) / 2])
    return Foretold(float(fit.model.expected(histories, horizon).sum()), float(low), float(high))


def each(
    fit: Fit[BuyingModel],
    histories: Histories,
    horizon: float,
    *,
    level: float = 0.9,
    draws: int = 200,
    seed: int = 0,
) -> tuple[Floats, Floats, Floats]:
    """Of every customer: purchases to be expected within `horizon`, and the interval they will lie in (whole numbers).

    Cost: customers × draws in time; memory is customers × draws of two bytes.

    Raises:
        ValueError: the fit has no covariance.
    """
    rng = np.random.default_rng(seed)
    counts = np.empty((draws, histories.customers), np.int16)
    for place, model in enumerate(fit.draws(draws, rng)):
        drawn = model.simulate(histories, [0.0, horizon], rng)[:, 0]
        counts[place] = np.minimum(drawn, np.iinfo(np.int16).max)
    low, high = np.empty(histories.customers), np.empty(histories.customers)
    for start in range(0, histories.customers, AT_ONCE):
        piece = slice(start, start + AT_ONCE)
        low[piece], high[piece] = np.quantile(
            counts[:, piece], [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf"
        )
    return fit.model.expected(histories, horizon), low, high


def randomised_pit(
    fit: Fit[BuyingModel],
    histories: Histories,
    actual: ArrayLike,
    horizon: float,
    *,
    draws: int = 200,
    seed: int = 0,
) -> Floats:
    """Where each customer's real purchases lie in what was foretold, 0 … 1; uniform where the model is right."""
    happened = _per_customer(actual, histories)
    rng = np.random.default_rng(seed)
    below = np.zeros(histories.customers)
    equal = np.zeros(histories.customers)
    for model in fit.draws(draws, rng):
        drawn = model.simulate(histories, [0.0, horizon], rng)[:, 0]
        below += drawn < happened
        equal += drawn == happened
    out: Floats = (below + rng.random(histories.customers) * (equal + 1)) / (draws + 1)
    return out


def bands(expected: ArrayLike, actual: ArrayLike, histories: Histories, *, most: int = 7) -> list[Band]:
    """Expectation beside what happened by repeat purchases so far: 0, 1, … , `most` and more; empty rows are left out."""
    happened, foretold = _per_customer(actual, histories), _per_customer(expected, histories)
    so_far = np.minimum(histories.frequencies(), most)
    out = []
    for count in range(most + 1):
        here = so_far == count
        if here.any():
            out.append(
                Band(count, None if count == most else count, int(here.sum()),
                     float(foretold[here].mean()), float(happened[here].mean()))
            )  # fmt: skip
    return out


def tracking(model: BuyingModel, known_since: ArrayLike, times: ArrayLike) -> Floats:
    """Repeat purchases to be expected of a whole cohort up to each time.

    Args:
        known_since: time of first purchase of each customer, on the scale of `times`.

    Cost: times × different starts.
    """
    starts, customers = np.unique(np.asarray(known_since, np.float64), return_counts=True)
    at = np.asarray(times, np.float64)
    out = np.zeros(len(at))
    for start, count in zip(starts, customers, strict=True):
        later = at > start
        out[later] += count * model.cumulative(at[later] - start)
    return out


def naive(histories: Histories, horizon: float) -> Floats:
    """The baseline a model must beat: everybody goes on as so far, x/T · horizon."""
    return histories.spread(histories.frequency / histories.age * horizon)


def _per_customer(values: ArrayLike, histories: Histories) -> Floats:
    out = np.asarray(values, np.float64)
    if out.shape != (histories.customers,):
        raise ValueError(f"one value per customer is needed: {out.shape} for {histories.customers} customers")
    return out
