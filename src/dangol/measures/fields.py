"""Fields over scores: a score of a record is filtered, sorted, listed and shown like any field of it.

A higher room contributes them to the record type whose scores it publishes::

    registry.get("customer").contribute(ScoreMoney("rfm.monetary", record_type="customer", label=_("…")))

They are read-only, and read by the record's key, so they need no join and no column on the record's table.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from dangol.measures.models import Score
from dangol.records.fields import Choice, Integer, Money, Text
from dangol.records.fields.numbers import Amount


class ScoreField:
    """What the score fields share; mixed in before a kind of field. `column` of Score holds the value."""

    name: str
    score_column = "value"

    def __init__(self, name: str, *, record_type: str, **options: Any) -> None:
        super().__init__(name, column="pk", editable=False, nullable=True, **options)  # type: ignore[call-arg]
        self.record_type = record_type

    def scores(self) -> QuerySet[Score]:
        """All scores of this name."""
        return Score.objects.filter(record_type=self.record_type, name=self.name).order_by()

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

    def _of_record(self, path: str, column: str) -> Subquery:
        return Subquery(self.scores().filter(record_id=OuterRef(f"{path}pk")).values(column)[:1])


class ScoreInteger(ScoreField, Integer):
    """A score that counts: days, orders."""

    def value_of(self, columns: Sequence[Any]) -> Any:
        return None if columns[0] is None else int(columns[0])


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
