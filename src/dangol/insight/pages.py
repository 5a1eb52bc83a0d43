"""What the page of customer value shows, from stored results to figures and charts."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight import links, selectors
from dangol.insight.customer_value import window_start
from dangol.insight.defection_pages import SHOWN_SHORT, leaving_part
from dangol.insight.lifetime_pages import lifetime_part
from dangol.insight.policies import Sight, can_see_models, sight_of
from dangol.insight.retention_pages import cohort_chart
from dangol.insight.segments import AREA_TONES, LABELS
from dangol.measures import metrics
from dangol.measures import selectors as measures
from dangol.measures.models import RefreshRun
from dangol.methods.rfm import SEGMENTS
from dangol.records import fieldrules, registry
from dangol.web import formats

SHOWN_MONTHS = 24
SHOWN_COHORTS = 8


def value_page(*, actor: Actor, run: RefreshRun) -> dict[str, Any]:
    """Key figures, charts and the table of customers about to leave, of what the actor may see.

    Fourteen queries at most, whatever the number of customers.
    """
    if run.as_of is None:
        raise ValueError("the run found no orders")
    sight = sight_of(actor)
    currency = run.facts.get("currency") or formats.HOME_CURRENCY
    revenue = measures.metric_by_month(
        metric=metrics.get("revenue"), records=None if sight.everything else sight.customers
    )
    steps = selectors.concentration(sight)
    sizes = selectors.segment_sizes(sight)
    lifetime = lifetime_part(actor=actor, run=run, sight=sight, currency=currency)
    kpis = _kpis(actor, run, run.as_of, currency, sight, steps, sizes)
    if "lifetime_kpi" in lifetime:
        kpis.insert(0, lifetime["lifetime_kpi"])
    leaving = leaving_part(actor=actor, run=run, sight=sight, currency=currency, limit=SHOWN_SHORT)
    if "leaving_kpi" in leaving:
        kpis[-1] = leaving["leaving_kpi"]
    return {
        **lifetime,
        **leaving,
        "as_of": run.as_of,
        "currency": currency,
        "kpis": kpis,
        "months": _months_chart(actor, run.as_of, currency, revenue),
        "segments": _segments_chart(sizes),
        "pareto": _pareto_chart(steps),
        "leaving": []
        if "leaving_rows" in leaving
        else [_leaving_row(actor, one) for one in selectors.about_to_leave(sight)],
        "leaving_url": links.segment_url("at_risk"),
        "cohorts": _cohorts(actor, run),
        "left_out": run.facts.get("left_out") or {},
        "limited": not sight.everything,
    }


def _cohorts(actor: Actor, run: RefreshRun) -> dict[str, Any] | None:
    """The newest cohorts, the company's, for those who see all of it. No query."""
    found = run.facts.get("retention")
    if not found or not can_see_models(actor):
        return None
    chart = cohort_chart(found, SHOWN_COHORTS)
    return chart if chart["rows"] else None


def _kpis(
    actor: Actor,
    run: RefreshRun,
    as_of: date,
    currency: str,
    sight: Sight,
    steps: Sequence[selectors.Step],
    sizes: Mapping[str, selectors.SegmentSize],
) -> list[dict[str, Any]]:
    language = actor.language
    start = window_start(as_of)
    activity = selectors.activity(sight)
    recent = Decimal(run.facts.get("revenue_12m") or 0) if sight.everything else activity.revenue
    share, best, least = selectors.share_of_best(steps)
    at_risk = sizes.get("at_risk", selectors.SegmentSize("at_risk", 0, Decimal(0)))
    return [
        {
            "label": _("Revenue, 12 months"),
            "value": formats.money_short(recent, currency, language),
            "detail": f"{start.isoformat()} – {as_of.isoformat()}",
            "url": links.orders_url(start, as_of, zone=actor.time_zone),
            "info": _("Sales less returns of the twelve months that end with the day of the data."),
        },
        {
            "label": _("Active customers"),
            "value": formats.number(activity.active, language),
            "detail": _("of %(n)s with orders, in 12 months")
            % {"n": formats.number(activity.known, language)},
            "url": links.records_url("customer", "value.orders_12m >= 1", sort="-value.revenue_12m"),
        },
        {
            "label": _("Revenue of the best 20%"),
            "value": None if share is None else formats.percent(share, language, 0),
            "detail": _("%(n)s customers") % {"n": formats.number(best, language)},
            "url": "" if least is None else links.at_least_url(least),
        },
        {
            "label": _("Repeat buyers"),
            "value": formats.percent(Decimal(activity.repeating) / activity.active, language)
            if activity.active
            else None,
            "detail": _("%(n)s with two or more orders")
            % {"n": formats.number(activity.repeating, language)},
            "url": links.records_url("customer", "value.orders_12m >= 2", sort="-value.orders_12m"),
        },
        {
            "label": _("Revenue at risk"),
            "value": formats.money_short(at_risk.revenue, currency, language),
            "tone": "dn",
            "detail": _("%(n)s customers") % {"n": formats.number(at_risk.customers, language)},
            "url": links.segment_url("at_risk"),
            "info": _("What the customers of the segment “At risk” have brought in all."),
        },
    ]


