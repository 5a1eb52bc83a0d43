"""Before a programme begins: how small an effect could be told with so many customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from dangol.insight.effects.windows import Window

if TYPE_CHECKING:
    from dangol.measures.lake import Lake

DAYS: Final = 90
"""How long a programme is supposed to run."""


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest effect of a measure that would show in four of five cases; `share` of what there is now, None of nothing."""

    name: str
    effect: float
    share: float | None


def smallest(
    lake: Lake,
    treated: Sequence[int],
    control: Sequence[int],
    *,
    span: tuple[date, date],
    currency: str,
    random: bool,
) -> list[Smallest]:
    """As if a programme without effect had run in the last ninety days: its intervals are those that are to be expected.

    Empty where the data do not reach back twice so long, or a group has fewer than two customers. Two passes over the lake.
    """
    from dangol.insight.effects import judging, observing

    first, last = span
    start = last - timedelta(days=DAYS - 1)
    if (start - first).days < DAYS:
        return []
    window = Window(start, DAYS)
    outcome = judging.judge(
        observing.observe(lake, treated, control, window, currency=currency), window, random=random
    )
    if outcome is None:
        return []
    return [
        Smallest(one.name, one.detectable, one.detectable / one.after[0] if one.after[0] > 0 else None)
        for one in outcome.measures
    ]
