"""Turns what callers gave into values, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules
from dangol.records.fields import FieldError, Locale, Ref
from dangol.records.fields.resident import blacked_out
from dangol.records.types import Draft, RecordType
from dangol.records.writing.errors import Change, RowError


class Parser:
    """Reads the changes of one batch. No queries."""

    def __init__(self, record_type: RecordType, actor: Actor, locale: Locale) -> None:
        self.seen = fieldrules.seen_by(actor, record_type)
        """The record type as it is for the writer: what is hidden is no field, what is read-only is not editable."""
        self.locale = locale
        self.defaults = _defaults(record_type, actor)
        # Whether a field under a condition is required shows when the whole record is known.
        self.required = [
            name
            for name, field in record_type.editable_fields.items()
            if field.required and not getattr(field, "condition", "")
        ]

    def draft(self, index: int, change: Change) -> tuple[Draft, list[RowError]]:
        """The row to write, and what is wrong with it. A new row gets the defaults of fields it was not given."""
        values: dict[str, Any] = {}
        errors: list[RowError] = []
        to_read: Iterable[tuple[str, Any]] = change.values.items()
        if change.parsed and change.values.keys() <= self.seen.editable_fields.keys():
            # its field has read each of them already: only emptiness is left to be looked at
            values.update(change.values)
            to_read = [item for item in to_read if item[1] is None] if None in values.values() else ()
        for name, raw in to_read:
            try:
                values[name] = self._value(name, raw)
            except FieldError as problem:
                values.pop(name, None)
                shown = blacked_out(raw) if isinstance(raw, str) else raw
                errors.append(RowError(index, name, shown, problem.code, problem.message))
        if change.id is None:
            values = {**self.defaults, **values}
            errors += [
                missing_value(index, name, self.seen.editable_fields)
                for name in self.required
                if name not in change.values and values.get(name) in (None, "")
            ]
        return Draft(index, change.id, values), errors

    def _value(self, name: str, raw: Any) -> Any:
        field = self.seen.fields.get(name)
        if field is None:
            raise FieldError("unknown_field", _("There is no such field."))
        if not field.editable:
            raise FieldError("read_only", _("This field cannot be changed."))
        return field.clean(raw, self.locale)


def _defaults(record_type: RecordType, actor: Actor) -> dict[str, Any]:
    """Values of fields that a new record was not given: the model's, and whose it is."""
    fields = record_type.editable_fields
    defaults = {name: value for name, value in record_type.table.defaults.items() if name in fields}
    own = record_type.own_fields.values()
    defaults.update(
        (field.name, field.default) for field in own if field.editable and field.default is not None
    )
    if record_type.table.has_scope and actor.user_id is not None:
        defaults["owner"] = Ref(id=actor.user_id)
        if actor.team_id:
            defaults["team"] = Ref(id=actor.team_id)
        if actor.territory_id:
            defaults["territory"] = Ref(id=actor.territory_id)
    return defaults


def missing_value(index: int, name: str, mine: Mapping[str, Any]) -> RowError:
    """What is said of a required field without a value; of one that is not among the writer's, not which it is."""
    if name in mine:
        return RowError(index, name, None, "required", _("Enter a value."))
    return RowError(
        index, "", None, "required", _("A required field is not yours to fill in. Ask your administrator.")
    )
