"""What a pivot groups and measures by: fields as the reader has them, each with its expression and its filter.

Everything goes through `permissions`: hidden fields are not there, masked ones make no groups, and what stands behind a
reference counts as missing where the reader may not see the record – as it does in the filter language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.db.models import BigIntegerField, Case, DateField, DateTimeField, F, Q, TextField, Value, When
from django.db.models.functions import Cast, NullIf
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.reports.plans import COUNT, SUMMARIES, Plan, ReportError
from dangol.records import filters, permissions, registry
from dangol.records.fields import Boolean, Choice, Date, DateTime, Field, Money, Ref, Reference, Text
from dangol.records.fields.own import OwnReference, OwnText
from dangol.records.filters import FilterError
from dangol.records.filters.names import target_of
from dangol.records.filters.tree import And, Compare, Not, Path, Tree
from dangol.records.groups import SPANS, groupable
from dangol.records.types import RecordType

NONE: Final = ""
"""Key of the records without a value."""
HIDDEN: Final = "h"
"""Key of the records behind references that the reader may not see."""
OTHER: Final = "o"
"""Key of all groups beyond the limit together."""
HIDDEN_ID: Final = -1
LONGEST_TEXT: Final = 120
"""Characters; texts of fields that hold more are sentences, of which each is another."""


@dataclass(frozen=True)
class Axis:
    """A group: a field reached over `path` (its own name last), with `span` for dates."""

    actor: Actor
    path: Path
    field: Field
    prefix: str
    steps: tuple[tuple[RecordType, str], ...]
    labels: tuple[str, ...]
    span: str = ""

    @property
    def name(self) -> str:
        """As plans write it."""
        return ".".join(self.path) + (f":{self.span}" if self.span else "")

    @property
    def label(self) -> str:
        """As people read it."""
        spans = {"month": _("month"), "quarter": _("quarter"), "year": _("year")}
        name = " · ".join(self.labels)
        return f"{name} ({spans[self.span]})" if self.span else name

    @cached_property
    def expression(self) -> Any:
        """The value that groups; NULL for none, `HIDDEN_ID` for a reference to what the reader may not see."""
        one = self.field
        if isinstance(one, Reference):
            found = self._reference(one)
        else:
            found = permissions.sorted_by(self.actor, one, self.prefix)
            if self.span:
                moment = DateTimeField() if isinstance(one, DateTime) else DateField()
                options = {"tzinfo": _zone(self.actor)} if isinstance(one, DateTime) else {}
                found = SPANS[self.span](Cast(found, moment), output_field=DateField(), **options)
            elif isinstance(one, (Choice, Text)):
                found = NullIf(Cast(found, TextField()), Value("", output_field=TextField()))
        return self._behind(found)

    def _reference(self, one: Reference) -> Any:
        key = permissions.selected(self.actor, one, self.prefix)[0]
        target = target_of(one)
        seen: Q | bool = True
        if target is not None:
            condition = permissions.visible_q(self.actor, target, path=f"{self.prefix}{one.column}__")
            seen = condition
        if seen is True:
            return Cast(key, BigIntegerField())
        there = Q(**{f"{self.prefix}{one.column}__isnull": False})
        hidden = Value(HIDDEN_ID, output_field=BigIntegerField())
        whens = [When(there, then=hidden)]
        if seen is not False:
            whens.insert(0, When(there & seen, then=Cast(key, BigIntegerField())))
        return Case(*whens, default=Value(None), output_field=BigIntegerField())

    def _behind(self, expression: Any) -> Any:
        """Nothing where a record on the way is not there for the reader."""
        for target, prefix in self.steps:
            seen = permissions.visible_q(self.actor, target, path=prefix)
            if seen is False:
                return Value(None, output_field=TextField())
            condition = Q(**{f"{prefix}deleted_at__isnull": True, f"{prefix}pk__isnull": False})
            if seen is not True:
                condition &= seen
            expression = Case(When(condition, then=expression), default=Value(None))
        return expression

    def value(self, key: str) -> Any:
        """The value of a group's key as the statement gives it; None for those without one."""
        if key in (NONE, HIDDEN, OTHER):
            return None
        text = key[1:]
        if self.span:
            return dt.date.fromisoformat(text[:10])
        if isinstance(self.field, Reference):
            return int(text)
        if isinstance(self.field, Boolean):
            return text == "true"
        return text

    def tree(self, key: str) -> Tree | None:
        """The filter that finds the group's records; None where the language cannot say it."""
        if key in (HIDDEN, OTHER):
            return None
        value = self.value(key)
        if isinstance(self.field, Boolean):
            if value is not None:
                return Compare(self.path, "=", value)
            return And.of(*(Not(Compare(self.path, "=", each)) for each in (True, False)))
        if value is None:
            return Compare(self.path, "is empty")
        if not self.span:
            return Compare(self.path, "=", value)
        months = {"month": 1, "quarter": 3, "year": 12}[self.span]
        year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
        after = dt.date(year, month + 1, 1) if year <= dt.MAXYEAR else dt.date.max
        return And.of(Compare(self.path, ">=", value), Compare(self.path, "<", after))

    def titles(self, keys: Iterator[str]) -> dict[str, str]:
        """The titles of a reference's groups, which the expression lets through only where they may be seen. One query."""
        if not isinstance(self.field, Reference):
            return {}
        ids = {int(key[1:]): key for key in keys if key.startswith("v")}
        rows = self.field.model._base_manager.filter(pk__in=list(ids)) if ids else ()
        found = rows.values_list("pk", self.field.title) if ids else ()  # type: ignore[union-attr]
        return {ids[pk]: str(title) for pk, title in found}

    def ref(self, key: str, title: str) -> Ref:
        """The record of a reference's group."""
        return Ref(int(key[1:]), title)


