"""What the pages of segments show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.links import records_url
from dangol.insight.models import Segment, Target
from dangol.insight.segmentation import reading, sankey
from dangol.insight.segmentation.conditions import FIFTHS
from dangol.insight.segmentation.index import Known, of_id
from dangol.insight.segmentation.reading import OUTSIDE, Seen, Size
from dangol.insight.segmentation.snapshot import today
from dangol.insight.segments import AREA_TONES
from dangol.measures.selectors import run_last_done
from dangol.web import formats

SPARK_DAYS: Final = 90
SPARK: Final = (96, 24)
MOST_COMPARED: Final = 10
MONTH: Final = 30


def members_url(segment: Known, day: date | None = None) -> str:
    """The list of a segment's customers, now or as of a day."""
    return records_url("customer", f"segment = {_named(segment, day)}")


def _named(segment: Known, day: date | None = None) -> str:
    return f'"{segment.name}@{day.isoformat()}"' if day else f'"{segment.name}"'


def overview(actor: Actor) -> dict[str, Any]:
    """All segments that the actor finds, with size, trend and value. Five queries, whatever their number."""
    segments = reading.segments_for(actor)
    seen = reading.seen_by(actor, segments)
    told = {one.id for one in seen.segments}
    revenue = reading.sees_revenue(actor)
    sizes = reading.sizes(seen, revenue=revenue)
    trends = reading.trends(seen, since=today() - timedelta(days=SPARK_DAYS))
    run = run_last_done()
    currency = (run.facts.get("currency") if run else "") or formats.HOME_CURRENCY
    families: dict[str, list[dict[str, Any]]] = {}
    for one in segments:
        size = sizes.get(one.id)
        families.setdefault(one.family, []).append(
            {
                "segment": one,
                "label": one.label(),
                "url": f"/segments/{one.id}/",
                "members_url": members_url(one) if one.id in told else "",
                "size": size,
                "average": _average(size),
                "spark": sparkline(trends.get(one.id, [])),
                "change": _change(trends.get(one.id, [])),
            }
        )
    return {
        "families": [
            (name, rows, len(rows) > 1 and bool(name))
            for name, rows in sorted(families.items(), reverse=True)
        ],
        "count": len(segments),
        "limited": not seen.everything,
        "revenue": revenue,
        "currency": currency,
    }


def _average(size: Size | None) -> Decimal | None:
    if size is None or size.revenue is None or not size.customers:
        return None
    return size.revenue / size.customers


def _change(points: Sequence[tuple[date, int]]) -> int | None:
    """By how many customers a segment grew over the days that are shown."""
    return points[-1][1] - points[0][1] if len(points) > 1 else None


def sparkline(points: Sequence[tuple[date, int]]) -> dict[str, Any] | None:
    """A line of sizes over the days; None for fewer than two."""
    if len(points) < 2:
        return None
    width, height = SPARK
    first, last = points[0][0], points[-1][0]
    days = max((last - first).days, 1)
    counts = [count for _day, count in points]
    low, high = min(counts), max(counts)
    spread = (high - low) or 1
    drawn = [
        (
            round(2 + (width - 4) * (day - first).days / days, 1),
            round(height - 3 - (height - 6) * ((count - low) / spread if high > low else 0.5), 1),
        )
        for day, count in points
    ]
    return {
        "points": " ".join(f"{x},{y}" for x, y in drawn),
        "end": drawn[-1],
        "text": _("from %(from)s to %(to)s customers since %(day)s")
        % {"from": f"{counts[0]:,}", "to": f"{counts[-1]:,}", "day": first.isoformat()},
    }


