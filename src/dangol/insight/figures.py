"""What stands on a customer's page: segment and rhythm. What was bought is told by commerce, from the orders themselves."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import links
from dangol.insight.segments import LABELS, TONES
from dangol.records import permissions, ports, registry
from dangol.web import formats

OVERDUE = Decimal("1.5")
"""A customer is late when the usual days between orders have passed this many times."""


def contribute() -> None:
    """Hang the figures and the segment's chip onto customers."""
    ports.add_figures("customer", customer_figures, order=10)
    ports.add_chips("customer", segment_chip)


def customer_figures(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Figure]:
    """Segment and usual interval between orders, from the record's own fields: no query.

    Nothing for those who may not see the customer's orders, nor without a score.
    """
    segment = _segment(actor, record)
    if not segment:
        return ()
    language = actor.language
    found = [
        ports.Figure(
            _("Segment"),
            str(LABELS[segment]),
            note=_("RFM %(score)s") % {"score": record.get("rfm.score") or "–"},
            tone="dn" if TONES[segment] in {"o", "r"} else "",
            url=links.segment_url(segment),
        )
    ]
    interval, since = record.get("value.interval"), record.get("rfm.recency")
    if interval and since is not None:
        times = (Decimal(since) / Decimal(interval)).quantize(Decimal("0.1"))
        found.append(
            ports.Figure(
                _("Order interval"),
                _("%(n)s days") % {"n": formats.number(interval, language, 0)},
                note=_("now at %(times)s times that") % {"times": formats.number(times, language)},
                tone="dn" if times > OVERDUE else "",
            )
        )
    return found


def segment_chip(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Chip]:
    """The segment beside the customer's name; the record's own field, no query."""
    segment = _segment(actor, record)
    return (ports.Chip(str(LABELS[segment]), TONES[segment]),) if segment else ()


def _segment(actor: Actor, record: Mapping[str, Any]) -> str:
    """The customer's segment, where the actor may see the orders it was computed from."""
    segment = record.get("rfm.segment") or ""
    seen = permissions.reaches(actor, registry.get("order"), "view", record)
    return segment if segment in LABELS and seen else ""