def _months_chart(
    actor: Actor, as_of: date, currency: str, revenue: Mapping[date, Decimal]
) -> dict[str, Any]:
    last = max([*revenue, as_of.replace(day=1)])
    first = min([*revenue, last])
    months = measures.months_between(first, last)[-SHOWN_MONTHS:]
    return {
        "type": "months",
        "label_name": _("Month"),
        "labels": [formats.month(month)[2:] for month in months],
        "series": [
            {
                "name": _("Revenue"),
                "values": [str(value) for value in measures.filled(revenue, months)],
                "tones": ["u" if month == as_of.replace(day=1) else "p" for month in months],
            }
        ],
        "urls": [links.month_url(month, zone=actor.time_zone) for month in months],
        "unit": "money",
        "currency": currency,
    }


def _segments_chart(sizes: Mapping[str, selectors.SegmentSize]) -> dict[str, Any]:
    codes = [code for code in SEGMENTS if code in sizes]
    return {
        "type": "treemap",
        "label_name": _("Segment"),
        "labels": [str(LABELS[code]) for code in codes],
        "series": [
            {
                "name": _("Customers"),
                "values": [sizes[code].customers for code in codes],
                "tones": [AREA_TONES[code] for code in codes],
            }
        ],
        "urls": [links.segment_url(code) for code in codes],
        "unit": _("customers"),
    }


def _pareto_chart(steps: Sequence[selectors.Step]) -> dict[str, Any]:
    """The concentration curve: a point opens the customers up to it. The dashed line is what equals would bring."""
    total = sum((step.revenue for step in steps), Decimal(0))
    known = sum(step.customers for step in steps)
    labels, shares, equal, urls = ["0%"], [Decimal(0)], [Decimal(0)], [""]
    revenue, customers = Decimal(0), 0
    for step in steps:
        revenue += step.revenue
        customers += step.customers
        labels.append(f"{step.step * 100 // selectors.STEPS}%")
        shares.append(revenue / total if total > 0 else Decimal(0))
        equal.append(Decimal(customers) / known)
        urls.append(links.at_least_url(step.least))
    return {
        "type": "line",
        "label_name": _("Best customers"),
        "labels": labels,
        "series": [
            {"name": _("Share of revenue"), "values": [_short(share) for share in shares], "tone": "p"},
            {
                "name": _("if all brought the same"),
                "values": [_short(share) for share in equal],
                "kind": "forecast",
                "tone": "n",
            },
        ],
        "urls": urls,
        "unit": "percent",
    }


def _short(share: Decimal) -> str:
    return str(share.quantize(Decimal("0.0001")))


def _leaving_row(actor: Actor, one: selectors.Leaving) -> dict[str, Any]:
    language = actor.language
    if one.interval:
        reason = _("orders every %(usual)s days, now %(since)s days without") % {
            "usual": formats.number(one.interval, language),
            "since": formats.number(one.recency, language),
        }
    else:
        reason = _("%(n)s orders on one day, %(since)s days ago") % {
            "n": formats.number(one.frequency, language),
            "since": formats.number(one.recency, language),
        }
    return {
        "name": fieldrules.masked_title(actor, registry.get("customer"), one.name),
        "url": f"/customers/{one.id}/",
        "reason": reason,
        "revenue": formats.money_short(one.revenue, one.currency or formats.HOME_CURRENCY, language),
    }
