"""The two windows that are compared: equally long, before and after the day a programme began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

MOST: Final = 365
"""Longer than a year nothing is compared: by then the groups have other reasons to differ."""
LEAST: Final = 14
"""Shorter than two weeks nothing is said."""
DAYS_PER_MONTH: Final = 365.25 / 12


class State(StrEnum):
    """Whether there is something to compare."""

    MEASURED = "measured"
    NO_DATA = "no_data"
    NOT_BEGUN = "not_begun"
    EARLY = "early"
    NO_BEFORE = "no_before"
    NO_GROUPS = "no_groups"


@dataclass(frozen=True, slots=True)
class Window:
    """`days` days from `since` to the day before `start`, and as many from `start` to `until`."""

    start: date
    days: int

    @property
    def since(self) -> date:
        return self.start - timedelta(days=self.days)

    @property
    def until(self) -> date:
        return self.start + timedelta(days=self.days - 1)

    @property
    def months(self) -> float:
        return self.days / DAYS_PER_MONTH


def window(start: date, end: date | None, first: date | None, last: date | None) -> Window | State:
    """The longest two windows that the data cover, or why there are none.

    Args:
        end: the programme's last day; without one it goes on.
        first, last: the days from and to which there are data.
    """
    if first is None or last is None:
        return State.NO_DATA
    if last < start:
        return State.NOT_BEGUN
    before = (start - first).days
    after = (min(last, end or last) - start).days + 1
    if before < LEAST:
        return State.NO_BEFORE
    if after < LEAST:
        return State.EARLY
    return Window(start, min(before, after, MOST))
