"""What every customer is worth by a published model: the scores of lifetime value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dangol.insight.modelling.purchases import Days, spending_of, summary_at
from dangol.methods import clv, foretelling
from dangol.methods.bgnbd import BgNbd
from dangol.methods.buying import BuyingModel
from dangol.methods.gamma_gamma import GammaGamma
from dangol.methods.histories import WEEK, Floats, Summary, Whole, bought_later
from dangol.methods.likelihood import Fit
from dangol.methods.mbgnbd import MbgNbd
from dangol.methods.pareto_nbd import ParetoNbd

if TYPE_CHECKING:
    import pyarrow as pa

KINDS: Final[dict[str, type[Any]]] = {"bg_nbd": BgNbd, "mbg_nbd": MbgNbd, "pareto_nbd": ParetoNbd}
SHOWN_YEARS: Final = 3
LEVEL: Final = 0.9
MOST_DRAWS, FEWEST_DRAWS, DRAWN_AT_ONCE = 200, 60, 60_000_000
TIERS: Final = ((0.05, "top"), (0.2, "high"), (0.5, "middle"), (1.0, "low"))
"""Up to which share of the customers, best first, a tier reaches."""
NAMES: Final = (
    "clv.1y", "clv.3y", "clv.5y", "clv.low", "clv.high", "clv.tier", "clv.alive", "clv.purchases",
    "clv.month_ago", "clv.alive_before", "clv.old_model",
)  # fmt: skip
MISSED: Final = ("clv.told", "clv.missed")
"""Of the customers foretold worst, written when a model is learnt."""
MONEY: Final = ("clv.1y", "clv.3y", "clv.5y", "clv.low", "clv.high", "clv.month_ago", "clv.old_model")


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as a version keeps it, ready to be used again."""

    buying: Fit[BuyingModel]
    spending: Fit[GammaGamma]

    @classmethod
    def of(cls, method: str, parameters: Mapping[str, Any], fit: Mapping[str, Any]) -> Kept:
        """From a version's `method`, `parameters` and `fit`."""
        buying = KINDS[method](**{name: one["value"] for name, one in parameters["buying"].items()})
        spending = GammaGamma(**{name: one["value"] for name, one in parameters["spending"].items()})
        return cls(_fit(buying, fit["buying"]), _fit(spending, fit["spending"]))


@dataclass(frozen=True, slots=True)
class Valued:
    """Customers with their value, unrounded; `total` is of the three years shown, with its interval."""

    customers: Whole
    years: Mapping[int, Floats]
    low: Floats
    high: Floats
    total: foretelling.Foretold
    alive: Floats
    purchases: Floats


