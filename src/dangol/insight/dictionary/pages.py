"""What the pages of the dictionary show: the list of metrics, and one metric with its chart, split and contributors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.measures.metrics import Metric, ask, base_of, get
from dangol.measures.metrics.answer import Answer, Compared, Row
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.explaining import Change, explain, explained_by
from dangol.measures.metrics.periods import GRAINS, between
from dangol.measures.metrics.questions import Wanted, every_for
from dangol.records import registry
from dangol.web import formats

SHOWN_PARTS: Final = 30
SHOWN_CONTRIBUTIONS: Final = 10
COHORT: Final = "cohort"


def units() -> dict[str, str]:
    """What the units are called."""
    return {
        "money": _("Money"),
        "number": _("Number"),
        "percent": _("Share"),
        "days": _("Days"),
        "hours": _("Hours"),
    }


def grains() -> dict[str, str]:
    """What the lengths of periods are called."""
    return {
        "day": _("By day"),
        "week": _("By week"),
        "month": _("By month"),
        "quarter": _("By quarter"),
        "year": _("By year"),
    }


def written(
    metric: Metric, value: Decimal | None, currency: str, language: str, *, short: bool = False
) -> str:
    """A number of a metric as people read it; a dash where it is unknown."""
    if value is None:
        return "–"
    if metric.unit == "money":
        money = formats.money_short if short else formats.money
        return money(value, currency or formats.HOME_CURRENCY, language)
    if metric.unit == "percent":
        return formats.percent(value, language)
    if metric.unit == "days":
        return _("%(n)s days") % {"n": formats.number(value, language, 1)}
    if metric.unit == "hours":
        return _("%(n)s hours") % {"n": formats.number(value, language, 1)}
    whole = value == value.to_integral_value()
    return formats.number(value, language) if whole else formats.number(value, language, 2)


def dictionary(actor: Actor, sought: str) -> dict[str, Any]:
    """The metrics that the actor may ask for, by department, those in which the words occur. No query."""
    words = sought.casefold().split()
    departments: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    count = 0
    for metric in every_for(actor):
        text = f"{metric.name} {metric.label} {metric.meaning} {metric.in_words} {metric.owner}".casefold()
        if all(word in text for word in words):
            count += 1
            row = {
                "metric": metric,
                "unit": units()[metric.unit],
                "splits": len(dimensions_for(actor, metric)),
            }
            departments.setdefault(str(metric.owner), []).append((str(metric.label), row))
    groups = [
        {"owner": owner, "rows": [row for _label, row in sorted(rows, key=itemgetter(0))]}
        for owner, rows in sorted(departments.items())
    ]
    return {"groups": groups, "count": count, "q": sought}


def of_metric(actor: Actor, metric: Metric, wanted: Wanted, against: str) -> dict[str, Any]:
    """One metric: key figures, the chart over time, its parts, and what moved it. Up to nine queries."""
    known = dimensions_for(actor, metric)
    whole = ask(
        actor, metric.name, filter=wanted.filter, since=wanted.since, until=wanted.until, grain=wanted.grain
    )
    context: dict[str, Any] = {
        "metric": metric,
        "unit": units()[metric.unit],
        "answer": whole,
        "kpis": _kpis(whole),
        "dimensions": list(known.values()),
        "grains": [(name, grains()[name]) for name in GRAINS] if base_of(metric).time else [],
        "parts_of": [get(name) for name in metric.ratio or ()],
        "listed": registry.find(base_of(metric).lists) if base_of(metric).lists else None,
        "against": against,
        "good": {"up": _("Rising is good"), "down": _("Falling is good")}.get(metric.good, ""),
    }
    if whole.as_of is None:
        return context
    if whole.question.span is not None:
        context["chart"] = _chart(whole)
    by = wanted.by or next(iter(explained_by(actor, metric)), None)
    if by:
        split = ask(
            actor, metric.name, by=by, filter=wanted.filter, since=wanted.since, until=wanted.until,
            grain=wanted.grain,
        )  # fmt: skip
        context["by"] = split.by
        context["parts"] = _parts(split)
        context["shares"] = any(part.share is not None for part in split.parts)
        context["rest"] = max(0, len(split.parts) - SHOWN_PARTS) + split.more
        if by == COHORT:
            context["cohorts"] = _cohorts(split)
        if whole.question.span is not None and by in explained_by(actor, metric):
            context["change"] = _change(
                explain(
                    actor, metric.name, by=by, against=against, filter=wanted.filter, since=wanted.since,
                    until=wanted.until, grain=wanted.grain,
                )
            )  # fmt: skip
    return context


def _kpis(answer: Answer) -> list[dict[str, Any]]:
    metric, language, span = answer.metric, answer.actor.language, answer.question.span
    figures: list[dict[str, Any]] = [
        {
            "label": metric.label,
            "value": written(metric, answer.total, answer.currency, language, short=True),
            "detail": _range(span.since, span.until) if span else "",
            "url": answer.url if answer.total is not None else "",
        }
    ]
    names = {"before": _("Periods before"), "year": _("A year before")}
    figures.extend(
        {
            "label": names[one.kind],
            "value": written(metric, one.value, answer.currency, language, short=True),
            "trend": _trend(metric, one),
            "trend_unit": "%p" if metric.unit == "percent" else "%",
            "good": metric.good or "up",
            "detail": _range(one.since, one.until)
            if one.known
            else _("%(range)s, facts begin later") % {"range": _range(one.since, one.until)},
            "url": answer.url_of(one) if one.value is not None else "",
        }
        for one in answer.compared
    )
    return figures


def _trend(metric: Metric, one: Compared) -> Decimal | None:
    return one.change if metric.unit == "percent" else one.ratio


def _range(since: date, until: date) -> str:
    return f"{since.isoformat()} – {until.isoformat()}"


def _period(row: Row, grain: str) -> str:
    if row.period is None:
        return ""
    if grain == "month":
        return formats.month(row.period)[2:]
    if grain == "year":
        return str(row.period.year)
    if grain == "quarter":
        return f"{row.period.year} Q{(row.period.month + 2) // 3}"
    return row.period.isoformat()[2:]


def _unit(answer: Answer) -> str:
    names = {"days": _("days"), "hours": _("hours")}
    return names.get(answer.metric.unit, answer.metric.unit)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value.quantize(Decimal("0.0001")), "f")


def _chart(answer: Answer) -> dict[str, Any]:
    additive = answer.metric.unit in ("money", "number") and answer.metric.ratio is None
    tone = ["p" if row.complete else "u" for row in answer.rows]
    return {
        "type": "months" if additive else "line",
        "label_name": grains()[answer.grain],
        "labels": [_period(row, answer.grain) for row in answer.rows],
        "series": [
            {
                "name": str(answer.metric.label),
                "values": [_text(row.value) for row in answer.rows],
                **({"tones": tone} if additive else {"tone": "p"}),
            },
            {
                "name": _("A year before"),
                "values": [_text(row.year) for row in answer.rows],
                "kind": "line",
                "tone": "n",
            },
        ],
        "urls": [answer.url_of(row) if row.value is not None else "" for row in answer.rows],
        "unit": _unit(answer),
        "currency": answer.currency,
    }


def _parts(answer: Answer) -> list[dict[str, Any]]:
    metric, language = answer.metric, answer.actor.language
    found = []
    parts = list(answer.parts[:SHOWN_PARTS])
    if answer.by is not None and answer.by.name == COHORT:
        parts.sort(key=lambda part: str(part.member))
    for part in parts:
        trend = None
        if part.value is not None and part.before:
            difference = part.value - part.before
            trend = difference if metric.unit == "percent" else difference / abs(part.before)
        found.append(
            {
                "label": part.label,
                "value": written(metric, part.value, answer.currency, language, short=True),
                "share": formats.percent(part.share, language) if part.share is not None else "",
                "width": part.share,
                "before": written(metric, part.before, answer.currency, language, short=True),
                "trend": trend,
                "trend_unit": "%p" if metric.unit == "percent" else "%",
                "url": answer.url_of(part) if part.value else "",
            }
        )
    return found


def _change(change: Change) -> dict[str, Any]:
    answer = change.answer
    metric, language, currency = answer.metric, answer.actor.language, answer.currency
    ratio = metric.ratio is not None

    def signed(value: Decimal | None) -> str:
        if value is None:
            return "–"
        if metric.unit == "percent":
            return formats.percent(value, language, 2, sign=True).removesuffix("%") + "%p"
        return ("+" if value > 0 else "") + written(metric, value, currency, language, short=True)

    largest = max((abs(one.amount) for one in change.contributions), default=Decimal(0))
    return {
        "total": signed(change.change),
        "known": change.change is not None,
        "ratio": ratio,
        "mix": signed(change.mix),
        "rate": signed(change.rate),
        "rows": [
            {
                "label": one.label,
                "now": written(metric, one.now, currency, language, short=True),
                "then": written(metric, one.then, currency, language, short=True),
                "amount": signed(one.amount),
                "mix": signed(one.mix),
                "rate": signed(one.rate),
                "rising": one.amount > 0,
                "width": abs(one.amount) / largest if largest else Decimal(0),
                "tone": "" if (one.amount > 0) == (metric.good != "down") else "o",
            }
            for one in change.contributions[:SHOWN_CONTRIBUTIONS]
        ],
        "rest": max(0, len(change.contributions) - SHOWN_CONTRIBUTIONS),
    }


def _cohorts(answer: Answer) -> dict[str, Any] | None:
    """Retention: of those who first bought in a month, the share who bought so many months later."""
    span = answer.question.span
    if span is None or answer.grain != "month":
        return None
    months = between(span.since, span.until, "month")
    numbers = {(row.member, row.period): row.value for row in answer.rows}
    rows: list[str] = []
    cells: list[list[Any]] = []
    for month in months:
        first = numbers.get((month.isoformat(), max(month, span.since)))
        if not first:
            continue
        at = len(rows)
        rows.append(f"{month:%Y-%m} ({formats.number(first, answer.actor.language)})")
        for distance, later in enumerate(one for one in months if one >= month):
            value = numbers.get((month.isoformat(), max(later, span.since)))
            if value is not None:
                cells.append([distance, at, _text(value / first)])
    return {
        "type": "heatmap",
        "label_name": _("Month of the first order"),
        "columns": [str(number) for number in range(len(months))],
        "rows": rows,
        "cells": cells,
        "unit": "percent",
    }
