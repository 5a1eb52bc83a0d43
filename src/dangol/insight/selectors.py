"""Reading customer value for the page: segments, concentration, customers about to leave. PostgreSQL only."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from dangol.insight.policies import Sight

STEPS: Final = 20
"""Steps of the concentration curve: 5 % of customers each."""
BEST_STEPS: Final = 4
"""Those of them that make up the best 20 %."""


@dataclass(frozen=True, slots=True)
class SegmentSize:
    """A segment: its code, how many customers, their revenue in all."""

    code: str
    customers: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the concentration curve: up to which twentieth of customers, how many in it, their revenue, and the
    least that any of them brought."""

    step: int
    customers: int
    revenue: Decimal
    least: Decimal


@dataclass(frozen=True, slots=True)
class Activity:
    """Customers in the last twelve months: with an order, with two or more, all with a value; and their revenue."""

    active: int
    repeating: int
    known: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer at risk: days since the last order, usual days between orders, orders and revenue in all."""

    id: int
    name: str
    recency: int
    interval: int | None
    frequency: int
    revenue: Decimal
    currency: str


def segment_sizes(sight: Sight) -> dict[str, SegmentSize]:
    """Customers and revenue by segment. One query."""
    rows = rows_seen(
        """
        SELECT s.label, count(*), coalesce(sum(m.value), 0)
        FROM measures_score s
        LEFT JOIN measures_score m
            ON m.record_type = 'customer' AND m.name = 'rfm.monetary' AND m.record_id = s.record_id
        WHERE s.record_type = 'customer' AND s.name = 'rfm.segment' AND s.record_id IN ({seen})
        GROUP BY s.label
        """,
        sight,
    )
    return {code: SegmentSize(code, count, revenue) for code, count, revenue in rows}


def concentration(sight: Sight) -> list[Step]:
    """Revenue by twentieths of customers, most valuable first; as `methods.pareto.curve` defines it. One query.

    A customer belongs to the step in which the first of those with the same revenue stands.
    """
    rows = rows_seen(
        """
        WITH v AS (
            SELECT value, rank() OVER (ORDER BY value DESC) AS place, count(*) OVER () AS n
            FROM measures_score
            WHERE record_type = 'customer' AND name = 'rfm.monetary' AND record_id IN ({seen})
        )
        SELECT %s * (place - 1) / n + 1 AS step, count(*), sum(value), min(value)
        FROM v GROUP BY step ORDER BY step
        """,
        sight,
        STEPS,
    )
    return [Step(*row) for row in rows]


def activity(sight: Sight) -> Activity:
    """How many customers ordered in the last twelve months, and for how much. One query."""
    ((active, repeating, known, revenue),) = rows_seen(
        """
        SELECT count(*) FILTER (WHERE name = 'value.orders_12m' AND value >= 1),
               count(*) FILTER (WHERE name = 'value.orders_12m' AND value >= 2),
               count(*) FILTER (WHERE name = 'rfm.monetary'),
               coalesce(sum(value) FILTER (WHERE name = 'value.revenue_12m'), 0)
        FROM measures_score
        WHERE record_type = 'customer' AND name IN ('value.orders_12m', 'value.revenue_12m', 'rfm.monetary')
          AND record_id IN ({seen})
        """,
        sight,
    )
    return Activity(active, repeating, known, revenue)


def about_to_leave(sight: Sight, *, limit: int = 8) -> list[Leaving]:
    """The customers at risk who brought most, most first; not those who are within their own rhythm. One query."""
    rows = rows_seen(
        """
        SELECT c.id, c.name, r.value, i.value, f.value, m.value, m.label
        FROM measures_score s
        JOIN customers_customer c ON c.id = s.record_id
        JOIN measures_score r ON r.record_type = 'customer' AND r.name = 'rfm.recency' AND r.record_id = c.id
        JOIN measures_score f ON f.record_type = 'customer' AND f.name = 'rfm.frequency' AND f.record_id = c.id
        JOIN measures_score m ON m.record_type = 'customer' AND m.name = 'rfm.monetary' AND m.record_id = c.id
        LEFT JOIN measures_score i ON i.record_type = 'customer' AND i.name = 'value.interval' AND i.record_id = c.id
        WHERE s.record_type = 'customer' AND s.name = 'rfm.segment' AND s.label = 'at_risk'
          AND (i.value IS NULL OR r.value > i.value) AND s.record_id IN ({seen})
        ORDER BY m.value DESC, c.id
        LIMIT %s
        """,
        sight,
        limit,
    )
    return [
        Leaving(
            id=record_id,
            name=name,
            recency=int(recency),
            interval=None if interval is None else int(interval),
            frequency=int(frequency),
            revenue=revenue,
            currency=currency,
        )
        for record_id, name, recency, interval, frequency, revenue, currency in rows
    ]


def share_of_best(steps: Sequence[Step]) -> tuple[Decimal | None, int, Decimal | None]:
    """Share of the revenue that the best 20 % bring, how many they are, and the least one of them brought."""
    total = sum((step.revenue for step in steps), Decimal(0))
    best = [step for step in steps if step.step <= BEST_STEPS]
    if not best or total <= 0:
        return None, 0, None
    return (
        sum((step.revenue for step in best), Decimal(0)) / total,
        sum(step.customers for step in best),
        best[-1].least,
    )


def rows_seen(statement: str, sight: Sight, *more: Any) -> list[tuple[Any, ...]]:
    """Run a statement in which `{seen}` stands for the ids the actor may see, before all other parameters."""
    seen, parameters = sight.customers.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement.format(seen=seen), [*parameters, *more])
        return list(cursor.fetchall())
