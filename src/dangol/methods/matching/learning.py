"""The weights from the records themselves: what chance brings about is counted, what matches have in common is learnt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dangol.methods.matching import blocking
from dangol.methods.matching.columns import Column
from dangol.methods.matching.kinds import Kind
from dangol.methods.matching.weights import USUAL, Field, Model, prior_of

Levels = NDArray[np.int8]

DRAWN = 400_000
"""Pairs drawn at random to see what chance brings about, and pairs at most of one training block."""
TRUST = 20.0
"""The usual shares count as so many matches: what a small base teaches is held against what is usual."""
MOST, LEAST = 2.0, 0.5
"""So many times what is usual a level below sameness can be frequent, and must at least be, among matches."""
ROUNDS = 60
SMALLEST = 1e-7


def learn(columns: Sequence[Column], *, seed: int = 1) -> Model:
    """The model of these records, without knowing which of them are the same. Needs no more memory than the pairs drawn.

    Shares among others come from pairs at random. Shares among matches are learnt in blocks: within the pairs that agree on
    one field, the other fields tell matches and others apart by expectation and maximisation; what several blocks say of a
    field is weighted by how many matches each is expected to have.
    """
    n = len(columns[0].codes)
    draw = np.random.default_rng(seed)
    others = [_chance(column, n, draw) for column in columns]
    sums = [np.zeros(len(column.kind.labels)) for column in columns]
    for place, column in enumerate(columns):
        if column.kind.name == "value" or not column.distinct:
            continue
        pairs = blocking.within(column.codes.astype(np.int64), max(20 * DRAWN, n))
        if len(pairs) > DRAWN:
            pairs = draw.choice(pairs, DRAWN, replace=False)
        if len(pairs) < 10:
            continue
        rest = [at for at in range(len(columns)) if at != place]
        levels = [columns[at].levels(pairs // n, pairs % n) for at in rest]
        found = _maximise(levels, [columns[at].kind for at in rest], [others[at] for at in rest])
        for at, counts in zip(rest, found, strict=True):
            sums[at] += counts
    fields = []
    for column, counts, by_chance in zip(columns, sums, others, strict=True):
        likely = _smoothed(counts, column.kind.likely)
        fields.append(Field(column.name, column.kind, tuple(likely.tolist()), tuple(by_chance.tolist())))
    return Model(tuple(fields), prior_of(0.05, max(n, USUAL)))


def _smoothed(counts: NDArray[np.float64], usual: Sequence[float]) -> NDArray[np.float64]:
    """Shares among matches. Below sameness they are held near to what is usual: where no two records are the same, what
    depends on one another (a mailbox made of the name) would else be taken for what matches have in common, and a slip in
    the name for a sign against them."""
    shares = counts + TRUST * np.asarray(usual)
    shares = np.maximum(shares / shares.sum(), SMALLEST)
    held = np.asarray(usual)[:-1]
    shares[:-1] = np.clip(shares[:-1], LEAST * held, MOST * held)
    # what is cut off below goes to sameness: dividing by the sum alone would give it back to where it was cut
    shares[-1] = max(shares[-1], 1 - shares[:-1].sum())
    found: NDArray[np.float64] = shares / shares.sum()
    return found


def _chance(column: Column, n: int, draw: np.random.Generator) -> NDArray[np.float64]:
    """How frequent each level is among records that have nothing to do with each other."""
    known = np.flatnonzero(column.codes >= 0)
    if len(known) < 2:
        return np.asarray(column.kind.chance)
    left, right = draw.choice(known, DRAWN), draw.choice(known, DRAWN)
    apart = left != right
    levels = column.levels(left[apart], right[apart])
    counts = np.bincount(levels, minlength=len(column.kind.labels)).astype(float)
    # a small base has fewer pairs than were drawn
    every = len(known) * (len(known) - 1.0)
    counts *= min(1.0, every / 2 / max(counts.sum(), 1))
    usual = np.asarray(column.kind.chance)
    found = counts + USUAL * usual
    found /= found.sum()
    # of equal values there is no need to guess
    held = column.counts.astype(float)
    same = (float((held * (held - 1)).sum()) + USUAL**2 * usual[-1]) / (every + USUAL**2)
    same = min(max(same, SMALLEST), 0.99)
    found[:-1] *= (1 - same) / found[:-1].sum()
    found[-1] = same
    result: NDArray[np.float64] = np.maximum(found, SMALLEST)
    return result


def _maximise(
    levels: Sequence[Levels], kinds: Sequence[Kind], chance: Sequence[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Expected numbers of matches on each level of each field, in a block of pairs."""
    stacked = np.stack(levels, axis=1)
    patterns, counts = np.unique(stacked, axis=0, return_counts=True)
    likely = [np.asarray(kind.likely) for kind in kinds]
    share = 0.3
    by_chance = _evidence(patterns, chance)
    sums: list[NDArray[np.float64]] = [np.zeros(len(kind.labels)) for kind in kinds]
    for _round in range(ROUNDS):
        odds = np.log(share / (1 - share)) + _evidence(patterns, likely) - by_chance
        matched = counts / (1 + np.exp(-np.clip(odds, -60, 60)))
        before = share
        share = float(np.clip(matched.sum() / counts.sum(), 1e-6, 0.999))
        for at, kind in enumerate(kinds):
            known = patterns[:, at] >= 0
            sums[at] = np.bincount(
                patterns[known, at], weights=matched[known], minlength=len(kind.labels)
            ).astype(float)
            likely[at] = _smoothed(sums[at], kind.likely)
        if abs(share - before) < 1e-7:
            break
    return sums


def _evidence(patterns: Levels, shares: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    found = np.zeros(len(patterns))
    for at, share in enumerate(shares):
        logs = np.append(np.log(share), 0.0)  # the last is for what is missing: -1
        found += logs[patterns[:, at]]
    return found