@dataclass(frozen=True)
class Measure:
    """What is computed of a group: how many records, or a summary of a number; `currency` is where an amount's stands."""

    how: str
    field: Field | None = None
    currency: str = ""

    @property
    def name(self) -> str:
        return f"{self.how}:{self.field.name}" if self.field else self.how

    @property
    def label(self) -> str:
        if self.field is None:
            return _("Records")
        return f"{self.field.label} · {SUMMARIES[self.how]}"

    @property
    def adds_up(self) -> bool:
        """Whether parts make up the whole: sums and counts do, averages and extremes do not."""
        return self.how in (COUNT, "sum")


def _zone(actor: Actor) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(actor.time_zone)


def type_of(actor: Actor, name: str) -> RecordType:
    """The record type, if the actor may see any of its records. Raises ReportError."""
    record_type = registry.find(name) if name else None
    if record_type is None or not permissions.allowed(actor, record_type, "view"):
        raise ReportError("record_type", _("Choose whose records the report is about."), "forbidden")
    return record_type


def types_for(actor: Actor) -> list[RecordType]:
    """The record types of which the actor may see records. No query."""
    return [one for one in registry.all_types() if permissions.allowed(actor, one, "view")]


def tree_of(actor: Actor, record_type: RecordType, text: str) -> Tree:
    """The filter of a report. Raises ReportError; a hidden field is none."""
    try:
        return filters.parse(text, record_type, actor=actor)
    except FilterError as error:
        raise ReportError("filter", str(error)) from None


def makes_groups(field: Field, record_type: RecordType) -> bool:
    """Whether a report can be grouped by the field: by what lists are, and by short texts such as city or industry.

    Not by the title, which is another one for nearly every record. What a rule hides is no text here.
    """
    if groupable(field):
        return True
    short = type(field) is OwnText or (type(field) is Text and 0 < (field.max_length or 0) <= LONGEST_TEXT)
    return short and bool(field.operators) and field.sortable and field.name != record_type.title