def grid_rows(actor: Actor, marked: set[tuple[int, int]]) -> list[dict[str, Any]]:
    """The RFM grid, best recency on top: cells with how many customers are in each. One query."""
    counts = reading.grid(actor)
    most = max(counts.values(), default=0) or 1
    return [
        {
            "recency": r,
            "cells": [
                {
                    "value": f"{r}{f}",
                    "frequency": f,
                    "count": counts.get((r, f), 0),
                    "marked": (r, f) in marked,
                    "shade": min(5, (5 * counts.get((r, f), 0) + most - 1) // most),
                }
                for f in reversed(FIFTHS)
            ],
        }
        for r in FIFTHS
    ]


def overlap(actor: Actor, wanted: Sequence[int]) -> dict[str, Any]:
    """How many customers each two segments share, with their part of both together. Three queries."""
    segments = reading.segments_for(actor)
    chosen = [one for one in segments if one.id in wanted] or segments
    seen = reading.seen_by(actor, chosen[:MOST_COMPARED])
    single, pairs = reading.overlap(seen)
    rows = []
    for one in seen.segments:
        cells = []
        for other in seen.segments:
            if one.id == other.id:
                cells.append({"count": single[one.id], "self": True, "url": members_url(one)})
                continue
            both = pairs.get((min(one.id, other.id), max(one.id, other.id)), 0)
            union = single[one.id] + single[other.id] - both
            share = Decimal(both) / union if union else Decimal(0)
            day = today()
            cells.append(
                {
                    "count": both,
                    "jaccard": share,
                    "shade": min(5, -(-5 * both // union)) if union else 0,
                    "url": records_url(
                        "customer", f"segment = {_named(one, day)} and segment = {_named(other, day)}"
                    ),
                }
            )
        rows.append({"label": one.label(), "cells": cells})
    return {
        "segments": [
            {"id": one.id, "label": one.label(), "chosen": one in seen.segments} for one in segments
        ],
        "heads": [one.label() for one in seen.segments],
        "rows": rows,
        "limited": not seen.everything,
        "most": MOST_COMPARED,
    }


def movement(actor: Actor, family: str, first: date | None, last: date | None) -> dict[str, Any]:
    """Movement within a family between two days; without days, of the last thirty. Four queries."""
    segments = reading.segments_for(actor)
    families = list(dict.fromkeys(one.family for one in segments if one.family))
    family = family if family in families else (families[0] if families else "")
    seen = reading.seen_by(actor, [one for one in segments if one.family == family])
    context: dict[str, Any] = {"families": families, "family": family, "limited": not seen.everything}
    began = reading.first_day(seen.segments) if seen.segments else None
    if began is None:
        return context
    last = min(last or today(), today())
    first = max(first or last - timedelta(days=MONTH), began)
    if first > last:
        first = last
    kept = reading.kept_from(seen.segments)
    context |= {"first": first, "last": last, "began": began}
    context["reckoned"] = kept if kept is not None and first < kept else None
    flows = reading.movement(seen, first, last)
    order = [one.id for one in seen.segments]
    names = {one.id: one.label() for one in seen.segments} | {OUTSIDE: _("In none")}
    tones = {OUTSIDE: "n"}
    for place, one in enumerate(seen.segments):
        tones[one.id] = AREA_TONES.get(one.key.removeprefix("rfm."), sankey.TONES[place % 7])
    drawn = sankey.chart(flows, [*order, OUTSIDE], names, tones)
    links = {pair: moved_url(seen, pair, first, last) for pair in flows}
    rows = sorted(
        (
            {
                "before": names[before],
                "after": names[after],
                "count": count,
                "stayed": before == after,
                "url": links[before, after],
            }
            for (before, after), count in flows.items()
        ),
        key=lambda row: (bool(row["stayed"]), -int(str(row["count"]))),
    )
    moved = sum(count for (before, after), count in flows.items() if before != after)
    return context | {
        "chart": drawn,
        "ribbons": [
            (one, links[one.before, one.after], names[one.before], names[one.after]) for one in drawn.ribbons
        ],
        "rows": rows,
        "moved": moved,
        "total": sum(flows.values()),
    }


def moved_url(seen: Seen, pair: tuple[int, int], first: date, last: date) -> str:
    """The list of exactly those customers who were in the one on the first day and in the other on the last."""
    said = []
    for number, day in zip(pair, (first, last), strict=True):
        if number == OUTSIDE:
            names = ", ".join(_named(one, day) for one in seen.segments)
            said.append(f"segment not in ({names})")
        else:
            known = of_id(number)
            if known is not None:
                said.append(f"segment = {_named(known, day)}")
    return records_url("customer", " and ".join(said))


def strategy(actor: Actor, row: Segment) -> dict[str, Any] | None:
    """A segment's card: what is meant to be done, and how it goes. Four queries."""
    known = of_id(row.pk)
    if known is None:
        return None
    seen = reading.seen_by(actor, [known])
    if not seen.segments:
        return {"broken": known.broken or _("It is made of what you may not see.")}
    revenue = reading.sees_revenue(actor)
    size = reading.sizes(seen, revenue=revenue).get(row.pk)
    run = run_last_done()
    currency = (run.facts.get("currency") if run else "") or formats.HOME_CURRENCY
    average = _average(size)
    context: dict[str, Any] = {
        "size": size,
        "average": average,
        "currency": currency,
        "members_url": members_url(known),
        "spark": sparkline(reading.trends(seen, since=today() - timedelta(days=SPARK_DAYS)).get(row.pk, [])),
    }
    if row.strategy_since is not None:
        began = reading.first_day([known])
        if began is not None:
            since = max(row.strategy_since, began)
            flows = reading.movement(seen, since, today())
            context |= {
                "since": since,
                "came": flows.get((OUTSIDE, row.pk), 0),
                "came_url": moved_url(seen, (OUTSIDE, row.pk), since, today()),
                "went": flows.get((row.pk, OUTSIDE), 0),
                "went_url": moved_url(seen, (row.pk, OUTSIDE), since, today()),
            }
    if row.target and row.target_value and size is not None:
        reached = {
            Target.CUSTOMERS.value: Decimal(size.customers),
            Target.REVENUE.value: size.revenue,
            Target.AVERAGE.value: average,
        }[row.target]
        if reached is not None:
            context |= {
                "reached": reached,
                "share": min(reached / row.target_value, Decimal(1)),
                "is_money": row.target != Target.CUSTOMERS.value,
            }
    return context
