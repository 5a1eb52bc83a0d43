"""Which pairs are worth comparing: those that share something few others have.

Comparing all pairs of a million records is five hundred thousand million comparisons. Records are put together by values
that lead by themselves (a phone number, a name), and by any two values at once. Of each such key the small groups are
taken first, as many as the allowance lets; whatever is the same is thereby found by one key or another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from dangol.methods.matching.columns import Column

Keys = NDArray[np.int64]
"""A number for each record, -1 for none; equal numbers share the key."""
Pairs = NDArray[np.int64]
"""Pairs of records a < b, each as a · n + b."""

LEADING = 3.0
TWO = 0.75
"""Pairs that a key may bring, for each record: one that leads by itself, and two values together."""
FEWEST = 200_000
"""The allowance of small bases, in pairs."""


def keys_of(column: Column) -> list[Keys]:
    """The keys of one field, the most exact first."""
    width = 0
    per_value: list[list[str]] = []
    for found in column.distinct:
        keys = list(dict.fromkeys(column.kind.keys(found)))
        per_value.append(keys)
        width = max(width, len(keys))
    out: list[Keys] = []
    for place in range(width):
        known: dict[str, int] = {}
        of_value = np.array(
            [known.setdefault(keys[place], len(known)) if place < len(keys) else -1 for keys in per_value]
            + [-1],
            np.int64,
        )
        out.append(of_value[column.codes])
    return out


def crossed(first: Keys, second: Keys) -> Keys:
    """Both keys as one."""
    found = first * (int(second.max(initial=0)) + 1) + second
    found[(first < 0) | (second < 0)] = -1
    return found


def within(keys: Keys, allowance: int) -> Pairs:
    """The pairs of records that share a key: those of the smallest groups, as many as are allowed."""
    n = len(keys)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    start = int(np.searchsorted(ordered, 0))
    order, ordered = order[start:], ordered[start:]
    if len(order) < 2:
        return np.zeros(0, np.int64)
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[first, len(ordered)])
    found: list[Pairs] = []
    left = allowance
    for size in np.unique(sizes[sizes > 1]).tolist():
        starts = first[sizes == size]
        each = size * (size - 1) // 2
        starts = starts[: max(0, left // each)]
        if not len(starts):
            break
        left -= len(starts) * each
        members = order[starts[:, None] + np.arange(size)[None, :]]
        for gap in range(1, size):
            a, b = members[:, :-gap].ravel(), members[:, gap:].ravel()
            found.append(np.minimum(a, b) * n + np.maximum(a, b))
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def pairs(columns: Sequence[Column]) -> Pairs:
    """All pairs worth comparing, each once, in order."""
    n = len(columns[0].codes)
    together: Pairs = np.zeros(0, np.int64)
    for keys, share in _keys(columns):
        found = within(keys, max(FEWEST, int(share * n)))
        together = np.union1d(together, found)
    return together


def _keys(columns: Sequence[Column]) -> Iterator[tuple[Keys, float]]:
    own = {column.name: keys_of(column) for column in columns}
    for column in columns:
        if column.kind.leading or column.kind.name == "name":
            for keys in own[column.name]:
                yield keys, LEADING
    exact = {column.name: column.codes.astype(np.int64) for column in columns if own[column.name]}
    for first, second in combinations(exact, 2):
        yield crossed(exact[first], exact[second]), TWO
    for column in columns:
        if column.kind.name != "name":
            continue
        rough = _initials(column)
        for name, keys in exact.items():
            if name != column.name:
                yield crossed(rough, keys), TWO


def _initials(column: Column) -> Keys:
    """The leading letters of names: those with one letter wrong inside a syllable mostly share them."""
    known: dict[str, int] = {}
    of_value = [
        known.setdefault(found[3][:3] if found[3].isascii() else found[3], len(known))
        for found in column.distinct
    ]
    found: Keys = np.array([*of_value, -1], np.int64)[column.codes]
    return found
