"""Sizes, trends, overlap and movement of segments, of the customers that somebody may see. PostgreSQL only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import combinations
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from dangol.identity.actors import Actor
from dangol.insight.models import Segment, SegmentDay
from dangol.insight.segmentation import conditions, index
from dangol.insight.segmentation.fields import known_where
from dangol.insight.segmentation.index import Known
from dangol.records import fieldrules, permissions, registry

OUTSIDE: Final = 0
"""Stands for "in none of the segments" at either end of a movement."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many customers, and their revenue of twelve months; None where it may not be told."""

    customers: int
    revenue: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Segments that somebody may compare, and of whom: everybody, or the `customers` (a lazy query of ids)."""

    segments: list[Known]
    customers: QuerySet[Any]
    everything: bool


def segments_for(actor: Actor) -> list[Known]:
    """The segments that the actor finds, by family and age. One query."""
    rows = permissions.visible_to(actor, registry.get("segment")).order_by("family", "pk")
    return [one for number in rows.values_list("pk", flat=True) if (one := index.of_id(number)) is not None]


def seen_by(actor: Actor, segments: Sequence[Known]) -> Seen:
    """Those of the segments that the actor may know about, and the customers of whom he may. No query.

    Where the actor may know about one segment only of some customers, all are told of these customers only.
    """
    customer = registry.get(conditions.CUSTOMER)
    guard = permissions.guard_of(actor)
    rule_of = (
        None
        if actor.is_administrator or not actor.field_rules
        else partial(fieldrules.rule_of, actor.field_rules, customer)
    )
    known: list[Known] = []
    narrowed: list[Q] = []
    for one in segments:
        where = known_where(one, guard, rule_of)
        if where is False:
            continue
        known.append(one)
        if isinstance(where, Q) and where not in narrowed:
            narrowed.append(where)
    rows = permissions.visible_to(actor, customer).order_by()
    for where in narrowed:
        rows = rows.filter(where)
    everything = permissions.visible_q(actor, customer) is True and not narrowed
    return Seen(known, rows.values("pk"), everything)


def sees_revenue(actor: Actor) -> bool:
    """May the actor know what each customer that he sees brought in, so that it can be added up. No query."""
    order, customer = registry.get("order"), registry.get(conditions.CUSTOMER)
    return permissions.follows(actor, order, customer) and fieldrules.is_clear(
        actor, "customer", "value.revenue_12m"
    )


def sizes(seen: Seen, *, revenue: bool = True) -> dict[int, Size]:
    """Customers and revenue by segment, as the last snapshot kept them. One query."""
    ids = [one.id for one in seen.segments]
    if seen.everything:
        days = (
            SegmentDay.objects.filter(segment_id__in=ids)
            .order_by("segment_id", "-day")
            .distinct("segment_id")
        )
        return {one.segment_id: Size(one.customers, one.revenue if revenue else None) for one in days}
    rows = _rows(
        """
        SELECT stay.segment_id, count(*), coalesce(sum(score.value), 0)
        FROM insight_segmentstay stay
        LEFT JOIN measures_score score ON score.record_type = 'customer'
            AND score.name = 'value.revenue_12m' AND score.record_id = stay.customer_id
        WHERE stay.segment_id = ANY(%s) AND stay.left_on IS NULL AND stay.customer_id IN ({seen})
        GROUP BY 1
        """,
        seen,
        [ids],
    )
    found = {number: Size(count, amount if revenue else None) for number, count, amount in rows}
    return {number: found.get(number, Size(0, Decimal(0) if revenue else None)) for number in ids}


def trends(seen: Seen, *, since: date) -> dict[int, list[tuple[date, int]]]:
    """Customers by segment and day, as far as days were kept. One query."""
    ids = [one.id for one in seen.segments]
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    if seen.everything:
        days = SegmentDay.objects.filter(segment_id__in=ids, day__gte=since).order_by("day")
        for number, day, count in days.values_list("segment_id", "day", "customers"):
            found[number].append((day, count))
        return found
    rows = _rows(
        """
        SELECT moved.segment_id, greatest(moved.day, %s), sum(moved.change)
        FROM (
            SELECT segment_id, customer_id, entered_on AS day, 1 AS change FROM insight_segmentstay
            WHERE segment_id = ANY(%s)
            UNION ALL
            SELECT segment_id, customer_id, left_on, -1 FROM insight_segmentstay
            WHERE segment_id = ANY(%s) AND left_on IS NOT NULL
        ) moved
        WHERE moved.customer_id IN ({seen})
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        seen,
        [since, ids, ids],
    )
    totals: dict[int, int] = defaultdict(int)
    for number, day, change in rows:
        totals[number] += int(change)
        found[number].append((day, totals[number]))
    return found


