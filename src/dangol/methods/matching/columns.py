"""A field of many records, as `finding` reads it: each distinct value once, with all its forms."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dangol.methods.matching import vectors
from dangol.methods.matching.distances import LONGEST
from dangol.methods.matching.kinds import MISSING, Forms, Kind
from dangol.methods.matching.weights import USUAL

Rows = NDArray[np.integer]
REMEMBERED = 100_000
"""Values whose forms are remembered while they come in: frequent ones come early."""
EACH = 1_000_000
"""Pairs compared at a time: what bounds the memory."""


class Form:
    """One form of the distinct values of a column."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    @cached_property
    def sizes(self) -> NDArray[np.int16]:
        """Whole lengths, of which the distances look at the first `LONGEST`."""
        return np.fromiter(map(len, self.texts), np.int16, len(self.texts))

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        """The same number for the same text."""
        known: dict[str, int] = {}
        return np.fromiter(
            (known.setdefault(text, len(known)) for text in self.texts), np.int32, len(self.texts)
        )

    @cached_property
    def _letters(self) -> tuple[vectors.Letters, NDArray[np.int16]]:
        return vectors.letters([text[:LONGEST] for text in self.texts])

    def taken(self, rows: Rows) -> list[str]:
        return [self.texts[row] for row in rows.tolist()]

    def same(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.codes[left] == self.codes[right]
        return found

    def edits(self, left: Rows, right: Rows) -> NDArray[np.uint8]:
        """Distances; for texts whose lengths differ by more than two, the difference is taken for it."""
        rows, sizes = self._letters
        out: NDArray[np.uint8] = np.abs(sizes[left] - sizes[right]).astype(np.uint8)
        close = np.flatnonzero(out <= 2)
        out[close] = vectors.edits(rows, sizes, left[close], right[close])
        return out

    def jaro_winkler(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        return vectors.jaro_winkler(*self._letters, left, right)


class Column:
    """`codes` has for each record the place of its value among the distinct ones, -1 where there is none.

    Values come at once, or one after the other by `add`; then `close` says that there are no more.
    """

    def __init__(self, name: str, kind: Kind, values: Iterable[str | None] | None = None) -> None:
        self.name = name
        self.kind = kind
        self._places: dict[str, int] = {}
        self._by_forms: dict[Forms, int] = {}
        self._codes = array("i")
        self.distinct: list[Forms] = []
        self._forms: dict[int, Form] = {}
        if values is not None:
            for value in values:
                self.add(value)
            self.close()

    def add(self, value: str | None) -> None:
        """The value of the next record."""
        if not value:
            self._codes.append(MISSING)
            return
        place = self._places.get(value)
        if place is None:
            found = self.kind.forms(value)
            place = MISSING if found is None else self._by_forms.setdefault(found, len(self._by_forms))
            if len(self._places) < REMEMBERED:
                self._places[value] = place
        self._codes.append(place)

    def close(self) -> None:
        """No further values; what only adding needs is let go."""
        self.distinct = list(self._by_forms)
        self._places, self._by_forms = {}, {}

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        return np.array(self._codes, np.int32)

    def form(self, place: int) -> Form:
        if place not in self._forms:
            self._forms[place] = Form([found[place] for found in self.distinct])
        return self._forms[place]

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """For each distinct value how frequent it is (`weights.share_of`), among the records that have any."""
        counts = self.counts
        common = np.maximum(counts - 1 - self.kind.leading, 0)
        usual = USUAL * self.kind.chance[self.kind.top]
        found: NDArray[np.float64] = (common + usual) / (int(counts.sum()) + USUAL)
        return found

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many records have each distinct value."""
        found: NDArray[np.int64] = np.bincount(self.codes[self.codes >= 0], minlength=len(self.distinct))
        return found

    def levels(self, left: Rows, right: Rows) -> NDArray[np.int8]:
        """How far the records `left[i]` and `right[i]` agree. Each pair of values is compared once per million pairs."""
        out = np.full(len(left), MISSING, np.int8)
        for start in range(0, len(left), EACH):
            a, b = self.codes[left[start : start + EACH]], self.codes[right[start : start + EACH]]
            known = np.flatnonzero((a >= 0) & (b >= 0))
            if not len(known):
                continue
            first, second = np.minimum(a[known], b[known]), np.maximum(a[known], b[known])
            width = len(self.distinct)
            pairs, back = np.unique(first.astype(np.int64) * width + second, return_inverse=True)
            found = self._of_values(pairs // width, pairs % width)
            out[start + known] = found[back]
        return out

    def _of_values(self, left: Rows, right: Rows) -> NDArray[np.int8]:
        found = np.full(len(left), self.kind.top, np.int8)
        other = np.flatnonzero(left != right)
        if len(other):
            found[other] = self.kind.levels(self, left[other], right[other])
        return found

    def rarity(self, left: Rows, right: Rows) -> NDArray[np.float64]:
        """The share of records with the more frequent of the two values; 0 where one is missing."""
        a, b = self.codes[left], self.codes[right]
        if not self.distinct:
            return np.zeros(len(left))
        found: NDArray[np.float64] = np.where(
            (a >= 0) & (b >= 0), np.maximum(self.shares[a], self.shares[b]), 0.0
        )
        return found