def axis_of(actor: Actor, record_type: RecordType, text: str, field: str) -> Axis:
    """The group that a plan names. Raises ReportError: there is no such field for the actor, or it makes no groups."""
    name, _colon, span = text.partition(":")
    known, about = permissions.fields_for(actor, record_type), record_type
    prefix, path, steps, labels = "", [], [], []
    rest = name
    while True:
        found, rest = _first(known, rest)
        if found is None:
            raise ReportError(
                field, _("There is no field “%(name)s”.") % {"name": name[:60]}, "unknown_field"
            )
        path.append(found.name)
        labels.append(str(found.label))
        if not rest:
            break
        target = target_of(found)
        if target is None or isinstance(found, OwnReference) or len(path) > 3:
            raise ReportError(
                field,
                _("Groups cannot reach beyond “%(field)s”.") % {"field": found.label},
                "not_a_reference",
            )
        prefix += f"{found.column}__"
        steps.append((target, prefix))
        known, about = permissions.fields_for(actor, target), target
    if not makes_groups(found, about):
        raise ReportError(field, _("“%(field)s” makes no groups.") % {"field": found.label}, "not_groupable")
    if isinstance(found, (Date, DateTime)):
        span = span or "month"
        if span not in SPANS:
            raise ReportError(field, _("Choose one of: %(choices)s.") % {"choices": ", ".join(SPANS)})
    elif span:
        raise ReportError(field, _("“%(field)s” is no date.") % {"field": found.label})
    return Axis(actor, tuple(path), found, prefix, tuple(steps), tuple(labels), span)


def _first(known: Mapping[str, Field], text: str) -> tuple[Field | None, str]:
    """The longest name of a field at the beginning, and what is left: names can have dots themselves."""
    parts = text.split(".")
    for end in range(len(parts), 0, -1):
        field = known.get(".".join(parts[:end]))
        if field is not None:
            return field, ".".join(parts[end:])
    return None, ""


def measure_of(actor: Actor, record_type: RecordType, text: str) -> Measure:
    """The measure that a plan names. Raises ReportError."""
    how, _colon, name = text.partition(":")
    if how == COUNT and not name:
        return Measure(COUNT)
    if how not in SUMMARIES:
        choices = ", ".join((COUNT, *(f"{one}:…" for one in SUMMARIES)))
        raise ReportError("measures", _("Choose one of: %(choices)s.") % {"choices": choices})
    field = permissions.fields_for(actor, record_type).get(name)
    if field is None:
        raise ReportError(
            "measures", _("There is no field “%(name)s”.") % {"name": name[:60]}, "unknown_field"
        )
    if not measurable(field):
        raise ReportError("measures", _("“%(field)s” is no number.") % {"field": field.label}, "not_a_number")
    return Measure(how, field, field.currency_column if isinstance(field, Money) else "")


def measurable(field: Field) -> bool:
    """Whether values of the field can be summarised; masked ones are texts."""
    return field.numeric and field.sortable and field.name != "id"


def amount_expression(actor: Actor, measure: Measure) -> Any:
    """The number that is summarised."""
    if measure.field is None:
        raise ValueError("records are counted, not summarised")
    return permissions.sorted_by(actor, measure.field)


def currency_expression(column: str) -> Any:
    """The currency of an amount as text."""
    return Cast(F(column), TextField())


@dataclass(frozen=True)
class Reading:
    """A pivot that can be computed for the actor."""

    actor: Actor
    record_type: RecordType
    tree: Tree
    rows: Axis
    across: Axis | None
    measures: tuple[Measure, ...]
    plan: Plan


def reading_of(actor: Actor, plan: Plan) -> Reading:
    """A pivot's plan as it is for the actor. No query. Raises ReportError."""
    record_type = type_of(actor, plan.record_type)
    if not plan.rows:
        raise ReportError("rows", _("Choose what the rows are grouped by."), "required")
    rows = axis_of(actor, record_type, plan.rows, "rows")
    across = axis_of(actor, record_type, plan.across, "across") if plan.across else None
    if across is not None and across.name == rows.name:
        raise ReportError("across", _("Rows and columns need different groups."))
    measures = tuple(measure_of(actor, record_type, text) for text in plan.measures)
    return Reading(actor, record_type, tree_of(actor, record_type, plan.filter), rows, across, measures, plan)
