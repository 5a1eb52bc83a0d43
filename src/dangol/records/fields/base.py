"""What every kind of field can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

Label = str | Promise

LOOKUPS = {
    "=": "exact",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
    "in": "in",
    "contains": "icontains",
    "starts with": "istartswith",
    "ends with": "iendswith",
}
NEGATIONS = {"!=": "=", "not in": "in", "not contains": "contains"}

SEOUL = ZoneInfo("Asia/Seoul")
OPAQUE = "•••"
"""A masked value of which nothing is shown."""
EMPTY_MARK = SafeString('<span class="mut" aria-hidden="true">–</span>')


@dataclass(frozen=True, slots=True)
class Locale:
    """Whose eyes read or whose hand writes: the language and time zone in which values are shown and understood."""

    language: str = "ko"
    zone: ZoneInfo = SEOUL


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows of a table with one value a record, none of them missing, and an index over value and record.

    `record` and `value` are the names of its columns.
    """

    rows: QuerySet[Any]
    record: str
    value: str


class FieldError(ValueError):
    """A value that a field cannot take. `message` tells a clerk what would be right; `code` is for programs."""

    def __init__(self, code: str, message: Label) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Field:
    """One field of a record type.

    `name` is what filters, the API and imports call it; it may contain a dot (`rfm.segment`). `column` is the
    ORM path from the record's model to the value. A field that is not `editable` is shown and filtered only.
    """

    kind: ClassVar[str] = ""
    operators: ClassVar[tuple[str, ...]] = ("=", "!=", "in", "not in", "is empty", "is not empty")
    widget: ClassVar[str] = "text"
    numeric: ClassVar[bool] = False
    blank: ClassVar[Any] = None
    """What an empty value is stored as where the column does not take NULL."""
    sort_kind: ClassVar[str] = ""
    """The kind of the values that a list is sorted by, where it is not the field's own."""
    detached: ClassVar[bool] = False
    """Whether no foreign key leads from here to the record referred to."""
    computed: ClassVar[bool] = False
    """Whether its value is computed from other fields by what an administrator wrote."""
    target: str | None = None
    needs: str = ""
    """Name of the record type that the value is computed from. It is shown, sorted and filtered by only where the
    actor may see records of that type that belong where this record belongs; elsewhere there is no value. Only for
    fields of types that carry owner, team and territory themselves."""
    reads: tuple[str, ...] = ()
    """The fields that the value is computed from, as `field` of the same record type or `type.field` of another. Whoever
    may not see one of them does not see the value either."""

    def __init__(
        self,
        name: str = "",
        *,
        label: Label = "",
        column: str = "",
        required: bool = False,
        unique: bool = False,
        editable: bool = True,
        sortable: bool = True,
        nullable: bool = True,
        default: Any = None,
        help: Label = "",  # noqa: A002 - the word of Django's own fields
        personal: bool = False,
        reads: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.label = label
        self.column = column or name
        self.required = required
        self.unique = unique
        self.editable = editable
        self.sortable = sortable
        self.nullable = nullable
        self.default = default
        self.help = help
        self.personal = personal
        self.reads = reads

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    # for whom

    def sources(self) -> tuple[str, ...]:
        """The fields that the value is computed from, as in `reads`, also where they follow from what somebody wrote."""
        return self.reads

    def guarded(self, guard: Any) -> Field:
        """The field as somebody has it who may see no more than the guard (`expressions.building.Guard`) says."""
        return self

    def under_rules(self, rule_of: Callable[[str], str]) -> Field:
        """The field as somebody has it under whose rules other fields of the type are hidden or masked.

        `rule_of` gives the rule of a field of the same type, "" for none. For values that tell of several fields apart.
        """
        return self

    def known_where(self, revealed: Callable[[str, str], Q | bool], path: str = "") -> Q | bool:
        """Where somebody may know the value, given where he may know what is computed from records of a type."""
        return revealed(self.needs, path) if self.needs else True

    # in

    def parse(self, raw: Any, locale: Locale) -> Any:
        """Turn what came in – text from a form or file, JSON from the API – into the value stored.

        Returns None for "empty". Raises FieldError with what would be right.
        """
        if raw is None:
            return None
        if isinstance(raw, str):
            raw = raw.strip()
            if raw == "":
                return None
        return self.convert(raw, locale)

    def convert(self, raw: Any, locale: Locale) -> Any:
        """Convert a value that is not empty."""
        raise NotImplementedError

    def clean(self, raw: Any, locale: Locale) -> Any:
        """Parse for storing: also refuses emptiness where a value is required, and stores "empty" the column's way."""
        value = self.parse(raw, locale)
        if value is None:
            if self.required:
                raise FieldError("required", _("Enter a value."))
            return None if self.nullable else self.blank
        return value

    # out

    def select(self, path: str = "") -> tuple[Any, ...]:
        """The ORM expressions a list reads to show this field; `value_of` puts them together."""
        return (self.expression(path),)

    def value_of(self, columns: Sequence[Any]) -> Any:
        return columns[0]

    def expression(self, path: str = "") -> Any:
        """The ORM expression to sort by."""
        return F(path + self.column)

    def ordered(self) -> Ordered | None:
        """Where the field's values stand in order, for a field that is kept in a table of its own.

        A list sorted by the field then walks that table's index instead of looking up the value of every record.
        """
        return None

    def to_json(self, value: Any) -> Any:
        return value

    def text(self, value: Any, locale: Locale) -> str:
        """The value as a person reads it, without markup."""
        return "" if value is None else str(value)

    def html(self, value: Any, locale: Locale) -> SafeString:
        """The value in a list or on a page; safe markup."""
        shown = self.text(value, locale)
        return SafeString(escape(shown)) if shown else EMPTY_MARK

    def input(self, value: Any, locale: Locale) -> str:
        """The value as the edit widget takes it."""
        return self.text(value, locale)

    def mask(self, value: Any) -> str:
        """What is shown of a value to those who may know that there is one, but not which."""
        return OPAQUE

    # filter

    def is_empty(self, path: str = "") -> Q:
        """Neither a missing value nor an empty text counts as a value."""
        empty = Q(**{f"{path}{self.column}__isnull": True})
        if self.blank == "":
            empty |= Q(**{f"{path}{self.column}": ""})
        return empty

    def q(self, op: str, value: Any, path: str = "") -> Q:
        """The condition as the ORM writes it; `value` is parsed already, a tuple for `in` and `between`."""
        column = path + self.column
        match op:
            case "is empty":
                return self.is_empty(path)
            case "is not empty":
                return ~self.is_empty(path)
            case "between":
                low, high = value
                return Q(**{f"{column}__gte": low, f"{column}__lte": high})
        if op in NEGATIONS:
            return ~self.q(NEGATIONS[op], value, path)
        if op not in LOOKUPS:
            raise ValueError(f"{self.name} has no operator {op!r}")
        return Q(**{f"{column}__{LOOKUPS[op]}": list(value) if op == "in" else value})
