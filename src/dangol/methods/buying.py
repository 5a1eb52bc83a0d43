"""What all models of buying without a contract can say of customers: who is still there, and how often they will buy.

`bgnbd`, `mbgnbd` and `pareto_nbd` are such models; `foretelling` and `clv` work with any of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import astuple, dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.histories import Floats, Histories, Whole
from dangol.methods.likelihood import positive


@dataclass(frozen=True, slots=True)
class BuyingModel(ABC):
    """A fitted model. Times are in the unit of the histories it was fitted to."""

    def __post_init__(self) -> None:
        """Raises ValueError for parameters that are not positive."""
        positive(**dict(zip(self.names(), astuple(self), strict=True)))

    def names(self) -> tuple[str, ...]:
        """Of the parameters, in their order."""
        return tuple(field.name for field in fields(self))

    def logarithms(self) -> Floats:
        """Of the parameters, in their order."""
        return np.log(np.array(astuple(self), np.float64))

    def with_logarithms(self, logarithms: Floats) -> Self:
        """The same kind of model with other parameters."""
        return replace(self, **dict(zip(self.names(), np.exp(logarithms).tolist(), strict=True)))

    @abstractmethod
    def score(self, histories: Histories) -> tuple[float, Floats]:
        """Log-likelihood of the histories and its gradient by the logarithms of the parameters."""

    def log_likelihood(self, histories: Histories) -> float:
        """Of the histories under this model."""
        return self.score(histories)[0]

    @abstractmethod
    def alive_rows(self, histories: Histories) -> Floats:
        """P(alive) of each different history."""

    @abstractmethod
    def living_rows(self, histories: Histories, horizon: float) -> Floats:
        """Purchases to be expected within `horizon` of each different history, given that the customer is alive."""

    def alive(self, histories: Histories) -> Floats:
        """The probability that each customer is still one."""
        return histories.spread(self.alive_rows(histories))

    def expected(self, histories: Histories, horizon: float) -> Floats:
        """E[Y(t) | x, t_x, T]: purchases to be expected of each customer within `horizon` from the end of observation.

        Raises:
            ValueError: a horizon that is not above 0.
        """
        if not (horizon > 0 and np.isfinite(horizon)):
            raise ValueError(f"a horizon is a finite time above 0: {horizon}")
        return histories.spread(self.living_rows(histories, horizon) * self.alive_rows(histories))

    def weighed(self, histories: Histories, edges: ArrayLike, factors: ArrayLike) -> Floats:
        """Expected purchases of each customer between neighbouring edges, times the factor of the period, added up.

        Raises:
            ValueError: edges that do not ascend, or not one factor for each period.
        """
        periods, worth = checked_edges(edges), np.asarray(factors, np.float64)
        if worth.shape != (len(periods) - 1,):
            raise ValueError(f"{len(periods) - 1} periods need as many factors, not {worth.shape}")
        rows = np.zeros(len(histories.weight))
        before = self.living_rows(histories, periods[0]) if periods[0] > 0 else np.zeros(len(rows))
        for edge, factor in zip(periods[1:], worth, strict=True):
            until = self.living_rows(histories, float(edge))
            rows += factor * (until - before)
            before = until
        return histories.spread(rows * self.alive_rows(histories))

    @abstractmethod
    def cumulative(self, ages: ArrayLike) -> Floats:
        """Repeat purchases to be expected of somebody taken at random, from the first purchase up to each age."""

    @abstractmethod
    def simulate(self, histories: Histories, edges: ArrayLike, rng: np.random.Generator) -> Whole:
        """One possible future: purchases of each customer (rows) between neighbouring edges (columns).

        Edges ascend and count from the end of observation; the first is usually 0. Each customer's own rate and
        moment of leaving are drawn from what is known of them after their history.
        """


def checked_edges(edges: ArrayLike) -> Floats:
    """Raises ValueError unless there are two or more that ascend from 0 or later."""
    out = np.asarray(edges, np.float64)
    if out.ndim != 1 or len(out) < 2 or out[0] < 0 or not np.isfinite(out).all() or (np.diff(out) <= 0).any():
        raise ValueError("edges of periods ascend, from 0 or later, and there are at least two")
    return out
