"""Fields over scores: a score of a record is filtered, sorted, listed and shown like any field of it.

A higher room contributes them to the record type whose scores it publishes::

    registry.get("customer").contribute(ScoreMoney("rfm.monetary", record_type="customer", needs="order", label=_("…")))

They are read-only, and read by the record's key, so they need no join and no column on the record's table. `needs`
names the record type that the score was computed from: who may not see those records sees no score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db.models import F, Func, Q, QuerySet

from dangol.measures.models import Score
from dangol.records.fields import Choice, Date, Integer, Money, Number, Text
from dangol.records.fields.base import Locale, Ordered
from dangol.records.fields.numbers import Amount
from dangol.web import formats

PLAIN = re.compile(r"[a-z0-9_.]+")


class ScoreField:
    """What the score fields share; mixed in before a kind of field. `column` of Score holds the value."""

    name: str
    score_column = "value"
    score_name = ""
    """The score it reads, where that is not called like the field."""

    def __init__(self, name: str, *, record_type: str, needs: str, **options: Any) -> None:
        super().__init__(name, column="pk", editable=False, nullable=True, **options)  # type: ignore[call-arg]
        self.record_type = record_type
        self.needs = needs

    def scores(self) -> QuerySet[Score]:
        """All scores of this name."""
        name = self.score_name or self.name
        return Score.objects.filter(record_type=self.record_type, name=name).order_by()

    def expression(self, path: str = "") -> Any:
        """The score of the record at `path`; one index look-up a row."""
        return self._of_record(path, self.score_column)

    def select(self, path: str = "") -> tuple[Any, ...]:
        return (self.expression(path),)

    def is_empty(self, path: str = "") -> Q:
        return ~Q(**{f"{path}pk__in": self.scores().values("record_id")})

    def q(self, op: str, value: Any, path: str = "") -> Q:
        """The condition: the record is among those whose score meets it. Records without a score meet none."""
        column = self.score_column
        match op:
            case "is empty":
                return self.is_empty(path)
            case "is not empty":
                return ~self.is_empty(path)
            case "!=" | "not in" | "not contains":
                positive = {"!=": "=", "not in": "in", "not contains": "contains"}[op]
                return ~self.q(positive, value, path)
            case "=":
                wanted = {column: value}
            case "in":
                wanted = {f"{column}__in": list(value)}
            case "between":
                wanted = {f"{column}__gte": value[0], f"{column}__lte": value[1]}
            case "<" | "<=" | ">" | ">=":
                wanted = {f"{column}__{ {'<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte'}[op] }": value}
            case "contains" | "starts with" | "ends with":
                lookup = {"contains": "contains", "starts with": "startswith", "ends with": "endswith"}[op]
                wanted = {f"{column}__{lookup}": value}
            case _:
                raise ValueError(f"{self.name} has no operator {op!r}")
        return Q(**{f"{path}pk__in": self.scores().filter(**wanted).values("record_id")})

    def ordered(self) -> Ordered:
        """The scores there are; an index has them in order."""
        there = self.scores().filter(**{f"{self.score_column}__isnull": False})
        return Ordered(there, "record_id", self.score_column)

    def _of_record(self, path: str, column: str) -> Func:
        return _ScoreOf(F(f"{path}pk"), score=self, column=column)


class _ScoreOf(Func):
    """The look-up of one column of a score as a subselect. A `Subquery` says the same, but building half a dozen of
    them for every list takes longer than answering them.
    """

    template = (
        "(SELECT score.%(column)s FROM measures_score score WHERE score.record_type = '%(record_type)s' "
        "AND score.name = '%(score)s' AND score.record_id = %(expressions)s)"
    )

    def __init__(self, record: Any, *, score: ScoreField, column: str) -> None:
        name = score.score_name or score.name
        if not PLAIN.fullmatch(f"{score.record_type}.{name}"):
            raise ValueError(name)  # the names stand in the statement as they are
        output: Any = Score._meta.get_field(column)
        super().__init__(
            record, output_field=output, column=column, record_type=score.record_type, score=name
        )


class ScoreInteger(ScoreField, Integer):
    """A score that counts: days, orders."""

    def value_of(self, columns: Sequence[Any]) -> Any:
        return None if columns[0] is None else int(columns[0])


class ScoreNumber(ScoreField, Number):
    """A score that is a decimal number."""


class ScoreShare(ScoreNumber):
    """A score that is a share or a probability: 0 … 1, shown as a percentage."""

    percentages = False

    def text(self, value: Any, locale: Locale) -> str:
        return "" if value is None else formats.percent(value, locale.language, 0)


class ScoreDate(ScoreField, Date):
    """The day of the data that a score was computed from."""

    score_column = "as_of"


class ScoreMoney(ScoreField, Money):
    """A score that is an amount; its currency stands beside it."""

    def select(self, path: str = "") -> tuple[Any, ...]:
        return (self.expression(path), self._of_record(path, "label"))

    def value_of(self, columns: Sequence[Any]) -> Any:
        value, currency = columns
        return Amount(value, currency) if value is not None and currency else value


class ScoreChoice(ScoreField, Choice):
    """A score that is a class."""

    score_column = "label"


class ScoreText(ScoreField, Text):
    """A score that is a short code."""

    score_column = "label"
