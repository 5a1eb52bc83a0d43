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
    def alive(self, histories: Histories) -> Floats:
        """The probability that each customer is still one."""

    @abstractmethod
    def expected(self, histories: Histories, horizon: float) -> Floats:
        """Purchases to be expected of each customer within `horizon` from the end of observation."""

    @abstractmethod
    def cumulative(self, ages: ArrayLike) -> Floats:
        """Repeat purchases to be expected of somebody taken at random, from the first purchase up to each age."""

    @abstractmethod
    def simulate(self, histories: Histories, edges: ArrayLike, rng: np.random.Generator) -> Whole:
        """One possible future: purchases of each customer (rows) between neighbouring edges (columns).

        Edges ascend and count from the end of observation; the first is usually 0. Each customer's own rate and
        moment of leaving are drawn from what is known of them after their history.
        """


def checked_horizon(horizon: float) -> float:
    """Raises ValueError unless above 0 and finite."""
    if not (horizon > 0 and np.isfinite(horizon)):
        raise ValueError(f"a horizon is a finite time above 0: {horizon}")
    return float(horizon)


def checked_edges(edges: ArrayLike) -> Floats:
    """Raises ValueError unless there are two or more that ascend from 0 or later."""
    out = np.asarray(edges, np.float64)
    if out.ndim != 1 or len(out) < 2 or out[0] < 0 or not np.isfinite(out).all() or (np.diff(out) <= 0).any():
        raise ValueError("edges of periods ascend, from 0 or later, and there are at least two")
    return out
