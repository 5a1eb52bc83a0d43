"""Learning who leaves: what was known of customers on a day, and who of them then bought nothing for as long as the gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np

from dangol.insight.modelling.lifetime import Lacking
from dangol.insight.modelling.purchases import Days
from dangol.insight.modelling.retention import gap_of
from dangol.methods import calibration, defection
from dangol.methods.defection import Defection, Window
from dangol.methods.histories import Floats, Whole

FEATURES: Final = (
    "silent", "late", "count", "age", "recent", "rarer", "spend", "gap", "basket", "back",
)  # fmt: skip
"""Days without a purchase; these in own mean gaps; purchases in all; days since the first; purchases within one gap; purchases
and revenue of the last two gaps against the two before; the last gap and the last purchase against the own mean; share brought
back in four gaps."""
BASELINE: Final = "silent"
WINDOWS: Final = 4
"""Gaps of time that are needed: to know customers, to learn, to calibrate, to judge."""
MOST_LEARNT: Final = 100_000
"""Customers of a window from which on so many are drawn: more make the model hardly better, and the proof no surer."""
LEAST_CALIBRATED: Final = 0.1
"""A calibration error above this makes probabilities, and value at risk with them, mean nothing."""
WORST: Final = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """Customers who had not yet been silent for longer than the gap on a day, ascending, and their features."""

    customers: Whole
    features: Floats


@dataclass(frozen=True, slots=True)
class Missed:
    """The customers foretold worst: the probability told, and 1 for those who left."""

    customers: Whole
    told: Floats
    came: Floats


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model with its proof. `reasons` are the codes of what speaks against using it; none: it may be used."""

    model: Defection
    gap: int
    data: dict[str, Any]
    held: dict[str, Any]
    missed: Missed
    reasons: list[str] = field(default_factory=list)


def features(days: Days, *, cut: int, gap: int) -> Seen:
    """What was known at the end of the day `cut` of everybody who had bought within the gap before it. Linear.

    Nothing after `cut` is looked at, no later return either. `nan` where a figure needs more purchases than there are.
    """
    bought = days.purchases(cut)
    names, begin, count = np.unique(bought.customers, return_index=True, return_counts=True)
    if not len(names):
        return Seen(names, np.zeros((0, len(FEATURES))))
    end = begin + count - 1
    first, last = bought.days[begin], bought.days[end]
    silent = (cut - last).astype(np.float64)
    place = np.repeat(np.arange(len(names)), count)
    near, before = bought.days > cut - 2 * gap, bought.days > cut - 4 * gap

    def total(of: np.typing.NDArray[np.bool_], weights: Floats | None = None) -> Floats:
        found = np.bincount(place[of], None if weights is None else weights[of], len(names))
        return found.astype(np.float64)

    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.where(count > 1, (last - first) / (count - 1), np.nan)
        earlier = np.maximum(end - 1, begin)
        mean = total(np.ones(len(place), bool), bought.values) / count
        found = np.column_stack(
            [
                silent,
                silent / usual,
                count,
                cut - first,
                total(bought.days > cut - gap),
                total(near) / total(before & ~near),
                total(near, bought.values) / total(before & ~near, bought.values),
                np.where(count > 2, (last - bought.days[earlier]) / usual, np.nan),
                np.where(count > 1, bought.values[end] / mean, np.nan),
                _brought_back(days, names, since=cut - 4 * gap, until=cut),
            ]
        )
    found[~np.isfinite(found)] = np.nan
    there = silent <= gap
    return Seen(names[there].astype(np.int64), found[there])


def _brought_back(days: Days, customers: Whole, *, since: int, until: int) -> Floats:
    place = np.searchsorted(customers, days.customers)
    place[place == len(customers)] = 0
    seen = (days.days > since) & (days.days <= until) & (customers[place] == days.customers)
    sold, returned = (
        np.bincount(place[seen], money[seen], len(customers)) for money in (days.sold, days.returned)
    )
    return np.clip(-returned / sold, 0, None)


def left(days: Days, customers: Whole, *, cut: int, gap: int) -> Floats:
    """1 for each of the customers who bought nothing in the `gap` days after `cut`."""
    after = np.unique(days.purchases(cut + gap, since=cut).customers)
    return (~np.isin(customers, after)).astype(np.float64)


