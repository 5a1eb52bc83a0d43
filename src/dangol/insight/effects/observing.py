"""What the customers of two groups did before and after a day: by sets over the lake, one row per customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dangol.insight.effects.measured import PURCHASES, REPEAT, RETENTION, REVENUE, VISITS
from dangol.insight.effects.windows import Window
from dangol.measures.lake.datasets import of_records
from dangol.methods.histories import Floats

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.measures.lake import Lake

STEP: Final = 30
"""Days of one point of the line."""
STEPS_BEFORE: Final = 12
STEPS_AFTER: Final = 24


@dataclass(frozen=True, slots=True)
class Observed:
    """One number per customer and measure, before and after; visits, purchases and revenue are per month, shares 0 or 1."""

    treated: np.typing.NDArray[np.bool_]
    before: dict[str, Floats]
    after: dict[str, Floats]

    def of(self, name: str) -> tuple[Floats, Floats, Floats, Floats]:
        """Treated before and after, control before and after."""
        one, two = self.treated, ~self.treated
        before, after = self.before[name], self.after[name]
        return before[one], after[one], before[two], after[two]


@dataclass(frozen=True, slots=True)
class Step:
    """Revenue per customer in the thirty days from `day` on."""

    day: date
    treated: float
    control: float


def span_of(lake: Lake, currency: str, today: date) -> tuple[date | None, date | None]:
    """The days of the first and the newest order line, none of them in the future. One pass."""
    lines = lake.table("order_lines")
    lines = lines.filter(lines.currency == currency, lines.ordered_on <= today)
    row = lake.read(lines.aggregate(first=lines.ordered_on.min(), last=lines.ordered_on.max())).to_pylist()[0]
    return row["first"], row["last"]


def observe(
    lake: Lake, treated: Sequence[int], control: Sequence[int], window: Window, *, currency: str
) -> Observed:
    """What every customer of the two groups did in both windows. One pass over lines and one over interactions.

    Who is in both groups or not there any more is in none. Purchases are orders of kind sale that stand, revenue all lines
    in the company's currency, returns included, visits interactions of kind meeting: as in the metrics of these names.
    """
    people = _members(lake, treated, control)
    lines = _lines(lake, people, window.since, window.until, currency)
    after, sale = lines.ordered_on >= window.start, lines.order_kind == "sale"
    bought = lines.group_by("customer_id").aggregate(
        purchases_before=lines.order_id.nunique(where=sale & ~after),
        purchases_after=lines.order_id.nunique(where=sale & after),
        revenue_before=lines.amount.sum(where=~after),
        revenue_after=lines.amount.sum(where=after),
    )
    seen = lake.table("interactions")
    seen = seen.filter(seen.kind == "meeting", seen.occurred_on.between(window.since, window.until))
    seen = seen.semi_join(people, seen.customer_id == people.customer_id)
    late = seen.occurred_on >= window.start
    visits = seen.group_by("customer_id").aggregate(
        visits_before=(~late).sum(),
        visits_after=late.sum(),
    )
    wide = people.left_join(bought, "customer_id").drop("customer_id_right")
    wide = wide.left_join(visits, "customer_id").drop("customer_id_right")
    named = [f"{name}_{side}" for name in (PURCHASES, REVENUE, VISITS) for side in ("before", "after")]
    wide = wide.select(
        "customer_id", "treated", **{name: wide[name].fill_null(0).cast("float64") for name in named}
    )
    found = lake.read(wide.order_by("customer_id"))
    sides: dict[str, dict[str, Floats]] = {"before": {}, "after": {}}
    for side, kept in sides.items():
        for name in (PURCHASES, REVENUE, VISITS):
            kept[name] = found.column(f"{name}_{side}").to_numpy() / window.months
        orders = found.column(f"{PURCHASES}_{side}").to_numpy()
        kept[REPEAT] = (orders >= 2).astype(np.float64)
        kept[RETENTION] = (orders >= 1).astype(np.float64)
    is_treated = found.column("treated").to_numpy(zero_copy_only=False).astype(bool)
    return Observed(is_treated, sides["before"], sides["after"])


def steps(
    lake: Lake,
    treated: Sequence[int],
    control: Sequence[int],
    *,
    start: date,
    span: tuple[date, date],
    currency: str,
) -> list[Step]:
    """Revenue per customer in whole steps of thirty days, counted from the start in both directions. One pass."""
    import ibis

    first, last = span
    before = min(STEPS_BEFORE, (start - first).days // STEP)
    after = min(STEPS_AFTER, ((last - start).days + 1) // STEP)
    since, until = start - timedelta(days=before * STEP), start + timedelta(days=after * STEP - 1)
    people = _members(lake, treated, control)
    sizes = {
        bool(row["treated"]): row["n"]
        for row in lake.read(people.group_by("treated").aggregate(n=people.count())).to_pylist()
    }
    if not (sizes.get(True) and sizes.get(False)) or since > until:
        return []
    lines = _lines(lake, people, since, until, currency).inner_join(people, "customer_id")
    lines = lines.mutate(step=lines.ordered_on.delta(ibis.literal(since, type="date"), unit="day") // STEP)
    sums = lines.group_by("treated", "step").aggregate(amount=lines.amount.sum().cast("float64"))
    of = {(bool(row["treated"]), int(row["step"])): row["amount"] for row in lake.read(sums).to_pylist()}
    return [
        Step(
            since + timedelta(days=at * STEP),
            of.get((True, at), 0.0) / sizes[True],
            of.get((False, at), 0.0) / sizes[False],
        )
        for at in range(before + after)
    ]


def _members(lake: Lake, treated: Sequence[int], control: Sequence[int]) -> ir.Table:
    """`customer_id` and `treated` of everybody who is in one of the groups only, and still there."""
    import ibis
    import pyarrow as pa

    one, two = np.unique(np.array(treated, np.int64)), np.unique(np.array(control, np.int64))
    both = np.intersect1d(one, two)
    one, two = np.setdiff1d(one, both), np.setdiff1d(two, both)
    table = pa.table(
        {
            "customer_id": pa.array(np.concatenate([one, two])),
            "treated": pa.array(np.concatenate([np.ones(len(one), bool), np.zeros(len(two), bool)])),
        }
    )
    people = ibis.memtable(table)
    customers = lake.table(of_records("customer").name)
    return people.semi_join(customers, people.customer_id == customers.id)


def _lines(lake: Lake, people: ir.Table, since: date, until: date, currency: str) -> Any:
    lines = lake.table("order_lines")
    lines = lines.filter(lines.currency == currency, lines.ordered_on.between(since, until))
    return lines.semi_join(people, lines.customer_id == people.customer_id)
