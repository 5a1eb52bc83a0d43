"""What a report asks: a table of columns, or a pivot of groups and measures, over the records of one type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records import sharing

TABLE: Final = "table"
PIVOT: Final = "pivot"
KINDS: Final = (PIVOT, TABLE)
COUNT: Final = "count"
SUMMARIES: Final = {
    "sum": gettext_lazy("Sum"),
    "average": gettext_lazy("Average"),
    "min": gettext_lazy("Smallest"),
    "max": gettext_lazy("Largest"),
}
ORDERS: Final = ("", "-value", "value")
MOST_COLUMNS: Final = 30
MOST_MEASURES: Final = 4
LONGEST: Final = 200
LONGEST_FILTER: Final = 2_000


class ReportError(sharing.Unfit):
    """A report that cannot be; `field` says what is wrong, the message what would be right, `code` is for programs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A report's question.

    `rows` and `across` are groups, as `stage`, `customer.grade` or `ordered_at:month`; `across` may be empty. `measures`
    are `count` or a summary with a field, as `sum:amount`. `sort` orders the groups of a pivot (`-value`: by the first
    measure, the largest first; empty: as they follow each other), or a table as a list is ordered (`-created_at`).
    """

    record_type: str
    kind: str = PIVOT
    filter: str = ""
    columns: tuple[str, ...] = ()
    rows: str = ""
    across: str = ""
    measures: tuple[str, ...] = (COUNT,)
    sort: str = ""

    def kept(self) -> dict[str, Any]:
        """What stands in the row's `plan`."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "rows": self.rows,
            "across": self.across,
            "measures": list(self.measures),
            "sort": self.sort,
        }


NAMES: Final = ("record_type", "kind", "filter", "columns", "rows", "across", "measures", "sort")


def plan_from(values: Mapping[str, Any]) -> Plan:
    """The plan of what a form, a program or the database says. Whether its fields are there is `axes`' to say.

    Raises:
        ReportError: a value of the wrong kind, too long, or too many of them.
    """
    kind = values.get("kind") or PIVOT
    if kind not in KINDS:
        raise ReportError("kind", _("Choose one of: %(choices)s.") % {"choices": ", ".join(KINDS)})
    columns = _texts("columns", values.get("columns", ()), MOST_COLUMNS)
    measures = _texts("measures", values.get("measures", ()), MOST_MEASURES) or (COUNT,)
    sort = _text("sort", values.get("sort", ""), LONGEST)
    if kind == PIVOT and sort not in ORDERS:
        raise ReportError("sort", _("Choose one of: %(choices)s.") % {"choices": ", ".join(ORDERS[1:])})
    return Plan(
        record_type=_text("record_type", values.get("record_type", ""), 64),
        kind=kind,
        filter=_text("filter", values.get("filter", ""), LONGEST_FILTER),
        columns=columns,
        rows=_text("rows", values.get("rows", ""), LONGEST),
        across=_text("across", values.get("across", ""), LONGEST),
        measures=measures,
        sort=sort,
    )


def _texts(name: str, value: Any, most: int) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ReportError(name, _("Enter a list of texts."))
    found = tuple(dict.fromkeys(text for one in value if (text := _text(name, one, LONGEST))))
    if len(found) > most:
        raise ReportError(name, _("At most %(most)s fit.") % {"most": most}, "too_many")
    return found


def _text(name: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ReportError(name, _("Enter a text."))
    if len(value) > most:
        raise ReportError(name, _("At most %(most)s characters fit.") % {"most": most}, "too_long")
    return value.strip()