def learn(
    days: Days, *, until: int, gap_days: int | None = None, step: Callable[[], None] = lambda: None
) -> Learnt:
    """Learn on the customers of three gaps before `until`, calibrate on those of two, judge on those of one.

    Whoever bought within the gap is still a customer, and leaves who then buys nothing for as long again. Refused (`reasons`)
    where the model is not surely better at telling apart than days since the last purchase (`apart`), where of the tenth
    it tells most probable surely fewer leave than of theirs (`top`), where its probabilities are no better than telling everybody
    the same (`share`), or off by more than a tenth (`calibration`).

    `step` is called between the longer parts; what it raises ends the learning.

    Raises:
        Lacking: too short a time, too few who left, or too few who stayed.
    """
    bought = days.purchases(until)
    gap, chosen = gap_of(bought.customers, bought.days, gap_days)
    span = until - int(bought.days.min()) if len(bought.days) else 0
    if span < WINDOWS * gap:
        raise Lacking(span=span, span_needed=WINDOWS * gap)
    cuts = [until - at * gap for at in (3, 2, 1)]
    rng = np.random.default_rng(0)
    customers: list[Whole] = []
    windows: list[Window] = []
    known: list[int] = []
    for cut in cuts:
        step()
        seen = features(days, cut=cut, gap=gap)
        known.append(len(seen.customers))
        at = np.arange(len(seen.customers))
        if len(at) > MOST_LEARNT:
            at = np.sort(rng.choice(len(at), MOST_LEARNT, replace=False))
        customers.append(seen.customers[at])
        windows.append(Window.of(seen.features[at], left(days, seen.customers[at], cut=cut, gap=gap)))
    gone = [int(one.defected.sum()) for one in windows]
    stayed = [len(one.defected) - yes for one, yes in zip(windows, gone, strict=True)]
    if min(*gone, *stayed) < defection.FEWEST:
        raise Lacking(span=span, span_needed=WINDOWS * gap, gone=min(gone), stayed=min(stayed))
    step()
    model = defection.learn(*windows, names=FEATURES, baseline=BASELINE)
    held, told, reasons = _judge(model, windows, cuts[-1], gap)
    held["customers"] = known[-1]
    came = windows[-1].defected
    worst = np.argsort(-np.abs(told - came), kind="stable")[:WORST]
    data = {
        "first": date.fromordinal(until - span).isoformat(),
        "until": date.fromordinal(until).isoformat(),
        "purchases": len(bought.days),
        "undone": bought.undone,
        "gap": gap,
        "gap_chosen": chosen,
        "windows": [
            {
                "day": date.fromordinal(cut).isoformat(),
                "customers": size,
                "taken": len(one.defected),
                "left": yes,
            }
            for cut, size, one, yes in zip(cuts, known, windows, gone, strict=True)
        ],
    }
    return Learnt(model, gap, data, held, Missed(customers[-1][worst], told[worst], came[worst]), reasons)


def _judge(
    model: Defection, windows: list[Window], cut: int, gap: int
) -> tuple[dict[str, Any], Floats, list[str]]:
    """The figures of the last window, what was told in it, and what speaks against the model."""
    quality, last = model.quality, windows[-1]
    told, y = model.probability(last.features), last.defected
    plain = [_as_share(one, gap) for one in windows]
    plain_told = calibration.mend(plain[1], windows[1].defected)(plain[2])
    tops = (_top(told, y), _top(plain[2], y))
    reasons = []
    if quality.gain_low <= 0:
        reasons.append("apart")
    if _surely_fewer(tops[0], tops[1], y):
        reasons.append("top")
    if quality.brier >= quality.brier_of_share:
        reasons.append("share")
    if quality.calibration_error > LEAST_CALIBRATED:
        reasons.append("calibration")
    held = {
        "from": date.fromordinal(cut + 1).isoformat(),
        "until": date.fromordinal(cut + gap).isoformat(),
        "days": gap,
        "judged": len(y),
        "left": int(y.sum()),
        "told": _short(told.sum()),
        "area": {"model": _short(quality.area), "baseline": _short(quality.baseline_area)},
        "gain": [_short(one) for one in (quality.gain, quality.gain_low, quality.gain_high)],
        "calibration": {
            "model": _short(quality.calibration_error),
            "baseline": _short(calibration.expected_error(plain_told, y)),
        },
        "top": {"model": _short(tops[0]), "baseline": _short(tops[1])},
        "brier": {
            "model": _short(quality.brier),
            "baseline": _short(calibration.brier(plain_told, y)),
            "share": _short(quality.brier_of_share),
        },
        "bins": [
            [one.customers, *(_short(value) for value in (one.told, one.came, one.low, one.high))]
            for one in quality.bins
        ],
    }
    return held, told, reasons


def _as_share(window: Window, gap: int) -> Floats:
    """Days since the last purchase between 0 and 1, so that they can be calibrated like a probability."""
    return (window.features[:, FEATURES.index(BASELINE)] + 0.5) / (gap + 1)


def _top(scores: Floats, happened: Floats) -> float:
    """How many times more often than all the best tenth did it; of equal scores at its border as many as fit, on average."""
    size = -(-len(scores) // 10)
    border = np.partition(scores, len(scores) - size)[len(scores) - size]
    above, level = scores > border, scores == border
    hits = happened[above].sum() + happened[level].mean() * (size - above.sum())
    return float(hits / size / happened.mean())


def _surely_fewer(model: float, baseline: float, happened: Floats) -> bool:
    """Whether of the model's best tenth fewer did it than of the baseline's, by more than chance explains in so few.

    The two tenths are taken for different customers; where they share some, chance explains less and this asks too much. One
    side of 95 %: of a hundred customers a point alone would refuse every third model that is better on the whole.
    """
    size, mean = -(-len(happened) // 10), float(happened.mean())
    shares = [min(1.0, one * mean) for one in (model, baseline)]
    spread = sum(one * (1 - one) / size for one in shares) ** 0.5
    return bool(shares[1] - shares[0] > 1.645 * spread)


def _short(value: Any) -> float:
    """Six figures: enough to be read, and small to keep."""
    return float(f"{float(value):.6g}")
