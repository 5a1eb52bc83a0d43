"""Learning lifetime value: candidates are fitted up to a day, judged on what came after it, and the best is learnt anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np

from dangol.insight.modelling import doubts
from dangol.insight.modelling.ahead import Ahead, ahead
from dangol.insight.modelling.purchases import Days, spending_of, summary_at
from dangol.methods import bgnbd, decile, foretelling, gamma_gamma, mbgnbd, pareto_nbd
from dangol.methods.buying import BuyingModel
from dangol.methods.gamma_gamma import Spending
from dangol.methods.histories import WEEK, Floats, Histories, Summary, Whole, bought_later
from dangol.methods.likelihood import Fit

CANDIDATES: Final[dict[str, Callable[[Histories], Fit[Any]]]] = {
    "bg_nbd": bgnbd.fit,
    "mbg_nbd": mbgnbd.fit,
    "pareto_nbd": pareto_nbd.fit,
}
COSTLY: Final = "pareto_nbd"
MANY: Final = 50_000
"""Customers from which on the costly candidate, twenty times slower, is not tried."""
MANY_TO_DRAW: Final = 200_000
"""Customers from which on the total that was foretold has no interval."""
FEWEST_REPEATERS: Final = 50
FEWEST_DAYS: Final = 168
FEWEST_HELD: Final = 30
LEAST_HELD, MOST_HELD = 28, 364
POINTS: Final = 80
WORST: Final = 20
YEAR: Final = 365


class Lacking(Exception):
    """There is too little to learn from; `figures` says how much there is of what is needed."""

    def __init__(self, **figures: int) -> None:
        super().__init__(", ".join(f"{name}: {value}" for name, value in figures.items()))
        self.figures = figures


@dataclass(frozen=True, slots=True)
class Missed:
    """The customers whose money was foretold worst: told and come, in the money of the orders."""

    customers: Whole
    told: Floats
    came: Floats


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model with its proof. `reasons` are the codes of what speaks against using it; none: it may be used."""

    method: str
    buying: Fit[BuyingModel]
    spending: Spending
    data: dict[str, Any]
    held: dict[str, Any]
    missed: Missed
    reasons: list[str] = field(default_factory=list)


