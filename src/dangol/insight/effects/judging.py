"""What a programme changed, measure by measure: the difference with its interval, or that it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

from dangol.insight.effects.measured import MEASURES, REVENUE
from dangol.insight.effects.observing import Observed
from dangol.insight.effects.windows import Window
from dangol.methods import counterfactual, lift
from dangol.methods.histories import Floats

UNLIKE: Final = 0.1
"""From so many standard deviations of difference before the start on, groups were not alike."""
FEWEST: Final = 2
BEYOND: Final = 10.0
"""Stands for groups that are apart without any spread."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One measure. `before` and `after` are means of treated and control.

    Attributes:
        difference, low, high: the effect per customer with its 95 % interval.
        relative: the same as a share of what the treated would have had; None where that is too near to 0.
        detectable: the smallest true effect that so many customers would show in four of five trials.
        apart: how many standard deviations the groups were apart before the start.
        variance_kept: share of the variance left by CUPED; 1 without it.
    """

    name: str
    before: tuple[float, float]
    after: tuple[float, float]
    difference: float
    low: float
    high: float
    relative: tuple[float, float, float] | None
    verdict: str
    reason: str
    detectable: float
    apart: float
    variance_kept: float

    @property
    def without(self) -> float:
        """What the treated would have had."""
        return self.after[0] - self.difference


@dataclass(frozen=True, slots=True)
class Outcome:
    """All measures, and what the treated brought in all beyond what they would have brought."""

    treated: int
    control: int
    measures: tuple[Judged, ...]
    money: lift.Money


def judge(observed: Observed, window: Window, *, random: bool) -> Outcome | None:
    """Judge all measures; None where a group has fewer than two customers.

    Groups drawn by chance are compared after the start, freed by CUPED of what was known from before. Others are compared by
    differences in differences: what they were apart before is taken off, as if both would have moved alike.
    """
    treated = int(observed.treated.sum())
    control = len(observed.treated) - treated
    if min(treated, control) < FEWEST:
        return None
    found = {name: _judged(name, observed.of(name), random=random) for name in MEASURES}
    effect = found[REVENUE][1]
    each = lift.incremental(effect, treated)
    months = window.months
    money = lift.Money(each.amount * months, each.low * months, each.high * months, each.verdict)
    return Outcome(treated, control, tuple(one for one, _effect in found.values()), money)


def _judged(
    name: str, numbers: tuple[Floats, Floats, Floats, Floats], *, random: bool
) -> tuple[Judged, lift.Effect]:
    was, became, control_was, control_became = numbers
    if random:
        effect = lift.cuped(became, control_became, was, control_was)
        relative = effect.relative
    else:
        effect = lift.differences(was, became, control_was, control_became)
        relative = counterfactual.relative(was, became, control_was, control_became, effect)
    return Judged(
        name,
        (float(was.mean()), float(control_was.mean())),
        (float(became.mean()), float(control_became.mean())),
        effect.difference,
        effect.low,
        effect.high,
        relative,
        effect.verdict.value,
        effect.reason.value,
        effect.detectable,
        _apart(was, control_was),
        effect.variance_kept,
    ), effect


def _apart(one: Floats, two: Floats) -> float:
    """The standardised difference of means; without any spread, whether they differ at all."""
    spread = sqrt((float(one.var(ddof=1)) + float(two.var(ddof=1))) / 2)
    gap = float(one.mean() - two.mean())
    if spread == 0:
        return 0.0 if gap == 0 else BEYOND if gap > 0 else -BEYOND
    return gap / spread
