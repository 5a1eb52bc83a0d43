"""What a metric is: declared once by the room that owns its facts, asked for by every page, goal and program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from django.utils.functional import Promise

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.identity.actors import Actor
    from dangol.measures.lake import Lake
    from dangol.measures.metrics.population import Behind

EVERY: Final = frozenset({"*"})
Unit = Literal["money", "number", "percent", "days", "hours"]


@dataclass(frozen=True, slots=True)
class Link:
    """How a row of the dataset reaches records whose fields it can be split by.

    `column` names the record in the dataset, `path` leads to it from the metric's list (empty: it is that record). Every
    choice field, the owner, the team and the territory of the type become dimensions; `fields` adds others by name.
    Where parts by this link are not parts of the list's records, `other` is the list that they are parts of, `at` the path
    from there to the record, and `over` the path to the metric's own records; `also` is a further condition on those parts.
    """

    record_type: str
    column: str
    path: str = ""
    fields: tuple[str, ...] = ()
    other: str = ""
    at: str = ""
    over: str = ""
    also: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A dimension that the dataset itself carries: its column, how a value is told, and the condition that a value sets
    to the records of the metric's list (of `counted`, where there is one).
    """

    name: str
    label: str | Promise
    column: str
    text: Callable[[Any, str], str] = lambda value, language: str(value)
    behind: Callable[[Any, Behind], str] | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that can be followed over time.

    What it is for people: `label`, `meaning`, the formula `in_words`, its `unit`, whether rising is `good`, and the
    department that answers for it (`owner`).

    How it is computed: a `formula` over the rows of the lake's `dataset` (or of the table that `source` makes of the lake, once),
    or the `ratio` of two other metrics. Rows carry `period` and `period_end`, the first day and the day after the last one
    of the period they are counted in. `time` is the date column by which rows fall into periods; without it the metric is
    a state of the day; `day` is the dataset's column that tells how far its facts reach, where `time` does not. `currency`
    is the column that holds the currency of an amount: amounts in others than the company's cannot be added and are left
    out. `needs` are the fields that it reads, as (record type, field).

    What it counts: records of `lists`, named by the column `key`, those that meet the filter `where` (with `settled`, the
    dataset holds no others) and whose field `moment` lies in the period. With `behind`, the number is one of records of
    `counted`, and `behind` writes the filter that finds them. By `links` and `columns` it can be split; `adds` are the
    names of links and columns whose parts add up to the whole (`EVERY`: all).

    What an actor may see follows from `lists`, `counted` and the links; a metric about something else has `may` and a
    `guard`: the condition on its rows, None for whoever sees all of them. By the dimensions in `standing` it is computed
    beforehand.

    With `share`, every number is divided by the whole of its days: a part is its share of all, and the whole is 1.

    `nothing` is its value in a period without rows: 0 for sums and counts, None for means.

    Metrics with `series` are kept by month for the company, and, with `record`, for each customer. `hidden` ones only serve
    others.
    """

    name: str
    label: str | Promise
    unit: Unit
    meaning: str | Promise
    in_words: str | Promise = ""
    owner: str | Promise = ""
    good: Literal["up", "down", ""] = "up"
    dataset: str = ""
    time: str = ""
    formula: Callable[[ir.Table], ir.Scalar] | None = None
    source: Callable[[Lake], ir.Table] | None = None
    currency: str = ""
    ratio: tuple[str, str] | None = None
    needs: tuple[tuple[str, str], ...] = ()
    day: str = ""
    standing: tuple[str, ...] = ()
    may: Callable[[Actor], bool] | None = None
    guard: Callable[[Actor], Callable[[ir.Table], Any] | None] | None = None
    lists: str = ""
    key: str = "id"
    where: str = ""
    settled: bool = False
    moment: str = ""
    counted: str = ""
    behind: Callable[[Behind], str] | None = None
    links: tuple[Link, ...] = ()
    columns: tuple[Column, ...] = ()
    adds: frozenset[str] = frozenset()
    share: bool = False
    nothing: int | None = 0
    hidden: bool = False
    series: bool = False
    record: str = ""
    record_type: str = "customer"

    def __post_init__(self) -> None:
        if (self.formula is None) == (self.ratio is None):
            raise ValueError(f"metric {self.name}: either a formula or a ratio")
        if self.formula is not None and not self.dataset:
            raise ValueError(f"metric {self.name}: a formula needs a dataset")
        if self.series and self.formula is not None and not self.time:
            raise ValueError(f"metric {self.name}: a series needs a time column")

    def adds_up(self, dimension: str) -> bool:
        """Whether its parts by this dimension (`customer.grade`, or a column's name) add up to the whole."""
        return self.adds == EVERY or dimension.partition(".")[0] in self.adds


_metrics: dict[str, Metric] = {}


def register(*metrics: Metric) -> None:
    """Make metrics known; the same name again replaces."""
    for metric in metrics:
        _metrics[metric.name] = metric


def get(name: str) -> Metric:
    """The metric of that name. Raises KeyError."""
    return _metrics[name]


def find(name: str) -> Metric | None:
    """The metric of that name, or None."""
    return _metrics.get(name)


def registered() -> list[Metric]:
    """All metrics, those that only serve others too, by name."""
    return [_metrics[name] for name in sorted(_metrics)]


def every() -> list[Metric]:
    """All metrics that people ask for, by name."""
    return [metric for metric in registered() if not metric.hidden]


def base_of(metric: Metric) -> Metric:
    """The metric whose rows it is about: itself, or the one below the line of a ratio."""
    return metric if metric.ratio is None else get(metric.ratio[1])
