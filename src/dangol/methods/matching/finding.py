"""All pairs of records that may be the same, of up to some millions of records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dangol.methods.matching import blocking, learning
from dangol.methods.matching.columns import Column
from dangol.methods.matching.weights import ALONE, RAREST, USUAL, Model, prior_of

EACH = 2_000_000
"""Pairs judged at a time."""

Progress = Callable[[float], None]
"""Told the share that is done; may raise to stop."""


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs of records (places in the columns, `left` < `right`), how probable each is, and the level of each field."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    probability: NDArray[np.float64]
    levels: NDArray[np.int8]
    compared: int
    model: Model


def find(
    columns: Sequence[Column],
    *,
    threshold: float,
    model: Model | None = None,
    given: NDArray[np.int64] | None = None,
    progress: Progress | None = None,
) -> Found:
    """Compare what is worth it and keep what is probable.

    Args:
        columns: the fields, all of the same records.
        threshold: the probability from which a pair is kept.
        model: as learnt before; learnt from these records when left out.
        given: the pairs to compare, as `blocking.pairs` gives them; worked out when left out.
        progress: told how far it is.

    Costs, for a million records with eight fields on one core, about two minutes and two gigabytes.
    """
    n = len(columns[0].codes)
    told = progress or (lambda share: None)
    pairs = blocking.pairs(columns) if given is None else given
    told(0.25)
    taught = model or learning.learn(columns)
    told(0.4)
    kept: list[NDArray[np.int64]] = []
    odds: list[NDArray[np.float64]] = []
    levels: list[NDArray[np.int8]] = []
    alone: list[NDArray[np.bool_]] = []
    for start in range(0, len(pairs), EACH):
        piece = pairs[start : start + EACH]
        left, right = piece // n, piece % n
        found = np.stack([column.levels(left, right) for column in columns], axis=1)
        weight, single = _weights(taught, columns, found, left, right)
        # worth keeping until it is known how many matches there are at all
        near = weight > np.log(1 / taught.prior) - 12
        kept.append(piece[near])
        odds.append(weight[near])
        levels.append(found[near])
        alone.append(single[near])
        told(0.4 + 0.6 * min(1.0, (start + EACH) / max(len(pairs), 1)))
    pair = np.concatenate(kept) if kept else np.zeros(0, np.int64)
    weight = np.concatenate(odds) if odds else np.zeros(0)
    single = np.concatenate(alone) if alone else np.zeros(0, bool)
    level = np.concatenate(levels) if levels else np.zeros((0, len(columns)), np.int8)
    if model is None:
        taught = replace(taught, prior=_prior(weight, taught.prior, n))
    probability = _probability(weight, taught.prior)
    probability = np.where(single, np.minimum(probability, ALONE), probability)
    good = np.flatnonzero(probability >= threshold)
    return Found(pair[good] // n, pair[good] % n, probability[good], level[good], len(pairs), taught)


def _probability(weight: NDArray[np.float64], prior: float) -> NDArray[np.float64]:
    odds = np.clip(weight + np.log(prior / (1 - prior)), -60, 60)
    found: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
    return found


def _prior(weight: NDArray[np.float64], prior: float, n: int) -> float:
    """How probable two records at random are the same, so that as many matches are expected as are found."""
    usual = USUAL * (USUAL - 1) / 2
    every = n * (n - 1) / 2 + usual
    expected = usual * prior_of(0.05, USUAL)
    for _round in range(50):
        found = float(min(0.1, (_probability(weight, prior).sum() + expected) / every))
        if abs(found - prior) < 1e-4 * prior:
            break
        prior = found
    return prior


def _weights(
    model: Model,
    columns: Sequence[Column],
    levels: NDArray[np.int8],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The sum of the weights of each pair, and whether a single field speaks for it; as `Model.probability` has it."""
    found = np.zeros(len(left))
    telling = np.zeros(len(left), np.int8)
    leading = np.zeros(len(left), bool)
    for at, (field, column) in enumerate(zip(model.fields, columns, strict=True)):
        logs = np.append(np.log(np.asarray(field.likely) / np.asarray(field.chance)), 0.0)
        one = logs[levels[:, at]]
        shared = np.isin(levels[:, at], field.kind.shared)
        share = column.rarity(left[shared], right[shared])
        one[shared] -= np.log(np.maximum(share / field.chance[field.kind.top], RAREST))
        found += one
        if field.kind.shared and field.kind.name != "value":
            telling += one > 0
            leading |= (one > 0) & field.kind.leading
    return found, (telling < 2) & ~leading
