"""By what share those a programme reached lie above what they would have had, by differences in differences.

What they would have had is their own mean before and what the control's mean changed by. The interval is Fieller's of a ratio
of two means that are not independent (E. C. Fieller, *JRSS B* 16, 1954): it leaves out 0 exactly where that of the
difference does.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.lift import Effect


def relative(
    treated_before: ArrayLike,
    treated_after: ArrayLike,
    control_before: ArrayLike,
    control_after: ArrayLike,
    effect: Effect,
) -> tuple[float, float, float] | None:
    """The share and its interval at the level of `effect`, which is `lift.differences` of the same numbers. Linear.

    None where what they would have had is 0 or too near to it to say.
    """
    was, became = np.asarray(treated_before, np.float64), np.asarray(treated_after, np.float64)
    change = np.asarray(control_after, np.float64) - np.asarray(control_before, np.float64)
    above = float(became.mean())
    below = float(was.mean() + change.mean())
    n, m = len(was), len(change)
    spread = float(became.var(ddof=1)) / n
    other = float(was.var(ddof=1)) / n + float(change.var(ddof=1)) / m
    common = float(((was - was.mean()) * (became - became.mean())).sum()) / (n - 1) / n
    error = sqrt(max(spread + other - 2 * common, 0.0))
    reach = (effect.high - effect.low) / 2 / error if error > 0 else 0.0
    # (above - r·below)² ≤ reach² (spread - 2 r·common + r²·other), solved for r
    room = below * below - reach * reach * other
    if below <= 0 or room <= 0:
        return None
    half = above * below - reach * reach * common
    root = sqrt(max(half * half - room * (above * above - reach * reach * spread), 0.0))
    return above / below - 1, (half - root) / room - 1, (half + root) / room - 1
