"""Rules that follow from how the fields of a type are declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.db.models import BooleanField, Count, Func, Q
from django.db.models.lookups import In, Regex
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.measures.quality.rules import Dimension, Rule
from dangol.records.fields import Boolean, BusinessNumber, Choice, Email, Field, MultiChoice, Phone
from dangol.records.fields.own import Own
from dangol.records.types import RecordType

REQUIRED: Final = 3
STALE_AFTER: Final = "365d"

# Numbers that reach somebody: mobile and area codes, 070, 050x, 15xx to 18xx, 080; 011 and 016 to 019 were switched off
# in 2021 (과학기술정보통신부). Elsewhere what E.164 allows.
DELIVERABLE_PHONE: Final = (
    r"^\+82(10[0-9]{8}|2[0-9]{7,8}|[3-6][1-5][0-9]{7,8}|70[0-9]{8}|50[0-9]{8,9}|1[5-8][0-9]{6}|80[0-9]{7,8})$"
    r"|^\+(?!82)[1-9][0-9]{6,14}$"
)
MAIL: Final = r"^[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+$"


def _digit(place: int) -> str:
    return f"(ascii(substr(%(expressions)s, {place}, 1)) - 48)"


_WEIGHED = " + ".join(
    f"{weight} * {_digit(place)}" for place, weight in enumerate((1, 3, 7, 1, 3, 7, 1, 3, 5), 1)
)


class WrongCheckDigit(Func):
    """Whether a text is no business number: not ten digits, or the last one is not what the first nine make.

    Weights 1 3 7 1 3 7 1 3 5; the ninth's product counts with its tens as well (국세청).
    """

    arity = 1
    output_field = BooleanField()
    conditional = True
    template = (
        f"(CASE WHEN %(expressions)s !~ '^[0-9]{{10}}$' THEN true ELSE "
        f"mod(10 - mod({_WEIGHED} + {_digit(9)} * 5 / 10, 10), 10) <> {_digit(10)} END)"
    )


def rules(record_type: RecordType) -> Iterator[Rule]:
    """What follows from the fields: filled in, well-formed, of late, nobody else's. Types differ in what of it counts."""
    shown = {name for section in record_type.sections for name in section.fields}
    for name, field in record_type.fields.items():
        if not field.editable or not (name in shown or isinstance(field, Own)):
            continue
        if isinstance(field, Own) and field.computed:
            continue
        if not _is_always_there(field):
            yield from _filled(name, field)
        yield from _formed(name, field)
        if isinstance(field, Phone | Email | BusinessNumber) and not field.unique:
            yield _single(name, field)
    if "updated_at" in record_type.fields:
        yield Rule(
            "stale",
            Dimension.FRESHNESS,
            gettext_lazy("Not changed for a year"),
            f"updated_at < today - {STALE_AFTER}",
            weight=0,
        )


def _is_always_there(field: Field) -> bool:
    """Whether no record of the type can be without a value."""
    if isinstance(field, Own):
        return False
    return field.required or not (field.nullable or field.blank == "") or field.default not in (None, "")


def _label(text: Callable[[], str], field: Field) -> Any:
    return lazystr_of(lambda: text() % {"field": field.label})


def lazystr_of(make: Callable[[], str]) -> Any:
    """A text that is made anew, in the language of the moment, whenever it is read."""
    return lazystr(_Made(make))


class _Made:
    def __init__(self, make: Callable[[], str]) -> None:
        self.make = make

    def __str__(self) -> str:
        return self.make()


def _filled(name: str, field: Field) -> Iterator[Rule]:
    if isinstance(field, Boolean):
        return
    condition = field.condition if isinstance(field, Own) else ""
    yield Rule(
        f"missing_{name}",
        Dimension.COMPLETENESS,
        _label(lambda: _("%(field)s missing"), field),
        lambda record_type: record_type.fields[name].is_empty(),
        condition,
        weight=REQUIRED if field.required else 0,
        fields=(name,),
    )


def _formed(name: str, field: Field) -> Iterator[Rule]:
    if isinstance(field, Phone):
        wrong: Callable[[Any], Any] = lambda value: ~Q(Regex(value, DELIVERABLE_PHONE))  # noqa: E731
    elif isinstance(field, Email):
        wrong = lambda value: ~Q(Regex(value, MAIL))  # noqa: E731
    elif isinstance(field, BusinessNumber):
        wrong = lambda value: Q(WrongCheckDigit(value))  # noqa: E731
    elif isinstance(field, Choice) and not isinstance(field, MultiChoice) and field.retired:
        retired = sorted(field.retired)
        yield Rule(
            f"form_{name}",
            Dimension.VALIDITY,
            _label(lambda: _("%(field)s: a choice that is no longer offered"), field),
            lambda record_type: record_type.fields[name].q("in", retired),
            lambda record_type: ~record_type.fields[name].is_empty(),
            fields=(name,),
        )
        return
    else:
        return
    yield Rule(
        f"form_{name}",
        Dimension.VALIDITY,
        _label(lambda: _("%(field)s: form"), field),
        lambda record_type: wrong(record_type.fields[name].expression()),
        lambda record_type: ~record_type.fields[name].is_empty(),
        weight=2,
        fields=(name,),
    )


def _single(name: str, field: Field) -> Rule:
    """The same number or address stands on another record of the type."""

    def doubled(record_type: RecordType) -> Q:
        own = record_type.fields[name]
        rows = record_type.model._base_manager.filter(deleted_at__isnull=True).exclude(own.is_empty())
        values = rows.annotate(_value=own.expression()).values("_value").annotate(_n=Count("pk"))
        return Q(In(own.expression(), values.filter(_n__gt=1).order_by().values("_value")))

    return Rule(
        f"doubled_{name}",
        Dimension.UNIQUENESS,
        _label(lambda: _("%(field)s: also on another record"), field),
        doubled,
        lambda record_type: ~record_type.fields[name].is_empty(),
        weight=0,
        fields=(name,),
        whole=True,
    )
