"""Standing questions: computed beforehand by each refresh, so that pages of those who see everything open no lake."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from dangol.identity.actors import Actor
from dangol.measures.metrics import periods
from dangol.measures.metrics.declaration import Metric, registered
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.evaluation import Figures, extent, figures, windows_of
from dangol.measures.metrics.periods import Span
from dangol.measures.models import StandingFigures
from dangol.records.filters import EVERYTHING

if TYPE_CHECKING:
    from dangol.measures.lake import Lake

GRAIN: Final = "month"
COMPANY: Final = Actor.system("metrics")


def day_of_data(last: date | None, taken_at: datetime) -> date:
    """The day up to which a metric is known: that of its newest fact, never after the lake was taken."""
    taken = taken_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return taken if last is None else min(taken, last)


def default_span(metric: Metric, as_of: date, grain: str = GRAIN) -> Span | None:
    """The days that are meant where nobody says which."""
    if not metric.time:
        return None
    return Span(periods.moved(periods.start(as_of, grain), grain, 1 - periods.DEFAULT_COUNT[grain]), as_of)


def standing_of(lake: Lake, *, currency: str) -> list[StandingFigures]:
    """Compute the standing questions about every metric that has facts; not saved yet."""
    taken_at = datetime.fromisoformat(lake.manifest.taken_at)
    found = []
    for metric in registered():
        if metric.formula is None or metric.dataset not in lake.manifest.datasets:
            continue
        first, last = extent(lake, metric) if metric.time or metric.day else (None, None)
        if metric.time and first is None:
            continue
        known = dimensions_for(COMPANY, metric)
        span = default_span(metric, day_of_data(last, taken_at))
        grain = GRAIN if span else ""
        for by in ("", *(name for name in metric.standing if name in known)):
            computed = figures(
                lake,
                metric,
                actor=COMPANY,
                windows=windows_of(span, grain),
                grain=grain,
                by=known[by] if by else None,
                tree=EVERYTHING,
                currency=currency,
            )
            found.append(
                StandingFigures(
                    name=metric.name,
                    by=by,
                    first=first,
                    last=last,
                    grain=grain,
                    since=span.since if span else None,
                    until=span.until if span else None,
                    currency=currency,
                    figures=packed(computed),
                    snapshot=lake.manifest.snapshot,
                    taken_at=taken_at,
                )
            )
    return found


def publish(found: list[StandingFigures]) -> None:
    """Put these in the place of those there are. Two statements; joins the caller's transaction."""
    StandingFigures.objects.all().delete()
    StandingFigures.objects.bulk_create(found)


def packed(computed: Figures) -> dict[str, Any]:
    """Figures as JSON holds them: exact."""
    return {
        "cells": [
            [name, period.isoformat(), kind, member, _text(value)]
            for (name, period, kind, member), value in computed.cells.items()
        ],
        "windows": [[*key, _text(value)] for key, value in computed.windows.items()],
    }


def unpacked(data: dict[str, Any]) -> Figures:
    """The same figures again."""
    return Figures(
        cells={
            (name, date.fromisoformat(period), kind, member): _number(value)
            for name, period, kind, member, value in data["cells"]
        },
        windows={(name, kind, member): _number(value) for name, kind, member, value in data["windows"]},
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
