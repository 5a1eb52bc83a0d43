"""The distances of `distances` for many pairs at once: one pass of numpy per place in the texts, not per pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dangol.methods.matching.distances import LONGEST

AT_ONCE = 100_000
"""Pairs worked on at a time: the arrays then stay in the processor's cache as far as they can."""

Letters = NDArray[np.uint16]
"""A row for each text: its characters, 0 behind the end."""


def letters(texts: Sequence[str]) -> tuple[Letters, NDArray[np.int16]]:
    """Texts as rows of characters, and how long each is, of the first `LONGEST` characters."""
    if not texts:
        return np.zeros((0, 1), np.uint16), np.zeros(0, np.int16)
    width = max(1, min(LONGEST, max(map(len, texts))))
    rows = np.array(texts, dtype=f"<U{width}").view(np.uint32).reshape(len(texts), width)
    # characters beyond 65,535 are compared by what is left of them; in names they do not occur
    sizes = np.fromiter((min(len(text), width) for text in texts), np.int16, len(texts))
    return rows.astype(np.uint16), sizes


def edits(
    rows: Letters, sizes: NDArray[np.int16], left: NDArray[np.integer], right: NDArray[np.integer]
) -> NDArray[np.uint8]:
    """Distances of the pairs of rows `left[i]`, `right[i]`."""
    out = np.zeros(len(left), np.uint8)
    for start in range(0, len(left), AT_ONCE):
        piece = slice(start, start + AT_ONCE)
        out[piece] = _edits(rows[left[piece]], rows[right[piece]], sizes[left[piece]], sizes[right[piece]])
    return out


def _edits(
    left: Letters, right: Letters, left_sizes: NDArray[np.int16], right_sizes: NDArray[np.int16]
) -> NDArray[np.uint8]:
    count = len(left)
    a, b = np.ascontiguousarray(left.T), np.ascontiguousarray(right.T)
    longest_a, longest_b = int(left_sizes.max(initial=0)), int(right_sizes.max(initial=0))
    out = right_sizes.astype(np.uint8)
    every = np.arange(count)
    above = np.repeat(np.arange(longest_b + 1, dtype=np.uint8)[:, None], count, axis=1)
    before = above
    for i in range(1, longest_a + 1):
        row = np.empty_like(above)
        row[0] = i
        for j in range(1, longest_b + 1):
            cell = np.minimum(above[j], row[j - 1]) + np.uint8(1)
            np.minimum(cell, above[j - 1] + (a[i - 1] != b[j - 1]), out=cell)
            if i > 1 and j > 1:
                swapped = (a[i - 1] == b[j - 2]) & (a[i - 2] == b[j - 1])
                np.minimum(cell, before[j - 2] + np.uint8(1), out=cell, where=swapped)
            row[j] = cell
        ends = left_sizes == i
        out[ends] = row[right_sizes[ends], every[ends]]
        before, above = above, row
    return out


def jaro_winkler(
    rows: Letters, sizes: NDArray[np.int16], left: NDArray[np.integer], right: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Agreements of the pairs of rows `left[i]`, `right[i]`."""
    out = np.zeros(len(left))
    for start in range(0, len(left), AT_ONCE):
        piece = slice(start, start + AT_ONCE)
        out[piece] = _jaro_winkler(
            rows[left[piece]], rows[right[piece]], sizes[left[piece]], sizes[right[piece]]
        )
    return out


def _jaro_winkler(
    left: Letters, right: Letters, left_sizes: NDArray[np.int16], right_sizes: NDArray[np.int16]
) -> NDArray[np.float64]:
    count = len(left)
    a, b = np.ascontiguousarray(left.T), np.ascontiguousarray(right.T)
    longest_a, longest_b = int(left_sizes.max(initial=0)), int(right_sizes.max(initial=0))
    window = np.maximum(np.maximum(left_sizes, right_sizes) // 2 - 1, 0)
    widest = int(window.max(initial=0))
    used_a = np.zeros((longest_a, count), bool)
    free_b = np.arange(longest_b)[:, None] < right_sizes[None, :]
    whole_b = free_b.copy()
    for i in range(longest_a):
        looking = left_sizes > i
        for j in range(max(0, i - widest), min(longest_b, i + widest + 1)):
            hit = looking & free_b[j] & (a[i] == b[j]) & (window >= abs(i - j))
            used_a[i] |= hit
            free_b[j] &= ~hit
            looking &= ~hit
    used_b = whole_b & ~free_b
    same = used_a.sum(axis=0)
    # the characters that matched, in the order of each text
    narrow = max(1, min(longest_a, longest_b))
    first = _packed(a[:longest_a], used_a, narrow)
    second = _packed(b[:longest_b], used_b, narrow)
    swapped = (first != second).sum(axis=0) // 2
    with np.errstate(divide="ignore", invalid="ignore"):
        jaro = (same / left_sizes + same / right_sizes + (same - swapped) / same) / 3
    jaro[same == 0] = 0.0
    prefix = np.zeros(count)
    agreeing = same > 0
    for place in range(min(4, longest_a, longest_b)):
        agreeing &= (a[place] == b[place]) & (a[place] != 0)
        prefix += agreeing
    found: NDArray[np.float64] = jaro + prefix * 0.1 * (1 - jaro)
    return found


def _packed(characters: Letters, used: NDArray[np.bool_], narrow: int) -> Letters:
    packed = np.zeros((narrow, characters.shape[1]), np.uint16)
    places = np.cumsum(used, axis=0) - 1
    at, pair = np.nonzero(used)
    packed[places[at, pair], pair] = characters[at, pair]
    return packed
