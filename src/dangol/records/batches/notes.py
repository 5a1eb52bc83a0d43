"""What one committed chunk did, by record type, as its run keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Ids = Mapping[str, Sequence[int]]


def ranges(ids: Iterable[int]) -> list[list[int]]:
    """Ids as ranges from … to, both included: `[1, 2, 3, 7]` → `[[1, 3], [7, 7]]`."""
    found: list[list[int]] = []
    for number in sorted(ids):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def spread(given: Iterable[Sequence[int]]) -> list[int]:
    """The ids that ranges stand for, in order."""
    return [number for first, last in given for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Noted:
    """Ids by record type: made, changed, put into the recycle bin, taken out of it."""

    created: Ids = field(default_factory=dict)
    updated: Ids = field(default_factory=dict)
    deleted: Ids = field(default_factory=dict)
    restored: Ids = field(default_factory=dict)
