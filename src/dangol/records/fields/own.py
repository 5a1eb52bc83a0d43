"""Fields that an administrator made: ordinary kinds whose values stand in the record's column `own`, as JSON.

What differs from a column is said once, in `Own`: where a value stands, how it is written there, how it is compared. The
statements are written so that an index made on demand (`own/indexing.py`) has exactly the same expression.

In the JSON a missing value is a missing key. Days are ISO text, moments ISO text in UTC of fixed width – their order is
the order of the texts, and no cast depends on a setting –, numbers are JSON numbers with all their digits, references ids,
several choices a list of codes. A yes/no that was never answered counts as no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import In, IsNull
from django.utils.translation import gettext_lazy as _

from dangol.records.fields import choices, dates, numbers, reach, references, text
from dangol.records.fields.base import LOOKUPS, NEGATIONS, Field, FieldError, Locale, Ordered
from dangol.records.fields.multiple import MultiChoice
from dangol.records.fields.own_json import ExactDecoder

COLUMN = "own"
PREFIX = "x_"
NAME = re.compile(r"x_[a-z0-9](?:[a-z0-9_]{0,46}[a-z0-9])?")

_SQL = {
    "text": "((%(column)s ->> '%(name)s') COLLATE \"C\")",
    "plain": "(%(column)s ->> '%(name)s')",
    "number": "((%(column)s ->> '%(name)s')::numeric)",
    "integer": "((%(column)s ->> '%(name)s')::bigint)",
    "boolean": "(COALESCE((%(column)s ->> '%(name)s')::boolean, false))",
    "list": "(%(column)s -> '%(name)s')",
    "json": "(%(column)s -> '%(name)s')",
}


_OUTPUT: dict[str, models.Field[Any, Any]] = {
    "text": models.TextField(),
    "plain": models.TextField(),
    "number": models.DecimalField(max_digits=60, decimal_places=20),
    "integer": models.BigIntegerField(),
    "boolean": models.BooleanField(),
    "list": models.JSONField(decoder=ExactDecoder),
    "json": models.JSONField(decoder=ExactDecoder),
}


def sql_of(storage: str, name: str, column: str = COLUMN) -> str:
    """The SQL expression of an own field's value, as lists sort and filter by it and as indexes have it.

    Raises:
        ValueError: the name is none of an own field; it stands in the statement as it is.
    """
    if not NAME.fullmatch(name):
        raise ValueError(name)
    return _SQL[storage] % {"column": column, "name": name}


class OwnValue(Func):
    """The value of an own field, by one of the ways to read it (`_SQL`)."""

    def __init__(self, column: Any, *, name: str, storage: str) -> None:
        template = sql_of(storage, name, "%(expressions)s")
        super().__init__(column, output_field=_OUTPUT[storage], template=template)


class Own(Field):
    """What own fields of all kinds share; mixed in before a kind.

    `identity` is the id of the definition, `group` the section it stands in, `condition` the filter under which forms show
    it, `indexed` whether an index makes it fast.
    """

    storage: ClassVar[str] = "text"
    identity: int = 0
    group: str = ""
    condition: str = ""
    indexed: bool = False
    computed: bool = False
    """A value that is computed from others is stored like one that was entered, and read-only."""

    def __init__(self, name: str = "", **options: Any) -> None:
        sql_of(self.storage, name)
        options.pop("column", None)
        options.setdefault("nullable", True)
        super().__init__(name, column=COLUMN, **options)

    # stored

    def raw(self, value: Any) -> Any:
        """The value as the JSON has it."""
        return value

    def loaded(self, raw: Any) -> Any:
        """The value that JSON stands for; None for a missing one."""
        return raw

    def clean(self, raw: Any, locale: Locale) -> Any:
        value = self.parse(raw, locale)
        if value is None and self.required and not self.condition:
            raise FieldError("required", _("Enter a value."))
        return value  # a field that stands under a condition is looked at when the whole record is known

    # out

    def typed(self, column: Any) -> OwnValue:
        """The value as it is compared and sorted; `column` is the column `own` of some row."""
        return OwnValue(column, name=self.name, storage=self.storage)

    def expression(self, path: str = "") -> Any:
        return self.typed(F(path + COLUMN))

    def select(self, path: str = "") -> tuple[Any, ...]:
        return (OwnValue(F(path + COLUMN), name=self.name, storage="json"),)

    def value_of(self, columns: Sequence[Any]) -> Any:
        return self.loaded(columns[0])

    def ordered(self) -> Ordered | None:
        """The records that have a value, where an index has them in order."""
        if not self.indexed or self.bearer is None:
            return None
        rows = self.bearer._base_manager.annotate(_own=self.expression()).filter(_own__isnull=False)
        return Ordered(rows.order_by(), "pk", "_own")

    bearer: Any = None
    """The model whose rows have the field."""

    # filter

    def is_empty(self, path: str = "") -> Q:
        return Q(IsNull(self.expression(path), True))

    def q(self, op: str, value: Any, path: str = "") -> Q:
        match op:
            case "is empty":
                return self.is_empty(path)
            case "is not empty":
                return ~self.is_empty(path)
            case "between":
                return self.q(">=", value[0], path) & self.q("<=", value[1], path)
        if op in NEGATIONS:
            return self.is_empty(path) | ~self.q(NEGATIONS[op], value, path)
        if op not in LOOKUPS:
            raise ValueError(f"{self.name} has no operator {op!r}")
        return self._looked_up(op, value, path)

    def _looked_up(self, op: str, value: Any, path: str) -> Q:
        within = op in ("contains", "starts with", "ends with")
        # Upper case of letters beyond ASCII is unknown to "C": what is searched inside is read without it.
        storage = "plain" if within else self.storage
        column = OwnValue(F(path + COLUMN), name=self.name, storage=storage)
        given = [self.raw(each) for each in value] if op == "in" else value if within else self.raw(value)
        lookup = _OUTPUT[storage].get_lookup(LOOKUPS[op])
        if lookup is None:
            raise ValueError(f"{self.name} has no operator {op!r}")
        return Q(lookup(column, given))


class OwnText(Own, text.Text):
    """One line of text."""


class OwnLongText(Own, text.LongText):
    """Text with line breaks."""


class OwnUrl(Own, text.Url):
    """A web address."""


class OwnPhone(Own, reach.Phone):
    """A phone number."""


class OwnEmail(Own, reach.Email):
    """An e-mail address."""


class OwnBusinessNumber(Own, reach.BusinessNumber):
    """A business registration number."""


class OwnChoice(Own, choices.Choice):
    """One code out of several."""


class OwnInteger(Own, numbers.Integer):
    """A whole number, with a unit."""

    storage = "integer"

    def __init__(self, name: str = "", *, unit: str = "", **options: Any) -> None:
        super().__init__(name, **options)
        self.unit = unit

    def loaded(self, raw: Any) -> Any:
        return None if raw is None else int(raw)

    def text(self, value: Any, locale: Locale) -> str:
        return _with_unit(super().text(value, locale), self.unit)


class OwnNumber(Own, numbers.Number):
    """A decimal number, with a unit."""

    storage = "number"

    def __init__(self, name: str = "", *, unit: str = "", **options: Any) -> None:
        super().__init__(name, **options)
        self.unit = unit

    def loaded(self, raw: Any) -> Any:
        return None if raw is None else Decimal(raw)

    def text(self, value: Any, locale: Locale) -> str:
        return _with_unit(super().text(value, locale), self.unit)


class OwnMoney(Own, numbers.Money):
    """An amount in the one currency of its definition."""

    storage = "number"

    def loaded(self, raw: Any) -> Any:
        return None if raw is None else Decimal(raw)


def _with_unit(shown: str, unit: str) -> str:
    return shown if not shown or not unit else f"{shown}{unit}" if unit == "%" else f"{shown} {unit}"


class OwnBoolean(Own, choices.Boolean):
    """Yes or no; what nobody answered is no."""

    storage = "boolean"

    def __init__(self, name: str = "", **options: Any) -> None:
        super().__init__(name, **{**options, "nullable": False, "required": False})

    def ordered(self) -> None:
        return None

    def loaded(self, raw: Any) -> Any:
        return bool(raw)

    def is_empty(self, path: str = "") -> Q:
        return Q(pk__in=[])

    def clean(self, raw: Any, locale: Locale) -> Any:
        return bool(self.parse(raw, locale))


class OwnDate(Own, dates.Date):
    """A day."""

    sort_kind = "text"

    def raw(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    def loaded(self, raw: Any) -> Any:
        return None if raw is None else date.fromisoformat(raw)


class OwnDateTime(Own, dates.DateTime):
    """A moment."""

    sort_kind = "text"

    def convert(self, raw: Any, locale: Locale) -> datetime:
        value = super().convert(raw, locale)
        if not 1 < value.year < 9999:
            raise FieldError("datetime", _("Enter a date and time as 2026-11-21 14:30."))
        return value.astimezone(UTC)

    def raw(self, value: Any) -> Any:
        if not isinstance(value, datetime):
            return value
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def loaded(self, raw: Any) -> Any:
        return None if raw is None else datetime.fromisoformat(raw)


class OwnMultiChoice(Own, MultiChoice):
    """Several codes; `in` finds records with any of them, `contains` those with one."""

    storage = "list"

    def raw(self, value: Any) -> Any:
        return list(value)

    def loaded(self, raw: Any) -> Any:
        return None if not raw else tuple(raw)

    def _looked_up(self, op: str, value: Any, path: str) -> Q:
        codes = list(value) if op == "in" else [value]
        return Q(_HasAny(self.expression(path), codes))


class _HasAny(Func):
    """Whether a JSON list of texts has any of some."""

    template = "(%(expressions)s)"
    arg_joiner = " ?| "
    output_field = models.BooleanField()
    conditional = True

    def __init__(self, column: Any, codes: Sequence[str]) -> None:
        given = models.Value(list(codes), output_field=ArrayField(models.TextField()))
        super().__init__(column, given)


class OwnReference(Own, references.Reference):
    """A record of some type, or a user, by id. Titles are looked up; no foreign key holds the record."""

    storage = "integer"
    detached = True

    def raw(self, value: Any) -> Any:
        return value.id if isinstance(value, references.Ref) else value

    def loaded(self, raw: Any) -> Any:
        return None if raw is None else references.Ref(int(raw))

    def select(self, path: str = "") -> tuple[Any, ...]:
        return (self.typed(F(path + COLUMN)), self.title_among(self.model._base_manager.all(), path))

    def value_of(self, columns: Sequence[Any]) -> references.Ref | None:
        return None if columns[0] is None else references.Ref(columns[0], columns[1] or "")

    def expression(self, path: str = "") -> Any:
        """Sorted by title, as every reference is."""
        return self.title_among(self.model._base_manager.all(), path)

    def ordered(self) -> None:
        return None

    def title_among(self, rows: QuerySet[Any], path: str = "", column: str = "") -> Any:
        """The title of the record pointed at, where it is among these rows."""
        found = rows.order_by().filter(pk=self.pointer(path)).values(column or self.title)[:1]
        return Subquery(found)

    def pointer(self, path: str = "") -> Any:
        return self.typed(OuterRef(path + COLUMN))

    def is_empty(self, path: str = "") -> Q:
        return Q(IsNull(self.typed(F(path + COLUMN)), True))

    def q(self, op: str, value: Any, path: str = "") -> Q:
        return Own.q(self, op, value, path)

    def _looked_up(self, op: str, value: Any, path: str) -> Q:
        column = self.typed(F(path + COLUMN))
        refs = list(value) if op == "in" else [value]
        ids = [ref.id if isinstance(ref, references.Ref) else ref for ref in refs]
        titles = [ref.title for ref in refs if isinstance(ref, references.Ref) and ref.id is None]
        known = [each for each in ids if each is not None]
        found = Q(In(column, known)) if known else Q(pk__in=[])
        if titles:
            rows = self.model._base_manager.order_by().filter(**{f"{self.title}__in": titles})
            found |= Q(In(column, rows.values("pk")))
        return found