def learn(
    days: Days, *, until: int, held_days: int | None = None, step: Callable[[], None] = lambda: None
) -> Learnt:
    """Fit on the time before the last `held_days` days up to `until`, judge on these, and fit the best on all of it.

    Refused (`reasons`) where no candidate finds its parameters (`flat`), where it is further from the purchases that came
    than "everybody goes on as so far" in total (`total`) or customer by customer (`each`), where it orders customers by
    what they brought less well than last year's revenue does (`order`), where spend goes with frequency (`spend`), or
    where the fit on all of the time fails (`refit`).

    `step` is called between the longer parts; what it raises ends the learning.

    Raises:
        Lacking: too few who bought again, too short a time, or too little bought in the time held out.
    """
    if not days.is_sale.any():
        raise Lacking(repeaters=0, days=0, held=0)
    begin = int(days.days[days.is_sale].min())
    span = until - begin
    held_days = held_days or int(np.clip(span // 4, LEAST_HELD, MOST_HELD))
    cut = until - held_days
    before, whole = days.purchases(cut), days.purchases(until)
    repeaters = int((np.unique(before.customers, return_counts=True)[1] > 1).sum())
    after = int((whole.days > cut).sum())
    if repeaters < FEWEST_REPEATERS or span < FEWEST_DAYS or after < FEWEST_HELD:
        raise Lacking(repeaters=repeaters, days=span, held=after)
    seen = summary_at(before, cut)
    known: Whole = seen.customers.astype(np.int64)
    came = bought_later(seen, whole.customers, whole.days, after=cut, until=until).astype(np.float64)
    weeks = held_days / WEEK
    simple = foretelling.naive(seen.histories, weeks)
    reasons: list[str] = []
    tried, best = _try_all(seen.histories, came, weeks, step)
    if best is None:
        raise Lacking(repeaters=repeaters, days=span, held=after)
    if not tried[best[0]]["usable"]:
        reasons.append("flat")
    method, buying = best
    told = buying.model.expected(seen.histories, weeks)
    if abs(told.sum() - came.sum()) > abs(simple.sum() - came.sum()):
        reasons.append("total")
    if _root(told, came) >= _root(simple, came):
        reasons.append("each")
    x = seen.histories.frequencies()
    paid = spending_of(seen)
    spending = gamma_gamma.fit(*paid)
    money = told * spending.fit.model.expected(*paid)
    brought = np.maximum(days.revenue(known, since=cut, until=until), 0.0)
    last_year = days.revenue(known, since=cut - YEAR, until=cut)
    order = decile.compare(money, last_year, brought, draws=200)
    if order.gini_gain[0] <= 0:
        reasons.append("order")
    total: dict[str, Any] = {
        "told": _short(told.sum()),
        "came": int(came.sum()),
        "simple": _short(simple.sum()),
    }
    if buying.covariance is not None and len(x) <= MANY_TO_DRAW:
        drawn = foretelling.total(buying, seen.histories, weeks, draws=200)
        total |= {"low": _short(drawn.low), "high": _short(drawn.high)}
    curve = _tracking(buying, seen, whole.customers, whole.days, begin, cut, until)
    bands: list[list[Any]] = [
        [row.least, row.customers, _short(row.expected), _short(row.actual)]
        for row in foretelling.bands(told, came, seen.histories)
    ]
    if curve[1] is not None:
        for row, low, high in zip(bands, curve[1].kinds_low, curve[1].kinds_high, strict=True):
            row += [_short(low), _short(high)]
    held = {
        "from": date.fromordinal(cut + 1).isoformat(),
        "until": date.fromordinal(until).isoformat(),
        "days": held_days,
        "customers": len(x),
        "candidates": tried,
        "total": total,
        "each": {"model": _short(_root(told, came)), "simple": _short(_root(simple, came))},
        "money": {"told": _short(money.sum()), "came": _short(brought.sum())},
        "order": {
            "model": _ranking(order.model),
            "baseline": _ranking(order.baseline),
            "gain": [_short(one) for one in order.gini_gain],
            "sure": bool(order.is_better),
        },
        "deciles": _deciles(told, came),
        "money_deciles": _deciles(money, brought),
        "bands": bands,
        "tracking": curve[0],
        "spend": {"learnt": doubts.kept(spending)},
    }
    worst = np.argsort(-np.abs(brought - money), kind="stable")[:WORST]
    missed = Missed(known[worst], money[worst], brought[worst])
    step()
    everything = summary_at(whole, until)
    final, spend_now = _again(method, everything, buying, spending, reasons)
    together = doubts.judge(spending, spend_now)
    if together.refuses:
        reasons.append("spend")
    held["doubts"] = ["spend"] if together.doubtful else []
    data = {
        "first": date.fromordinal(begin).isoformat(),
        "until": date.fromordinal(until).isoformat(),
        "customers": everything.histories.customers,
        "repeaters": int((everything.histories.frequencies() > 0).sum()),
        "purchases": len(whole.days),
        "undone": whole.undone,
    }
    return Learnt(method, final, spend_now, data, held, missed, reasons)


def _again(
    method: str, everything: Summary, buying: Fit[BuyingModel], spending: Spending, reasons: list[str]
) -> tuple[Fit[BuyingModel], Spending]:
    """The same method on all of the time; where that fails, what was judged stays, and `reasons` says so."""
    try:
        final = CANDIDATES[method](everything.histories)
        paid = spending_of(everything)
        spend_now = gamma_gamma.fit(*paid)
        spend_now.fit.model.expected(*paid)
    except ValueError:
        reasons.append("refit")
        return buying, spending
    if not (_is_usable(final) and spend_now.fit.converged and spend_now.fit.covariance is not None):
        reasons.append("refit")
    return final, spend_now


def _try_all(
    histories: Histories, came: Floats, weeks: float, step: Callable[[], None]
) -> tuple[dict[str, dict[str, Any]], tuple[str, Fit[BuyingModel]] | None]:
    """Every candidate's figures, and the best: usable ones first, then the nearest customer by customer."""
    tried: dict[str, dict[str, Any]] = {}
    found: list[tuple[bool, float, str, Fit[BuyingModel]]] = []
    for name, fit in CANDIDATES.items():
        if name == COSTLY and histories.customers > MANY:
            continue
        step()
        try:
            one = fit(histories)
        except ValueError as error:
            tried[name] = {"usable": False, "message": str(error)}
            continue
        with np.errstate(all="ignore"):
            told = one.model.expected(histories, weeks) if one.converged else np.full(len(came), np.nan)
        off = _root(told, came)
        tried[name] = {
            "usable": _is_usable(one) and bool(np.isfinite(off)),
            "message": one.message,
            "log_likelihood": _short(one.log_likelihood),
            "parameters": {key: _short(value) for key, value in one.parameters().items()},
            "told": _short(told.sum()) if np.isfinite(off) else None,
            "each": _short(off) if np.isfinite(off) else None,
        }
        if np.isfinite(off):
            found.append((not tried[name]["usable"], off, name, one))
    if not found:
        return tried, None
    best = min(found, key=lambda one: one[:2])
    return tried, (best[2], best[3])


def _is_usable(fit: Fit[Any]) -> bool:
    return fit.converged and fit.covariance is not None and not fit.loose


def _root(told: Floats, came: Floats) -> float:
    return float(np.sqrt(((told - came) ** 2).mean()))


def _ranking(one: decile.Ranking) -> dict[str, float]:
    return {"top": _short(one.top_share), "gini": _short(one.gini), "spearman": _short(one.spearman)}


def _deciles(told: Floats, came: Floats) -> list[list[float]]:
    """Number, customers, mean told, mean come, share of all; the best tenth first."""
    return [
        [row.number, row.customers, _short(row.foretold), _short(row.actual), _short(row.share)]
        for row in decile.deciles(told, came)
    ]


def _tracking(
    buying: Fit[BuyingModel], seen: Summary, customers: Whole, days: Whole, begin: int, cut: int, until: int
) -> tuple[dict[str, list[Any]], Ahead | None]:
    """Repeat purchases by week of those known before the time held out, added up: expected and real.

    `expected` is what the parameters alone say from the first day on. `told`, with its interval, goes on from what had come
    when the time held out began, by what each customer had done by then: it ends with the total told.
    """
    length = max(1, -(-(until - begin + 1) // 7 // POINTS))
    ends = np.unique(np.append(np.arange(begin + 7 * length - 1, until, 7 * length), until))
    times = (ends + 1 - begin) / WEEK
    expected = foretelling.tracking(buying.model, (seen.first - begin) / WEEK, times)
    theirs = np.isin(customers, seen.customers)
    first = seen.first[np.searchsorted(seen.customers, customers[theirs])]
    again = np.sort(days[theirs][days[theirs] > first])
    actual = np.searchsorted(again, ends, side="right")
    unseen = ends > cut
    futures = ahead(buying, seen.histories, (ends[unseen] - cut) / WEEK)
    came_before = int(np.searchsorted(again, cut, side="right"))
    found: dict[str, list[Any]] = {
        "ends": [date.fromordinal(int(end)).isoformat() for end in ends],
        "expected": [_short(value) for value in expected],
        "actual": [int(value) for value in actual],
        "learnt": [bool(end <= cut) for end in ends],
    }
    if futures is not None:
        before: list[Any] = [None] * int((~unseen).sum())
        for name in ("told", "low", "high"):
            found[name] = [*before, *(_short(came_before + value) for value in getattr(futures, name))]
    return found, futures


def _short(value: Any) -> float:
    """Six figures: enough to be read, and small to keep."""
    return float(f"{float(value):.6g}")
