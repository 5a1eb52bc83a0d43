"""What asking for a metric gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from dangol.identity.actors import Actor
from dangol.measures.metrics.declaration import Metric, base_of
from dangol.measures.metrics.dimensions import Dimension
from dangol.measures.metrics.evaluation import Figures
from dangol.measures.metrics.periods import Span
from dangol.measures.metrics.population import address
from dangol.measures.metrics.questions import Question


@dataclass(frozen=True, slots=True)
class Row:
    """One number: of a period (None: a state of the day), and of a part where it is split.

    `value` None means unknown or undefined, never nothing: before the facts begin, after the day of the data, or a share of
    nothing. `complete` says whether the whole period is within the days asked for and the days known. `year` is the number
    of the same period a year before, of the whole.
    """

    period: date | None
    until: date | None
    value: Decimal | None
    complete: bool = True
    member: Any = None
    label: str = ""
    year: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The same over other days: `kind` is `before` (as many periods earlier) or `year`. `known`: facts reach back so far."""

    kind: str
    since: date
    until: date
    value: Decimal | None
    change: Decimal | None
    ratio: Decimal | None
    known: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part over all days asked for, and over the periods before; `share` of the whole where parts add up."""

    member: Any
    label: str
    value: Decimal | None
    before: Decimal | None
    share: Decimal | None


@dataclass(frozen=True)
class Answer:
    """What `ask` gives back.

    `rows` are the numbers by period (and part), `total` is the number over all days asked for – not the sum of the rows,
    where things counted once would count twice –, `compared` the totals before, `parts` those of the parts, most first,
    `more` how many parts beyond the first 200 there are. `as_of` is the day up to which the facts reach, `taken_at` when
    they were copied. `standing` says whether it was computed beforehand, `limited` that the actor does not see all.
    """

    metric: Metric
    actor: Actor
    question: Question
    rows: tuple[Row, ...]
    total: Decimal | None
    compared: tuple[Compared, ...]
    parts: tuple[Part, ...]
    more: int
    as_of: date | None
    first: date | None
    taken_at: datetime | None
    currency: str
    standing: bool
    limited: bool
    figures: Mapping[str, Figures] = field(default_factory=dict, repr=False)

    @property
    def grain(self) -> str:
        return self.question.grain

    @property
    def by(self) -> Dimension | None:
        return self.question.by

    @cached_property
    def url(self) -> str:
        """The list of exactly the records behind the total; empty where no list can say it."""
        return self._url(self.question.span)

    def url_of(self, row: Row | Part | Compared) -> str:
        """The list of exactly the records behind a number; empty where no list can say it."""
        if isinstance(row, Compared):
            return self._url(Span(row.since, row.until))
        span = self.question.span
        if isinstance(row, Row) and row.period is not None and row.until is not None:
            span = Span(row.period, row.until)
        return self._url(span, row.member, part=self.by is not None)

    def _url(self, span: Span | None, member: Any = None, *, part: bool = False) -> str:
        by = self.by if part else None
        return address(
            base_of(self.metric),
            self.actor,
            span=span,
            asked=self.question.text,
            link=by.link if by else None,
            column=by.column if by else None,
            field=by.field.name if by and by.field else "",
            value=member,
        )
