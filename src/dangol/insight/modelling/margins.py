"""What share of revenue is margin, as the costs of what was sold say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dangol.measures.metrics import get, periods

if TYPE_CHECKING:
    from dangol.measures.lake import Lake

ENOUGH: Final = Decimal("0.5")
"""For which share of revenue the cost must be known before its margin speaks for all of it."""
PLACES: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Margin:
    """The margin of the days `since` … `until`.

    `rate` is margin ÷ revenue of the order lines whose cost is known, None where there is none; `coverage` is the share of
    revenue whose cost is known, None without revenue.
    """

    rate: Decimal | None
    coverage: Decimal | None
    since: date
    until: date

    @property
    def speaks(self) -> bool:
        """Whether it may stand for the margin of all: it covers half of revenue, and is a share that can be earned."""
        return (
            self.rate is not None
            and self.coverage is not None
            and ENOUGH <= self.coverage <= 1
            and 0 < self.rate <= 1
        )


def margin_of(lake: Lake, *, until: date, currency: str) -> Margin:
    """The margin of the twelve months up to a day, over the lines of all orders that stand.

    The same numbers as the metrics `margin`, `covered_revenue` and `revenue`. One statement over the lake.

    Args:
        lake: an open lake.
        until: the last day.
        currency: of the amounts that are added.
    """
    import ibis

    since = periods.year_before(until + timedelta(days=1))
    lines = lake.table("order_lines")
    lines = lines.filter(
        lines.currency == currency,
        lines.ordered_on >= ibis.literal(since, type="date"),
        lines.ordered_on <= ibis.literal(until, type="date"),
    )
    formulas = {name: get(name).formula for name in ("margin", "covered_revenue", "revenue")}
    sums = {name: formula(lines) for name, formula in formulas.items() if formula is not None}
    (found,) = lake.read(lines.aggregate(**sums)).to_pylist()
    margin, covered, revenue = (found[name] for name in formulas)
    return Margin(
        rate=(margin / covered).quantize(PLACES) if margin is not None and covered else None,
        coverage=((covered or Decimal(0)) / revenue).quantize(PLACES) if revenue else None,
        since=since,
        until=until,
    )


def terms_of(said: Decimal | None, known: Margin | None) -> dict[str, str | None]:
    """The terms of a model that say its margin, and where it comes from.

    `margin` is the margin itself (None: value is told in revenue), `margin_from` `setting`, `data` or `revenue`; where the
    data were asked, `margin_rate`, `margin_coverage`, `margin_since` and `margin_until` tell what they said, used or not.
    """
    if said is not None:
        return {"margin": str(said), "margin_from": "setting"}
    if known is None:
        return {"margin": None, "margin_from": "revenue"}
    used = known.rate if known.speaks else None
    return {
        "margin": None if used is None else str(used),
        "margin_from": "revenue" if used is None else "data",
        "margin_rate": None if known.rate is None else str(known.rate),
        "margin_coverage": None if known.coverage is None else str(known.coverage),
        "margin_since": known.since.isoformat(),
        "margin_until": known.until.isoformat(),
    }
