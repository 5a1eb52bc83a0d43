"""What a bulk edit does to one field: set, clear, shift by days, add, per cent, hand over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.records import fieldrules, permissions
from dangol.records.bulk.acts import locale_of
from dangol.records.bulk.errors import BulkProblem
from dangol.records.fields import (
    Date,
    DateTime,
    Field,
    FieldError,
    Integer,
    Locale,
    Money,
    Number,
    Ref,
    Reference,
)
from dangol.records.fields.masks import Masked, unmasked
from dangol.records.fields.numbers import Amount
from dangol.records.types import RecordType
from dangol.web import formats

OPS = {
    "set": gettext_lazy("set to"),
    "clear": gettext_lazy("clear"),
    "days": gettext_lazy("shift by days"),
    "add": gettext_lazy("add"),
    "percent": gettext_lazy("change by per cent"),
    "hand_over": gettext_lazy("hand over, with team and territory"),
}
RELATIVE = frozenset({"days", "add", "percent"})
MOST_DAYS = 36_500
MOST_FIELDS = 20
_PLAIN = Locale()


@dataclass(frozen=True, slots=True)
class Edit:
    """One field's part: `value` is parsed – what is set, days, an amount or per cent; None for `clear`."""

    field: Field
    op: str
    value: Any = None

    @property
    def is_relative(self) -> bool:
        """The new value depends on the old one."""
        return self.op in RELATIVE

    def applied(self, old: Any) -> Any:
        """The new value where the old one is not missing. Raises FieldError for what no longer fits."""
        try:
            match self.op:
                case "days":
                    return old + dt.timedelta(days=self.value)
                case "add":
                    new = Decimal(old) + self.value
                case _:
                    new = Decimal(old) * (100 + self.value) / 100
        except OverflowError:
            raise FieldError("date", _("There is no such day that far away.")) from None
        return self._rounded(new, Decimal(old), old.currency if isinstance(old, Amount) else "")

    def _rounded(self, new: Decimal, old: Decimal, currency: str) -> Any:
        """Half up, to what a person would write: whole numbers, the currency's places, or those the value has."""
        if isinstance(self.field, Integer):
            new = new.quantize(Decimal(1), ROUND_HALF_UP)
            return self.field.convert(int(new), locale=_PLAIN)
        assert isinstance(self.field, Number)
        places = self.field.places
        if isinstance(self.field, Money):
            minor = formats.minor_places(currency or self.field.currency)
            places = min(places, max(minor, _places(old), _places(self.value) if self.op == "add" else 0))
        new = new.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return self.field.convert(new.normalize() if new else Decimal(0), locale=_PLAIN)

    def says(self, actor: Actor) -> str:
        """The part in the reader's words, without the field's name."""
        locale = locale_of(actor)
        match self.op:
            case "clear":
                return _("cleared")
            case "days":
                return _("%(days)s days") % {"days": f"{self.value:+d}"}
            case "add":
                return f"{self.value:+f}"
            case "percent":
                return f"{self.value:+f} %"
        shown = self.field.text(_titled(self.field, self.value, actor), locale)
        if self.op == "hand_over":
            return _("%(who)s, with team and territory") % {"who": shown}
        return shown


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _titled(field: Field, value: Any, actor: Actor) -> Any:
    """A reference with the title that the reader may see. One query."""
    if not isinstance(value, Ref) or not isinstance(field, Reference) or value.id is None or value.title:
        return value
    from dangol.records import registry

    target = registry.find(field.target) if field.target else None
    rows: Any = permissions.visible_to(actor, target) if target else field.model._default_manager.all()
    title = rows.filter(pk=value.id).values_list(field.title, flat=True).first()
    if title and target:
        title = fieldrules.masked_title(actor, target, str(title))
    return Ref(value.id, str(title) if title else "")


def ops_of(seen: Field, record_type: RecordType) -> list[str]:
    """What can be done to a field in bulk. A masked one can be filled where it is empty; what is there stays as it is."""
    field = unmasked(seen)
    ops = [] if field.unique else ["set"]
    if field.name == "owner" and record_type.table.has_scope:
        ops.insert(0, "hand_over")
    if isinstance(seen, Date | DateTime):
        ops.append("days")
    if isinstance(seen, Integer | Number):
        ops += ["add", "percent"]
    if not field.required and field.kind != "boolean" and not isinstance(seen, Masked):
        ops.append("clear")
    return ops


