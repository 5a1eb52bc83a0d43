"""Finding the parameters under which what was seen is most likely, and how sure they are.

All parameters of these models are positive, so the search runs over their logarithms: no bound is ever crossed, and a
unit of time only moves the start. Several starts guard against a local peak; each climbs by L-BFGS-B with the exact
gradient (R. H. Byrd et al., *SIAM Journal on Scientific Computing* 16, 1995). From the best, steps of Newton's method end
the climb and give the curvature, whose inverse is the covariance of the logarithms (G. Casella, R. L. Berger,
*Statistical Inference*, 2002, section 10.1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import Final, Generic, Protocol, TypeVar

import numpy as np

from dangol.methods.histories import Floats

LEAST: Final = log(1e-5)
MOST: Final = log(1e6)
"""Between these logarithms a parameter is sought. At the upper end customers are all alike in what it describes."""
FARTHEST: Final = 60.0
"""No drawn logarithm lies beyond: e^60 is finite in all that follows, whatever the currency."""
STEP: Final = 1e-4
STEPS_OF_NEWTON: Final = 8
IDLE: Final = 0.1
"""A parameter by whose logarithm the log-likelihood neither slopes nor bends more than this does nothing where it is."""
CHORDS: Final = 12
NEAR_ENOUGH: Final = 1e-7
"""Converged means that the next step would better the log-likelihood by less than this."""

Score = Callable[[Floats], tuple[float, Floats]]
"""Log-likelihood and its gradient at logarithms of parameters."""


class Positive(Protocol):
    """A model described by positive numbers in a fixed order."""

    def logarithms(self) -> Floats: ...

    def with_logarithms(self, logarithms: Floats) -> Positive: ...

    def names(self) -> tuple[str, ...]: ...


M = TypeVar("M", bound=Positive)
Model_co = TypeVar("Model_co", bound=Positive, covariant=True)


@dataclass(frozen=True, slots=True)
class Peak:
    """Where a search ended. `covariance` is that of the logarithms; rows and columns of `loose` ones are 0."""

    logarithms: Floats
    log_likelihood: float
    converged: bool
    message: str
    covariance: Floats | None
    loose: tuple[int, ...]
    evaluations: int
    starts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fit(Generic[Model_co]):
    """A fitted model and how far it is to be trusted.

    Attributes:
        log_likelihood: natural logarithm, of all customers.
        customers: how many the model was fitted to.
        converged: False where the search ended elsewhere than on a peak; `message` says why. Do not use such a fit.
        covariance: of the logarithms of the parameters; None where the peak is too flat to have one.
        loose: parameters of which the data say only that they are very large or small, such as a and b where nobody can be
            seen to leave. They are held where they are: intervals leave out how unsure they are.
        starts: log-likelihood reached from each start (on a part of the rows where there are very many).
    """

    model: Model_co
    log_likelihood: float
    customers: int
    converged: bool
    message: str
    covariance: Floats | None
    loose: tuple[str, ...]
    evaluations: int
    starts: tuple[float, ...]

    def parameters(self) -> dict[str, float]:
        """By name."""
        return dict(zip(self.model.names(), np.exp(self.model.logarithms()).tolist(), strict=True))

    def standard_errors(self) -> dict[str, float]:
        """By the delta method from the logarithms; empty without covariance."""
        if self.covariance is None:
            return {}
        spread = np.exp(self.model.logarithms()) * np.sqrt(np.diag(self.covariance))
        return dict(zip(self.model.names(), spread.tolist(), strict=True))

    def interval(self, level: float = 0.9) -> dict[str, tuple[float, float]]:
        """Wald intervals on the logarithms, so never below 0; empty without covariance."""
        if self.covariance is None:
            return {}
        reach = normal_quantile(level) * np.sqrt(np.diag(self.covariance))
        middle = self.model.logarithms()
        ends = zip(np.exp(middle - reach).tolist(), np.exp(middle + reach).tolist(), strict=True)
        return dict(zip(self.model.names(), ends, strict=True))

    def draws(self, count: int, rng: np.random.Generator) -> list[Model_co]:
        """Models as they might have been fitted to other customers of the same kind.

        Raises:
            ValueError: there is no covariance: the data do not say how sure the parameters are.
        """
        if self.covariance is None:
            raise ValueError(f"no parameters can be drawn: {self.message}")
        middle = self.model.logarithms()
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        moved = middle + rng.standard_normal((count, len(middle))) @ root.T
        return [_moved(self.model, np.clip(one, -FARTHEST, FARTHEST)) for one in moved]


def fitted(model: M, peak: Peak, customers: int) -> Fit[M]:
    """The peak in words of the model (any of its kind)."""
    names = model.names()
    return Fit(
        _moved(model, peak.logarithms), peak.log_likelihood, customers, peak.converged, peak.message,
        peak.covariance, tuple(names[place] for place in peak.loose), peak.evaluations, peak.starts,
    )  # fmt: skip


def normal_quantile(level: float) -> float:
    """How many standard deviations on each side hold the share `level` of a normal distribution.

    Raises:
        ValueError: a level outside 0 … 1.
    """
    from statistics import NormalDist

    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1: {level}")
    return NormalDist().inv_cdf((1 + level) / 2)


def climb(score: Score, starts: Sequence[Sequence[float]], *, coarse: Score | None = None) -> Peak:
    """The highest peak found from all starts (parameters, not logarithms).

    Args:
        coarse: a cheaper score, as of a part of the rows weighted up to the whole, for the first climb from each start.

    Cost: some 30 calls of `coarse` (or `score`) per start, then about 15 of `score`: close to the peak, steps take the
    curvature of `coarse`.
    """
    from threadpoolctl import threadpool_limits

    # matrices of four by four and sums over rows gain nothing from threads that wait for each other: on a busy machine
    # they made a search two hundred times slower
    with threadpool_limits(1, "blas"):
        return _climb(score, starts, coarse)


def _climb(score: Score, starts: Sequence[Sequence[float]], coarse: Score | None) -> Peak:
    from scipy.optimize import minimize

    calls = 0

    def downward(logarithms: Floats, of: Score) -> tuple[float, Floats]:
        nonlocal calls
        calls += 1
        value, gradient = of(logarithms)
        if not np.isfinite(value) or not np.isfinite(gradient).all():
            return 1e15, np.zeros_like(logarithms)
        return -value, -gradient

    reached: list[tuple[float, Floats]] = []
    for start in starts:
        begin = np.clip(np.log(np.asarray(start, np.float64)), LEAST, MOST)
        found = minimize(
            downward, begin, (coarse or score,), jac=True, method="L-BFGS-B",
            bounds=[(LEAST, MOST)] * len(begin), options={"maxiter": 400, "ftol": 1e-12},
        )  # fmt: skip
        reached.append((-float(found.fun), found.x))
    best = max(reached, key=lambda one: one[0])[1]
    if coarse is not None:
        best, _, _, _, spread, _ = _newton(lambda at: downward(at, coarse), best)
        best = _chords(lambda at: downward(at, score), best, spread)
    peak = _newton(lambda at: downward(at, score), best)
    return Peak(*peak, evaluations=calls, starts=tuple(value for value, _ in reached))


def _chords(downward: Callable[[Floats], tuple[float, Floats]], at: Floats, spread: Floats | None) -> Floats:
    """Steps by a curvature from elsewhere, as long as they lead down."""
    if spread is None:
        return at
    value, gradient = downward(at)
    for _ in range(CHORDS):
        step = -spread @ gradient
        if float(-gradient @ step / 2) < NEAR_ENOUGH / 10:
            break
        there = np.clip(at + step, LEAST, MOST)
        tried, its_gradient = downward(there)
        if tried >= value:
            break
        at, value, gradient = there, tried, its_gradient
    return at


def _newton(
    downward: Callable[[Floats], tuple[float, Floats]], at: Floats
) -> tuple[Floats, float, bool, str, Floats | None, tuple[int, ...]]:
    """Steps of Newton's method, and the covariance where they end."""
    value, gradient = downward(at)
    left, covariance = np.inf, None
    free = _free(at, gradient)
    for _ in range(STEPS_OF_NEWTON):
        free = _free(at, gradient)
        curvature = _curvature(downward, at, free)
        matters = (np.abs(np.diag(curvature)) >= IDLE) | (np.abs(gradient[free]) >= IDLE)
        curvature = curvature[np.ix_(matters, matters)]
        free[np.flatnonzero(free)[~matters]] = False
        if not free.any():
            left, covariance = 0.0, np.zeros((len(at), len(at)))
            break
        values, vectors = np.linalg.eigh(curvature)
        solid = values > max(values[-1], 0.0) * 1e-10
        if not solid.all() or values[-1] <= 0:
            covariance = None
            bend = np.maximum(np.abs(values), 1e-6 * max(float(np.abs(values).max()), 1e-12))
        else:
            bend = values
            covariance = np.zeros((len(at), len(at)))
            covariance[np.ix_(free, free)] = (vectors / values) @ vectors.T
        step = np.zeros(len(at))
        step[free] = -(vectors / bend) @ (vectors.T @ gradient[free])
        left = float(-gradient @ step / 2)
        if left < NEAR_ENOUGH:
            break
        taken = 1.0
        while taken > 1e-4:
            there = np.clip(at + taken * step, LEAST, MOST)
            tried, its_gradient = downward(there)
            if tried < value:
                break
            taken /= 4
        else:
            break
        at, value, gradient = there, tried, its_gradient
    loose = tuple(int(place) for place in np.flatnonzero(~free))
    converged = left < max(NEAR_ENOUGH, 1e-11 * abs(value))
    if not converged:
        message = f"the search ended {left:.2g} below the peak it was climbing"
    elif covariance is None:
        message = "the peak is flat: the data do not tell the parameters apart"
    elif loose:
        message = "the data say of a parameter only that it is very large or very small"
    else:
        message = "converged"
    return at, -value, converged, message, covariance, loose