def kept_fit(fit: Fit[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A fit as JSON: parameters with their errors, and how the search ended."""
    errors = fit.standard_errors()
    parameters = {
        name: {"value": value, "error": errors.get(name)} for name, value in fit.parameters().items()
    }
    ended = {
        "log_likelihood": fit.log_likelihood,
        "customers": fit.customers,
        "converged": fit.converged,
        "message": fit.message,
        "covariance": None if fit.covariance is None else fit.covariance.tolist(),
        "loose": list(fit.loose),
    }
    return parameters, ended


def _fit(model: Any, ended: Mapping[str, Any]) -> Fit[Any]:
    covariance = ended["covariance"]
    return Fit(
        model, ended["log_likelihood"], ended["customers"], ended["converged"], ended["message"],
        None if covariance is None else np.array(covariance), tuple(ended["loose"]), 0, (),
    )  # fmt: skip


def summary_of(days: Days, until: int) -> Summary | None:
    """Histories of all who bought up to a day; None without any. Who bought first on that very day is one of them."""
    bought = days.purchases(until)
    if not len(bought.customers):
        return None
    return summary_at(bought, until)


def worth(kept: Kept, summary: Summary, *, margin: float, rate: float, years: int = SHOWN_YEARS) -> Floats:
    """The expected value of each customer over so many years."""
    spend = kept.spending.model.expected(*spending_of(summary))
    return clv.expected_value(kept.buying.model, summary.histories, spend, clv.Terms(years, margin, rate))


def value(kept: Kept, summary: Summary, *, margin: float, rate: float, seed: int = 0) -> Valued:
    """Everything that is told of customers. Time is customers × draws; memory as of `clv.with_intervals`."""
    histories = summary.histories
    draws = int(np.clip(DRAWN_AT_ONCE // histories.customers, FEWEST_DRAWS, MOST_DRAWS))
    terms = clv.Terms(SHOWN_YEARS, margin, rate)
    shown = clv.with_intervals(
        kept.buying,
        kept.spending,
        histories,
        spending_of(summary)[1],
        terms,
        level=LEVEL,
        draws=draws,
        seed=seed,
    )
    years = {
        1: worth(kept, summary, margin=margin, rate=rate, years=1),
        SHOWN_YEARS: shown.expected,
        5: worth(kept, summary, margin=margin, rate=rate, years=5),
    }
    model = kept.buying.model
    return Valued(
        summary.customers.astype(np.int64), years, shown.low, shown.high, shown.total, model.alive(histories),
        model.expected(histories, clv.WEEKS_PER_YEAR),
    )  # fmt: skip


def tiers(values: Floats) -> list[str]:
    """The tier of each value: its place among all, best first; equal values stand where the first of them does."""
    order = np.sort(-values)
    place = np.searchsorted(order, -values, side="left") / len(values)
    ends = np.array([end for end, _ in TIERS])
    return [TIERS[at][1] for at in np.searchsorted(ends, place, side="right").tolist()]


def drift(kept: Kept, days: Days, *, learnt: int, until: int) -> dict[str, float] | None:
    """Purchases told for the time since the model was learnt, beside those that came; None on the day itself."""
    summary = summary_of(days, learnt)
    if summary is None or until <= learnt:
        return None
    now = days.purchases(until)
    came = bought_later(summary, now.customers, now.days, after=learnt, until=until)
    told = kept.buying.model.expected(summary.histories, (until - learnt) / WEEK)
    return {"told": float(f"{told.sum():.6g}"), "came": int(came.sum()), "days": until - learnt}


def table(
    valued: Valued,
    *,
    places: int,
    month_ago: tuple[Whole, Floats, Floats] | None,
    old_model: Floats | None,
) -> pa.Table:
    """The scores as a table: `record_id`, then a column per score of `NAMES`; amounts exact to the minor unit.

    Args:
        places: decimal places of the currency.
        month_ago: customers, their value and their probability of being one, a month before, by the model of then.
        old_model: today's value of the customers valued, by the model of a month ago.
    """
    import pyarrow as pa

    ids = valued.customers
    if month_ago is not None:
        ids = np.union1d(ids, month_ago[0])

    def spread(customers: Whole, values: Floats) -> tuple[Floats, np.typing.NDArray[np.bool_]]:
        out, there = np.zeros(len(ids)), np.zeros(len(ids), bool)
        at = np.searchsorted(ids, customers)
        out[at], there[at] = values, True
        return out, ~there

    def money(customers: Whole, values: Floats | None) -> pa.Array:
        if values is None:
            return pa.nulls(len(ids), pa.decimal128(28, places))
        out, missing = spread(customers, values)
        return exact(out, places, missing)

    def number(customers: Whole, values: Floats, digits: int) -> pa.Array:
        out, missing = spread(customers, values)
        return exact(out, digits, missing)

    tier = np.full(len(ids), None, object)
    tier[np.searchsorted(ids, valued.customers)] = tiers(valued.years[SHOWN_YEARS])
    none = np.zeros(0, np.int64)
    before, then, alive = month_ago if month_ago is not None else (none, None, np.zeros(0))
    columns = {
        "record_id": pa.array(ids, pa.int64()),
        **{f"clv.{years}y": money(valued.customers, values) for years, values in valued.years.items()},
        "clv.low": money(valued.customers, valued.low),
        "clv.high": money(valued.customers, valued.high),
        "clv.tier": pa.array(tier, pa.string()),
        "clv.alive": number(valued.customers, valued.alive, 4),
        "clv.purchases": number(valued.customers, valued.purchases, 2),
        "clv.month_ago": money(before, then),
        "clv.alive_before": number(before, alive, 4),
        "clv.old_model": money(valued.customers, old_model),
    }
    return pa.table(columns)


def missed_table(customers: Whole, told: Floats, came: Floats, *, places: int) -> pa.Table:
    """The scores of `MISSED`: what was told, and by how much what came was more or less."""
    import pyarrow as pa

    there = np.zeros(len(customers), bool)
    return pa.table(
        {
            "record_id": pa.array(customers, pa.int64()),
            "clv.told": exact(told, places, there),
            "clv.missed": exact(came - told, places, there),
        }
    )


def exact(values: Floats, places: int, missing: np.typing.NDArray[np.bool_]) -> pa.Array:
    """Numbers as decimals of so many places, rounded once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    units = np.where(missing, 0, np.rint(np.clip(values, -9e13, 9e13) * 10**places)).astype(np.int64)
    whole = pa.array(units, pa.int64(), mask=missing).cast(pa.decimal128(19, 0))
    if not places:
        return whole
    return pc.multiply(whole, pa.scalar(Decimal(1).scaleb(-places), pa.decimal128(places + 1, places)))