def bulk_fields(actor: Actor, record_type: RecordType) -> dict[str, Field]:
    """The fields that the actor may change in bulk: those that exist for him and that he may edit, each with something to do.

    A unique value cannot be given to many; such a field can only be cleared.
    """
    readable = permissions.fields_for(actor, record_type)
    known = fieldrules.seen_by(actor, record_type).editable_fields
    return {name: field for name, field in known.items() if name in readable and ops_of(field, record_type)}


def read_edits(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> list[Edit]:
    """The edits of `{"city": {"set": "서울"}, "due_at": {"days": 7}, "price": {"percent": -5}}`.

    Raises:
        BulkProblem: names the field, and what would be right.
    """
    change = raw.get("change") if isinstance(raw, Mapping) else None
    if not isinstance(change, Mapping) or not change:
        raise BulkProblem(_("Choose a field to change, and its new value."), field="change", code="required")
    if len(change) > MOST_FIELDS:
        raise BulkProblem(
            _("At most %(limit)s fields are changed at once.") % {"limit": MOST_FIELDS},
            field="change",
            code="too_many",
        )
    known = bulk_fields(actor, record_type)
    edits = []
    for name, part in change.items():
        field = known.get(name)
        if field is None:
            message = _("There is no field “%(name)s” that can be changed in bulk. Fields: %(fields)s.")
            raise BulkProblem(
                message % {"name": str(name)[:60], "fields": ", ".join(known)},
                field=str(name)[:60],
                code="unknown_field",
            )
        edits.append(_read_edit(record_type, field, part, actor))
    return edits


def _read_edit(record_type: RecordType, field: Field, part: Any, actor: Actor) -> Edit:
    ops = ops_of(field, record_type)
    if not isinstance(part, Mapping) or len(part) != 1 or next(iter(part)) not in ops:
        raise BulkProblem(
            _("Say what to do as {“op”: value}; possible for this field: %(ops)s.") % {"ops": ", ".join(ops)},
            field=field.name,
            code="op",
        )
    ((op, value),) = part.items()
    try:
        return Edit(field, op, _value(field, op, value, actor))
    except FieldError as problem:
        raise BulkProblem(problem.message, field=field.name, code=problem.code) from problem


def _value(field: Field, op: str, raw: Any, actor: Actor) -> Any:
    locale = locale_of(actor)
    match op:
        case "clear":
            return None
        case "days":
            days = Integer(low=-MOST_DAYS, high=MOST_DAYS).clean(raw, locale)
            if not days:
                raise FieldError("required", _("Enter a number of days, such as 7 or -3."))
            return days
        case "add" | "percent":
            number = Number(digits=18, places=6).clean(raw, locale)
            if not number or (op == "percent" and not -100 <= number <= 10_000):
                raise FieldError("number", _("Enter how much, such as 5 or -5."))
            if isinstance(field, Integer) and op == "add" and number != number.to_integral_value():
                raise FieldError("integer", _("Enter a whole number."))
            return number
    value = field.clean(raw, locale)
    if value in (None, ""):
        raise FieldError("required", _("Enter a value, or choose to clear the field."))
    return _person(value) if op == "hand_over" else value


def _person(ref: Ref) -> Ref:
    """The user with his id, so that team and territory can be found. One query where only a name or address is given."""
    if ref.id is not None:
        return ref
    key, value = ref.key or ("name", ref.title)
    if key not in ("name", "email"):
        raise FieldError("key", _("Records are named by: %(keys)s.") % {"keys": "id, name, email"})
    found = list(User.objects.filter(**{key: value}).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise FieldError("missing", _("There is no such record."))
    return Ref(id=found[0])


def fixed_values(edits: Sequence[Edit]) -> dict[str, Any]:
    """The values that are the same for every record. One query for a hand-over."""
    values: dict[str, Any] = {}
    for edit in edits:
        if edit.is_relative:
            continue
        if edit.op == "clear":
            field = unmasked(edit.field)
            values[field.name] = None if field.nullable else field.blank
            continue
        values[edit.field.name] = edit.value
        if edit.op == "hand_over" and edit.value.id is not None:
            found = User.objects.filter(pk=edit.value.id).values_list("team_id", "territory_id").first()
            for part, node in zip(("team", "territory"), found or (None, None), strict=True):
                if node is not None and all(other.field.name != part for other in edits):
                    values[part] = Ref(id=node)
    return values
