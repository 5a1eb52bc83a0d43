"""Roll-up fields: a number, day or text made of the records that refer to this one, kept in a table beside the records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import F, Func, Q, QuerySet

from dangol.records import registry
from dangol.records.expressions.building import OUTPUT
from dangol.records.expressions.kinds import NUMBER, TEXT
from dangol.records.fields import Field, choices, dates, numbers, text
from dangol.records.fields.base import Locale, Ordered
from dangol.records.models import RollUpValue
from dangol.records.own.formulas import Computed

COLUMNS = {NUMBER: "number", "date": "day", "datetime": "moment", TEXT: "words"}
FUNCTIONS = ("count", "sum", "average", "min", "max", "latest")
WITH_ZERO = ("count", "sum")
"""Of no records at all they are 0; the others are empty."""


class RollUp(Computed):
    """What roll-ups of all kinds share.

    `child` is the type of the related records, `through` their reference to this one, `function` one of `FUNCTIONS`,
    `inputs` the fields of the related records that are read.
    """

    result = NUMBER
    fixed = False

    def __init__(
        self,
        name: str = "",
        *,
        of: str,
        child: str,
        through: str,
        function: str,
        inputs: Sequence[str],
        **options: Any,
    ) -> None:
        super().__init__(name, **options)
        self.of = of
        self.child = child
        self.through = through
        self.function = function
        self.inputs = tuple(inputs)
        self.needs = child

    @property
    def direct(self) -> frozenset[tuple[str, str]]:
        return frozenset((self.child, name) for name in (self.through, *self.inputs))

    @property
    def kept_in(self) -> str:
        """The column of RollUpValue."""
        return COLUMNS[self.result]

    def known_where(self, revealed: Callable[[str, str], Q | bool], path: str = "") -> Q | bool:
        """Where the reader sees every one of the related records: a total tells of all of them.

        That is certain where he sees all records of the type, or where they belong where this record belongs.
        """
        child, parent = registry.find(self.child), registry.get(self.of)
        if child is None:
            return False
        if parent.scope.open:
            found = revealed(self.child, path)
            return found if isinstance(found, bool) else False
        found = revealed(self.child, path + parent.scope.prefix())
        if isinstance(found, bool) or child.scope.through[:1] == (self.through,):
            return found
        return False

    def values(self) -> QuerySet[RollUpValue]:
        """The values there are."""
        return RollUpValue.objects.filter(
            field_id=self.identity, **{f"{self.kept_in}__isnull": False}
        ).order_by()

    def expression(self, path: str = "") -> Any:
        return _Kept(
            F(f"{path}pk"), column=self.kept_in, field_id=self.identity, output_field=OUTPUT[self.result]
        )

    def select(self, path: str = "") -> tuple[Any, ...]:
        return (self.expression(path),)

    def value_of(self, columns: Sequence[Any]) -> Any:
        return columns[0]

    def ordered(self) -> Ordered | None:
        return Ordered(self.values(), "record_id", self.kept_in)

    def is_empty(self, path: str = "") -> Q:
        return ~Q(**{f"{path}pk__in": self.values().values("record_id")})

    def _looked_up(self, op: str, value: Any, path: str) -> Q:
        """The record is among those whose value meets the condition: by the index over values."""
        lookup = {
            "=": "exact", "in": "in", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte",
            "contains": "icontains", "starts with": "istartswith", "ends with": "iendswith",
        }[op]  # fmt: skip
        given = list(value) if op == "in" else value
        found = self.values().filter(**{f"{self.kept_in}__{lookup}": given})
        return Q(**{f"{path}pk__in": found.values("record_id")})


class _Kept(Func):
    """The look-up of a kept value as a subselect."""

    template = (
        "(SELECT kept.%(column)s FROM records_roll_up_value kept"
        " WHERE kept.field_id = %(field_id)s AND kept.record_id = %(expressions)s)"
    )

    def __init__(self, record: Any, *, column: str, field_id: int, output_field: Any) -> None:
        super().__init__(record, column=column, field_id=int(field_id), output_field=output_field)


class RollUpNumber(RollUp, numbers.Number):
    """A count, sum, average, smallest or largest number."""

    def __init__(self, name: str = "", *, unit: str = "", **options: Any) -> None:
        super().__init__(name, **options)
        self.unit = unit

    def value_of(self, columns: Sequence[Any]) -> Any:
        return _trimmed(columns[0])

    def text(self, value: Any, locale: Locale) -> str:
        shown = super().text(value, locale)
        return shown if not shown or not self.unit else f"{shown} {self.unit}"


class RollUpMoney(RollUp, numbers.Money):
    """An amount made of amounts in one currency."""

    def value_of(self, columns: Sequence[Any]) -> Any:
        return _trimmed(columns[0])


def _trimmed(value: Any) -> Any:
    """Without the zeros of the column's ten places."""
    if value is None:
        return None
    plain = value.normalize()
    return plain.quantize(1) if plain.as_tuple().exponent > 0 else plain


class RollUpDate(RollUp, dates.Date):
    """The first, last or latest day."""

    result = "date"


class RollUpDateTime(RollUp, dates.DateTime):
    """The first, last or latest moment."""

    result = "datetime"


class RollUpText(RollUp, text.Text):
    """A text of the latest record."""

    result = TEXT

    def ordered(self) -> None:
        return None  # long texts fit into no index


class RollUpChoice(RollUp, choices.Choice):
    """A choice of the latest record; shown as that field shows it."""

    result = TEXT
    blank = None

    @property
    def source(self) -> Field | None:
        child = registry.find(self.child)
        return child.fields.get(self.inputs[0]) if child is not None else None

    @property
    def choices(self) -> Any:
        return getattr(self.source, "choices", ())

    @choices.setter
    def choices(self, _given: Any) -> None:
        """They are the other field's."""

    @property
    def tones(self) -> Any:
        return getattr(self.source, "tones", {})

    @tones.setter
    def tones(self, _given: Any) -> None:
        """They are the other field's."""

    def ordered(self) -> None:
        return None


KINDS: dict[str, type[RollUp]] = {
    "number": RollUpNumber,
    "money": RollUpMoney,
    "date": RollUpDate,
    "datetime": RollUpDateTime,
    "text": RollUpText,
    "choice": RollUpChoice,
}


def field_of(record_type: str, name: str, settings: Mapping[str, Any], options: dict[str, Any]) -> RollUp:
    """The field that kept settings describe. Raises KeyError."""
    result = settings["result"]
    options = {
        **options,
        "of": record_type,
        "child": settings["child"],
        "through": settings["through"],
        "function": settings["function"],
        "inputs": settings["inputs"],
    }
    if result in ("number", "money"):
        options.update(digits=50, places=settings.get("places", 10))
    if result == "number":
        options["unit"] = settings.get("unit", "")
    if result == "money":
        options["currency"] = settings.get("currency") or "KRW"
    return KINDS[result](name, **options)
