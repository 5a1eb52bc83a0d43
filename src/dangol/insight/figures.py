"""What stands on a customer's page: segment and rhythm. What was bought is told by commerce, from the orders themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import leaving_reasons, links
from dangol.insight.defection_selectors import LIKELY, model_of
from dangol.insight.segments import LABELS, TONES
from dangol.interactions.steps import Act, Step, add_steps
from dangol.interactions.steps.registry import LEAVING, PLANNED
from dangol.records import permissions, ports, registry
from dangol.records.fields.numbers import Amount
from dangol.web import formats

OVERDUE, GONE = Decimal("1.5"), Decimal(8)
"""A customer is late when the usual days between orders have passed this many times; after the second number a call
hardly brings it back."""


def contribute() -> None:
    """Hang the figures and the segment's chip onto customers."""
    ports.add_figures("customer", customer_figures, order=10)
    ports.add_figures("customer", lifetime_figure, order=12)
    ports.add_figures("customer", leaving_figure, order=13)
    ports.add_chips("customer", segment_chip)
    add_steps("rhythm", late_order)


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
    interval, times = record.get("value.interval"), _intervals_passed(record)
    if interval and times is not None:
        found.append(
            ports.Figure(
                _("Order interval"),
                _("%(n)s days") % {"n": formats.number(interval, language, 0)},
                note=_("now at %(times)s times that") % {"times": formats.number(times, language)}
                if times >= 1
                else _("within the usual time"),
                tone="dn" if times > OVERDUE else "",
            )
        )
    return found


def lifetime_figure(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Figure]:
    """What the customer is still worth, with the interval and the day of the model; the record's own fields, no query."""
    found = [record.get(f"clv.{name}") for name in ("3y", "low", "high")]
    amounts = [one for one in found if isinstance(one, Amount)]
    if len(amounts) < len(found):
        return ()
    if not permissions.reaches(actor, registry.get("order"), "view", record):
        return ()
    language = actor.language
    told = [formats.money_short(one, one.currency, language) for one in amounts]
    day, alive = record.get("clv.as_of"), record.get("clv.alive")
    return [
        ports.Figure(
            _("Lifetime value, 3 years"),
            told[0],
            note=_("%(low)s – %(high)s · %(day)s")
            % {
                "low": told[1],
                "high": told[2],
                "day": formats.day(day, language) if day else "–",
            },
            help=_(
                "What the customer is expected to bring in the next three years, discounted to today. Nine of ten customers "
                "like this one bring something within the interval. Still a customer: %(alive)s."
            )
            % {"alive": formats.percent(alive, language, 0) if isinstance(alive, Decimal) else "–"},
        )
    ]


def leaving_figure(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Figure]:
    """How probable it is that the customer leaves, what is at risk, why, by which model and when; one query for the model."""
    probability, at_risk = record.get("defection.probability"), record.get("defection.value_at_risk")
    if not isinstance(probability, Decimal) or not isinstance(at_risk, Amount):
        return ()
    if not permissions.reaches(actor, registry.get("order"), "view", record):
        return ()
    language = actor.language
    day = record.get("defection.as_of")
    why = [leaving_reasons.words(one, language) for one in record.get("defection.reasons") or ()]
    version = model_of(record["id"], "defection.probability")
    return [
        ports.Figure(
            _("Value at risk"),
            formats.money_short(at_risk, at_risk.currency, language),
            note=" · ".join(
                [_("leaves with %(share)s") % {"share": formats.percent(probability, language, 0)}, *why]
            ),
            tone="dn" if probability >= LIKELY else "",
            help=_(
                "Model %(version)s, data until %(day)s: the probability that the customer stops buying, times its value."
            )
            % {"version": f"v{version}", "day": formats.day(day, language) if day else "–"},
        )
    ]


def late_order(actor: Actor, record: Mapping[str, Any], now: datetime) -> Sequence[Step]:
    """A call when the usual days between orders have long passed; the record's own fields, no query."""
    times = _intervals_passed(record)
    if times is None or times <= OVERDUE or not _segment(actor, record):
        return ()
    days = {
        "gap": formats.number(record["value.interval"], actor.language, 0),
        "silent": formats.number(record["rfm.recency"], actor.language, 0),
    }
    bought = record.get("rfm.monetary")
    is_gone = times > GONE
    return [
        Step(
            key="rhythm",
            title=_("Ask why the orders stopped") if is_gone else _("Call about the next order"),
            reason=_("Usually an order every %(gap)s days, none for %(silent)s days now.") % days,
            act=Act(_("Log a call"), icon="phone", compose="call"),
            urgency=PLANNED if is_gone else LEAVING,
            value=bought,
            currency=getattr(bought, "currency", ""),
            is_late=not is_gone,
        )
    ]


def _intervals_passed(record: Mapping[str, Any]) -> Decimal | None:
    """How many times the usual days between two orders have passed since the last one."""
    interval, since = record.get("value.interval"), record.get("rfm.recency")
    if not interval or since is None:
        return None
    return (Decimal(since) / Decimal(interval)).quantize(Decimal("0.1"))


def segment_chip(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Chip]:
    """The segment beside the customer's name; the record's own field, no query."""
    segment = _segment(actor, record)
    return (ports.Chip(str(LABELS[segment]), TONES[segment]),) if segment else ()


def _segment(actor: Actor, record: Mapping[str, Any]) -> str:
    """The customer's segment, where the actor may see the orders it was computed from."""
    segment = record.get("rfm.segment") or ""
    seen = permissions.reaches(actor, registry.get("order"), "view", record)
    return segment if segment in LABELS and seen else ""