def overlap(seen: Seen) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
    """Customers in each segment, and in both of each two. One query, which reads each stay once."""
    rows = _rows(
        """
        SELECT found.segments, count(*)
        FROM (
            SELECT array_agg(segment_id ORDER BY segment_id) AS segments
            FROM insight_segmentstay
            WHERE segment_id = ANY(%s) AND left_on IS NULL AND customer_id IN ({seen})
            GROUP BY customer_id
        ) found
        GROUP BY 1
        """,
        seen,
        [[one.id for one in seen.segments]],
    )
    single: dict[int, int] = {one.id: 0 for one in seen.segments}
    pairs: dict[tuple[int, int], int] = defaultdict(int)
    for numbers, count in rows:
        for number in numbers:
            single[number] += count
        for two in combinations(numbers, 2):
            pairs[two] += count
    return single, pairs


def movement(seen: Seen, first: date, last: date) -> dict[tuple[int, int], int]:
    """How many customers were in one segment on the first day and in another (or the same) on the last.

    `OUTSIDE` stands for none of them. A customer of several segments counts once for each two. One query.
    """
    on = "entered_on <= %s AND (left_on IS NULL OR left_on > %s)"
    ids = [one.id for one in seen.segments]
    rows = _rows(
        f"""
        SELECT coalesce(a.segment_id, 0), coalesce(b.segment_id, 0), count(*)
        FROM (SELECT segment_id, customer_id FROM insight_segmentstay WHERE segment_id = ANY(%s) AND {on}) a
        FULL JOIN (SELECT segment_id, customer_id FROM insight_segmentstay WHERE segment_id = ANY(%s) AND {on}) b
            ON b.customer_id = a.customer_id
        WHERE coalesce(a.customer_id, b.customer_id) IN ({{seen}})
        GROUP BY 1, 2
        """,  # noqa: S608 - nothing from outside
        seen,
        [ids, first, first, ids, last, last],
    )
    return {(before, after): count for before, after, count in rows}


def first_day(segments: Sequence[Known]) -> date | None:
    """The first day that was kept of any of them. One query."""
    days = SegmentDay.objects.filter(segment_id__in=[one.id for one in segments]).order_by("day")
    return days.values_list("day", flat=True).first()


def kept_from(segments: Sequence[Known]) -> date | None:
    """The first day that was kept as it was, not reckoned later from the orders. One query."""
    days = SegmentDay.objects.filter(segment_id__in=[one.id for one in segments], reckoned=False)
    return days.order_by("day").values_list("day", flat=True).first()


def grid(actor: Actor) -> Mapping[tuple[int, int], int]:
    """Customers by cell of the RFM grid: (recency, frequency). One query."""
    customer = registry.get(conditions.CUSTOMER)
    field = customer.fields["rfm.score"]
    rows = permissions.visible_to(actor, customer).order_by()
    where = field.known_where(permissions.revealed_callback(actor))
    if where is False or "rfm.score" not in permissions.fields_for(actor, customer):
        return {}
    rows = rows if where is True else rows.filter(where)
    found = _rows(
        """
        SELECT left(label, 2), count(*) FROM measures_score
        WHERE record_type = 'customer' AND name = 'rfm.score' AND length(label) = 3 AND record_id IN ({seen})
        GROUP BY 1
        """,
        Seen([], rows.values("pk"), False),
        [],
    )
    return {(int(code[0]), int(code[1])): count for code, count in found}


def strategy_segments(actor: Actor) -> QuerySet[Segment]:
    """The rows of the segments that the actor finds. Lazy."""
    rows: QuerySet[Segment] = permissions.visible_to(actor, registry.get("segment"))
    return rows


def _rows(sql: str, seen: Seen, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """`{seen}` stands last in the statement, so that its parameters follow the others."""
    try:
        customers, more = seen.customers.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.format(seen=customers), [*parameters, *more])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
