"""What stands on a customer's page: segment, revenue, last order, rhythm."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import links
from dangol.insight.policies import can_see_value, sight_of
from dangol.insight.segments import LABELS, TONES
from dangol.measures.models import Score
from dangol.records import ports
from dangol.web import formats

OVERDUE = Decimal("1.5")
"""A customer is late when the usual days between orders have passed this many times."""


def contribute() -> None:
    """Hang the figures and the segment's chip onto customers."""
    ports.add_figures("customer", customer_figures, order=10)
    ports.add_chips("customer", segment_chip)


def customer_figures(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Figure]:
    """Segment, revenue of twelve months, revenue in all, last order, usual interval. One query; none for those who
    may not see the customer's orders, nobody without a score."""
    scores = _scores(actor, record)
    if not scores:
        return ()
    language = actor.language
    as_of = next(iter(scores.values())).as_of
    found: list[ports.Figure] = []
    segment = scores.get("rfm.segment")
    if segment is not None:
        found.append(
            ports.Figure(
                _("Segment"),
                str(LABELS[segment.label]),
                note=_("RFM %(score)s") % {"score": scores["rfm.score"].label},
                tone="dn" if TONES[segment.label] in {"o", "r"} else "",
                url=links.segment_url(segment.label),
            )
        )
    recent = scores.get("value.revenue_12m")
    if recent is not None and recent.value is not None:
        orders = scores.get("value.orders_12m")
        count = int(orders.value) if orders is not None and orders.value is not None else 0
        found.append(
            ports.Figure(
                _("Revenue, 12 months"),
                formats.money_short(recent.value, recent.label or formats.HOME_CURRENCY, language),
                note=_("%(n)s orders") % {"n": formats.number(count, language)},
            )
        )
    total = scores.get("rfm.monetary")
    if total is not None and total.value is not None:
        frequency = scores.get("rfm.frequency")
        count = int(frequency.value) if frequency is not None and frequency.value is not None else 0
        found.append(
            ports.Figure(
                _("Revenue in all"),
                formats.money_short(total.value, total.label or formats.HOME_CURRENCY, language),
                note=_("%(n)s orders") % {"n": formats.number(count, language)},
                help=_("All order lines added up: sales, less returns and adjustments."),
            )
        )
    recency = scores.get("rfm.recency")
    if recency is not None and recency.value is not None:
        days = int(recency.value)
        usual = scores.get("value.interval")
        interval = usual.value if usual is not None else None
        late = interval is not None and interval > 0 and days > interval * OVERDUE
        found.append(
            ports.Figure(
                _("Last order"),
                formats.day(as_of - timedelta(days=days), language)[:10],
                note=_("%(n)s days before %(day)s") % {"n": formats.number(days, language), "day": as_of.isoformat()},
                tone="dn" if late else "",
            )
        )
        if interval is not None:
            found.append(
                ports.Figure(
                    _("Order interval"),
                    _("%(n)s days") % {"n": formats.number(int(interval), language)},
                    note=_("now at %(times)s times that")
                    % {"times": formats.number((days / interval).quantize(Decimal("0.1")), language)}
                    if interval
                    else "",
                    tone="dn" if late else "",
                )
            )
    return found


def segment_chip(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Chip]:
    """The segment beside the customer's name; the record's own field, no query."""
    segment = record.get("rfm.segment")
    if not segment or segment not in LABELS or not can_see_value(actor):
        return ()
    return (ports.Chip(str(LABELS[segment]), TONES[segment]),)


def _scores(actor: Actor, record: Mapping[str, Any]) -> dict[str, Score]:
    if not can_see_value(actor):
        return {}
    rows = Score.objects.filter(record_type="customer", record_id=record["id"], record_id__in=sight_of(actor).customers)
    return {score.name: score for score in rows}