def _free(at: Floats, gradient: Floats) -> np.typing.NDArray[np.bool_]:
    """Which parameters are not pressed against an end of what is sought. `gradient` is that of the descent."""
    near = 1e-3
    free: np.typing.NDArray[np.bool_] = ~(
        ((at <= LEAST + near) & (gradient > 0)) | ((at >= MOST - near) & (gradient < 0))
    )
    return free


def _curvature(
    downward: Callable[[Floats], tuple[float, Floats]], at: Floats, free: np.typing.NDArray[np.bool_]
) -> Floats:
    """Second derivatives by central differences of the exact gradient: errors of about STEP²."""
    places = np.flatnonzero(free)
    out = np.empty((len(places), len(places)))
    for row, place in enumerate(places):
        shift = np.zeros(len(at))
        shift[place] = STEP
        out[row] = (downward(at + shift)[1][free] - downward(at - shift)[1][free]) / (2 * STEP)
    return (out + out.T) / 2


def _moved(model: M, logarithms: Floats) -> M:
    moved = model.with_logarithms(logarithms)
    assert isinstance(moved, type(model))
    return moved


def positive(**values: float) -> None:
    """Refuse parameters that are not positive and finite.

    Raises:
        ValueError: names the parameter.
    """
    for name, value in values.items():
        if not (value > 0 and np.isfinite(value)):
            raise ValueError(f"{name} is a finite number above 0: {value}")
