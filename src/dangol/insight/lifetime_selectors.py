"""Reading lifetime value for pages: tiers, how it is spread, and why it changed. PostgreSQL only."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from dangol.insight.policies import Sight
from dangol.insight.selectors import rows_seen

STEPS: Final = ("won", "grew", "shrank", "lost", "model")
ALIVE: Final = Decimal("0.5")
"""Whoever is less likely than this to be a customer still, and was more likely a month ago, has been lost since."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier: its code, how many customers, what they are worth together over three years."""

    code: str
    customers: int
    worth: Decimal


@dataclass(frozen=True, slots=True)
class Bin:
    """Customers whose value lies from `least` (more than nothing) to below `below`; `below` None: no upper end."""

    least: Decimal
    below: Decimal
    customers: int
    worth: Decimal


@dataclass(frozen=True, slots=True)
class Bridge:
    """Value a month ago and now, and the steps in between by code: customers, amount. They add up to the last digit."""

    before: Decimal
    after: Decimal
    steps: dict[str, tuple[int, Decimal]]


@dataclass(frozen=True, slots=True)
class Missed:
    """A customer foretold badly: what was told for the time held out, and what came instead."""

    id: int
    name: str
    told: Decimal
    came: Decimal
    currency: str
    frequency: int | None
    recency: int | None


def tiers(sight: Sight) -> dict[str, Tier]:
    """Customers and value by tier. One query."""
    rows = rows_seen(
        """
        SELECT t.label, count(*), coalesce(sum(v.value), 0)
        FROM measures_score t
        JOIN measures_score v ON v.record_type = 'customer' AND v.name = 'clv.3y' AND v.record_id = t.record_id
        WHERE t.record_type = 'customer' AND t.name = 'clv.tier' AND t.record_id IN ({seen})
        GROUP BY t.label
        """,
        sight,
    )
    return {code: Tier(code, count, worth) for code, count, worth in rows}


def spread(sight: Sight) -> list[Bin]:
    """Customers by size of their value: two bins a power of ten, lowest first, empty ones left out. One query."""
    rows = rows_seen(
        """
        SELECT floor(2 * log(greatest(value, 1))) AS step, count(*), sum(value)
        FROM measures_score
        WHERE record_type = 'customer' AND name = 'clv.3y' AND record_id IN ({seen})
        GROUP BY step ORDER BY step
        """,
        sight,
    )
    return [Bin(_edge(int(step)), _edge(int(step) + 1), count, worth) for step, count, worth in rows]


def _edge(step: int) -> Decimal:
    """10 to the half of `step`, as it is read: 1, 3.16, 10, 31.6 … to three figures."""
    return Decimal(f"{10 ** (step / 2):.3g}")


def bridge(sight: Sight) -> Bridge:
    """Why the value of the customers seen is another one than a month ago. One query.

    Who had no value then has been won; who has become more likely gone than not has been lost; others grew or shrank.
    These are told by the model of then; what only the model of now says otherwise is the step `model`.
    """
    rows = rows_seen(
        """
        WITH s AS (
            SELECT record_id,
                   coalesce(max(value) FILTER (WHERE name = 'clv.month_ago'), 0) AS was,
                   coalesce(max(value) FILTER (WHERE name = 'clv.3y'), 0) AS is_now,
                   max(value) FILTER (WHERE name = 'clv.old_model') AS by_old,
                   coalesce(max(value) FILTER (WHERE name = 'clv.alive_before'), 0) AS alive_then,
                   coalesce(max(value) FILTER (WHERE name = 'clv.alive'), 0) AS alive_now
            FROM measures_score
            WHERE record_type = 'customer' AND record_id IN ({seen})
              AND name IN ('clv.month_ago', 'clv.3y', 'clv.old_model', 'clv.alive_before', 'clv.alive')
            GROUP BY record_id
        ), moved AS (
            SELECT was, is_now, coalesce(by_old, is_now) AS became, alive_then, alive_now FROM s
        ), told AS (
            SELECT was, is_now, became,
                   CASE WHEN was = 0 THEN 'won'
                        WHEN became = 0 OR (became < was AND alive_now < %s AND alive_then >= %s) THEN 'lost'
                        WHEN became >= was THEN 'grew' ELSE 'shrank' END AS step
            FROM moved
        )
        SELECT step, count(*) FILTER (WHERE became <> was), sum(became - was), sum(was), sum(is_now),
               count(*) FILTER (WHERE is_now <> became), sum(is_now - became)
        FROM told GROUP BY step
        """,
        sight,
        ALIVE,
        ALIVE,
    )
    zero = Decimal(0)
    steps = dict.fromkeys(STEPS, (0, zero))
    steps |= {step: (count, amount) for step, count, amount, *_ in rows}
    steps["model"] = (sum(row[5] for row in rows), sum((row[6] for row in rows), zero))
    return Bridge(sum((row[3] for row in rows), zero), sum((row[4] for row in rows), zero), steps)


def missed(sight: Sight, *, model: str, limit: int = 1) -> Sequence[Missed]:
    """The customers whose money this model foretold worst, of those seen. One query."""
    rows = rows_seen(
        """
        SELECT c.id, c.name, t.value, t.value + m.value, m.label, f.value, r.value
        FROM measures_score m
        JOIN customers_customer c ON c.id = m.record_id
        JOIN measures_score t ON t.record_type = 'customer' AND t.name = 'clv.told' AND t.record_id = m.record_id
        LEFT JOIN measures_score f ON f.record_type = 'customer' AND f.name = 'rfm.frequency' AND f.record_id = m.record_id
        LEFT JOIN measures_score r ON r.record_type = 'customer' AND r.name = 'rfm.recency' AND r.record_id = m.record_id
        WHERE m.record_type = 'customer' AND m.name = 'clv.missed' AND m.record_id IN ({seen}) AND m.model = %s
        ORDER BY abs(m.value) DESC, c.id LIMIT %s
        """,
        sight,
        model,
        limit,
    )
    return [
        Missed(
            one[0], one[1], one[2], one[3], one[4],
            None if one[5] is None else int(one[5]), None if one[6] is None else int(one[6]),
        )
        for one in rows
    ]  # fmt: skip
