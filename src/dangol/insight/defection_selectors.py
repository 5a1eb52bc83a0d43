"""Reading who may leave, for pages and tasks. PostgreSQL only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import leaving_reasons
from dangol.insight.policies import Sight, can_see_value, sight_of
from dangol.insight.selectors import rows_seen
from dangol.measures.models import Score
from dangol.records import fieldrules
from dangol.web import formats

LIKELY: Final = Decimal("0.5")
"""From this probability on a customer is more likely to leave than to stay."""
FIELDS: Final = ("defection.probability", "defection.value_at_risk", "defection.reasons")


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer who may leave: how probable, what is at risk, and the reasons as the score keeps them."""

    id: int
    name: str
    probability: Decimal
    at_risk: Decimal
    currency: str
    reasons: str


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The value at risk of the customers seen, how many have any, and how many are more likely to leave than not."""

    value: Decimal
    customers: int
    likely: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A customer foretold badly: the probability told, and whether he left; what is known of him today."""

    id: int
    name: str
    told: Decimal
    left: bool
    interval: int | None
    recency: int | None


def can_see_leaving(actor: Actor | None) -> bool:
    """Whoever may see customer value, and no rule hides the scores from."""
    return can_see_value(actor) and actor is not None and fieldrules.is_clear(actor, "customer", *FIELDS)


def at_risk(sight: Sight) -> AtRisk:
    """One query."""
    ((value, customers, likely),) = rows_seen(
        """
        WITH s AS (
            SELECT name, value FROM measures_score
            WHERE record_type = 'customer' AND name IN ('defection.value_at_risk', 'defection.probability')
              AND record_id IN ({seen})
        )
        SELECT coalesce(sum(value) FILTER (WHERE name = 'defection.value_at_risk'), 0),
               count(*) FILTER (WHERE name = 'defection.value_at_risk' AND value > 0),
               count(*) FILTER (WHERE name = 'defection.probability' AND value >= %s)
        FROM s
        """,
        sight,
        LIKELY,
    )
    return AtRisk(value, customers, likely)


def most_at_risk(sight: Sight, *, limit: int) -> list[Leaving]:
    """The customers with most value at risk, most first. One query."""
    rows = rows_seen(
        """
        SELECT c.id, c.name, p.value, v.value, v.label, coalesce(r.label, '')
        FROM measures_score v
        JOIN customers_customer c ON c.id = v.record_id
        JOIN measures_score p
            ON p.record_type = 'customer' AND p.name = 'defection.probability' AND p.record_id = c.id
        LEFT JOIN measures_score r
            ON r.record_type = 'customer' AND r.name = 'defection.reasons' AND r.record_id = c.id
        WHERE v.record_type = 'customer' AND v.name = 'defection.value_at_risk' AND v.value > 0
          AND v.record_id IN ({seen})
        ORDER BY v.value DESC, c.id
        LIMIT %s
        """,
        sight,
        limit,
    )
    return [Leaving(*row) for row in rows]


def missed(sight: Sight, *, model: str) -> Missed | None:
    """The customer, of those seen, whom this model foretold worst. One query."""
    rows = rows_seen(
        """
        SELECT c.id, c.name, t.value, m.value > 0, i.value, r.value
        FROM measures_score m
        JOIN customers_customer c ON c.id = m.record_id
        JOIN measures_score t
            ON t.record_type = 'customer' AND t.name = 'defection.told' AND t.record_id = m.record_id
        LEFT JOIN measures_score i
            ON i.record_type = 'customer' AND i.name = 'value.interval' AND i.record_id = m.record_id
        LEFT JOIN measures_score r
            ON r.record_type = 'customer' AND r.name = 'rfm.recency' AND r.record_id = m.record_id
        WHERE m.record_type = 'customer' AND m.name = 'defection.missed' AND m.record_id IN ({seen}) AND m.model = %s
        ORDER BY abs(m.value) DESC, c.id LIMIT 1
        """,
        sight,
        model,
    )
    for number, name, told_, left, interval, recency in rows:
        gap, since = (None if one is None else int(one) for one in (interval, recency))
        return Missed(number, name, told_, left, gap, since)
    return None


def model_of(customer: int, name: str) -> str:
    """The number of the version that a customer's score comes from; empty without one. One query."""
    found = Score.objects.filter(record_type="customer", record_id=customer, name=name)
    model = found.values_list("model", flat=True).first() or ""
    return model.rpartition("-")[2]


def told(customers: Sequence[int], *, actor: Actor) -> dict[int, str]:
    """What the task about each customer says: reasons, probability, day. One query.

    No amount: a task is read by whoever may see it, also where a rule hides revenue. Nothing of customers whose orders
    the actor may not see, nor where a rule hides the scores from him.
    """
    if not can_see_leaving(actor):
        return {}
    rows = Score.objects.filter(
        record_type="customer",
        name__in=("defection.probability", "defection.reasons"),
        record_id__in=sight_of(actor).customers.filter(pk__in=customers),
    ).order_by("record_id", "-name")
    language = actor.language
    out: dict[int, list[str]] = {}
    for one in rows:
        lines = out.setdefault(one.record_id, [])
        with translation.override(language):
            if one.name == "defection.reasons":
                lines.append(_("Why: %(reasons)s") % {"reasons": leaving_reasons.told(one.label, language)})
            else:
                lines.append(
                    _("Probability of leaving %(share)s (%(day)s)")
                    % {"share": formats.percent(one.value, language, 0), "day": one.as_of.isoformat()}
                )
    return {number: "\n".join(lines) for number, lines in out.items()}
