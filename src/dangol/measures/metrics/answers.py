"""Asking: the one door by which pages, goals, programs and assistants get a metric's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.measures.lake import LakeMissing
from dangol.measures.metrics import standing
from dangol.measures.metrics.answer import Answer, Part, Row
from dangol.measures.metrics.declaration import Metric, base_of, get
from dangol.measures.metrics.dimensions import labels
from dangol.measures.metrics.errors import NotHere, QuestionError
from dangol.measures.metrics.evaluation import BEFORE, NOW, Figures, Member, extent, figures, windows_of
from dangol.measures.metrics.questions import Question, Wanted, metric_for, question
from dangol.measures.metrics.reading import Reading
from dangol.measures.metrics.session import Session, opened
from dangol.measures.metrics.sight import key_of, sees_all
from dangol.measures.models import RefreshRun, StandingFigures
from dangol.records.filters import EVERYTHING, FilterError, Relative, walk

MOST_PARTS: Final = 200


def ask(
    actor: Actor,
    name: str,
    *,
    by: str | None = None,
    filter: str = "",  # noqa: A002 - the parameter's name everywhere
    since: date | None = None,
    until: date | None = None,
    grain: str | None = None,
    beforehand: bool = True,
) -> Answer:
    """A metric's numbers, of exactly what the actor may see.

    Args:
        actor: who asks.
        name: of the metric.
        by: the dimension to split it by, such as `customer.grade`; see `dimensions_for`.
        filter: in the filter language, about the records of the metric's list.
        since: first day; twelve periods up to the day of the data when not given.
        until: last day; the day of the data when not given.
        grain: day, week, month, quarter or year; month when not given.
        beforehand: whether an answer that a refresh computed will do; it is the same.

    Raises:
        UnknownMetric, NotAllowed: the metric.
        QuestionError: another parameter; it says which, and what would be right.
        NotHere: the lake is not where this process looks, or lacks what the metric needs.

    Two queries for a standing question; otherwise the lake is read as well. Names of parts are a query more.
    """
    metric = metric_for(actor, name)
    with ExitStack() as stack:
        return _Asking(actor, metric, stack, beforehand).answer(Wanted(by, filter, since, until, grain))


class _Asking:
    def __init__(self, actor: Actor, metric: Metric, stack: ExitStack, beforehand: bool) -> None:
        self.actor = actor
        self.metric = metric
        self.base = base_of(metric)
        self.names = metric.ratio or (metric.name,)
        self.stack = stack
        run = RefreshRun.objects.filter(state=RefreshRun.State.DONE).order_by("-pk").first()
        self.run = run.pk if run else 0
        self.currency = str((run.facts.get("currency") if run else "") or "")
        self.kept: dict[tuple[str, str], StandingFigures] = {}
        self.beforehand = beforehand
        self.session: Session | None = None

    def answer(self, wanted: Wanted) -> Answer:
        ready = StandingFigures.objects.filter(
            name__in=self.names, by__in=["", *(name for name in self.metric.standing if name == wanted.by)]
        )
        if self.beforehand:
            self.kept = {(one.name, one.by): one for one in ready}
        if not self.run:
            return self._nothing(wanted)
        first, last, taken_at = self._extent()
        if self.base.time and first is None:
            return self._nothing(wanted)
        as_of = standing.day_of_data(last, taken_at)
        asked = question(self.actor, self.metric, wanted, as_of=as_of)
        everything = sees_all(self.actor, self.metric, asked.by)
        if not asked.known:
            return replace(self._nothing(wanted), question=asked, rows=(Row(None, None, None),), as_of=as_of)
        found, standing_ones = self._figures(asked, everything)
        reading = Reading(self.metric, found, asked, first, as_of)
        parts, more = self._parts(reading, asked)
        return Answer(
            metric=self.metric,
            actor=self.actor,
            question=asked,
            rows=tuple(reading.rows(parts)),
            total=reading.window(NOW),
            compared=tuple(reading.compared()),
            parts=parts,
            more=more,
            as_of=as_of,
            first=first,
            taken_at=taken_at,
            currency=self.currency if self.metric.unit == "money" else "",
            standing=standing_ones,
            limited=not everything,
            figures=found,
        )

    def _nothing(self, wanted: Wanted) -> Answer:
        """Nothing is known yet; what was asked is checked all the same."""
        today = datetime.now(ZoneInfo(settings.TIME_ZONE)).date()
        asked = question(self.actor, self.metric, wanted, as_of=today)
        limited = not sees_all(self.actor, self.metric)
        return Answer(
            self.metric, self.actor, asked, (), None, (), (), 0, None, None, None, "", False, limited
        )

    def _extent(self) -> tuple[date | None, date | None, datetime]:
        kept = self.kept.get((self.base.name, ""))
        if kept is not None:
            return kept.first, kept.last, kept.taken_at
        session = self._session()
        taken_at = datetime.fromisoformat(session.lake.manifest.taken_at)
        if not (self.base.time or self.base.day):
            return None, None, taken_at
        if self.base.name not in session.extents:
            try:
                session.extents[self.base.name] = extent(session.lake, self.base)
            except LakeMissing as missing:
                raise _not_here() from missing
        first, last = session.extents[self.base.name]
        return first, last, taken_at

    def _session(self) -> Session:
        if self.session is None:
            try:
                self.session = self.stack.enter_context(opened(self.run))
            except LakeMissing as missing:
                raise _not_here() from missing
        return self.session

    def _figures(self, asked: Question, everything: bool) -> tuple[dict[str, Figures], bool]:
        if everything and asked.tree == EVERYTHING:
            found = {}
            for name in self.names:
                kept = self.kept.get((name, asked.by.name if asked.by else ""))
                if kept is not None and _answers(kept, asked):
                    found[name] = standing.unpacked(kept.figures)
            if len(found) == len(self.names):
                return found, True
        return {name: self._compute(get(name), asked) for name in self.names}, False

    def _compute(self, metric: Metric, asked: Question) -> Figures:
        session = self._session()
        by = asked.by.name if asked.by else ""
        key = (metric.name, asked.span, asked.grain, by, asked.tree, self.currency, key_of(self.actor))
        lasting = not any(isinstance(value, Relative) for value in _values(asked.tree))
        remembered = session.answers.get(key) if lasting else None
        if remembered is not None:
            session.answers.move_to_end(key)
            return remembered  # type: ignore[no-any-return]
        try:
            found = figures(
                session.lake,
                metric,
                actor=self.actor,
                windows=windows_of(asked.span, asked.grain),
                grain=asked.grain,
                by=asked.by,
                tree=asked.tree,
                currency=self.currency,
            )
        except LakeMissing as missing:
            raise _not_here() from missing
        except FilterError as error:
            raise QuestionError("filter", "invalid_filter", str(error)) from error
        if lasting:
            session.remember(key, found)
        return found

    def _parts(self, reading: Reading, asked: Question) -> tuple[tuple[Part, ...], int]:
        if asked.by is None:
            return (), 0
        refers = asked.by.field is not None and asked.by.field.kind == "reference"
        values: dict[Any, Member] = {
            (int(member) if refers and member is not None else member): member for member in reading.members()
        }
        total = reading.window(NOW)
        adds = self.metric.ratio is None and self.metric.adds_up(asked.by.name)
        ordered = sorted(
            values,
            key=lambda value: (-(reading.window(NOW, values[value], part=True) or Decimal(0)), str(value)),
        )
        named = labels(self.actor, asked.by, ordered[:MOST_PARTS])
        parts = []
        for value in ordered[:MOST_PARTS]:
            now = reading.window(NOW, values[value], part=True)
            parts.append(
                Part(
                    member=value,
                    label=str(named[value]),
                    value=now,
                    before=reading.window(BEFORE, values[value], part=True),
                    share=now / total if adds and total and now is not None else None,
                )
            )
        return tuple(parts), len(ordered) - len(parts)


def _answers(kept: StandingFigures, asked: Question) -> bool:
    span = asked.span
    days = (kept.since, kept.until) == ((span.since, span.until) if span else (None, None))
    return days and kept.grain == asked.grain


def _values(tree: Any) -> Iterator[Any]:
    for node in walk(tree):
        value = getattr(node, "value", None)
        yield from value if isinstance(value, tuple) else (value,)


def _not_here() -> NotHere:
    return NotHere(
        "name",
        "not_computed",
        _("This has not been computed yet. It comes with the next refresh, each night or by “Compute now”."),
    )
