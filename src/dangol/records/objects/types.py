"""The record type that the definition of an own object is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from dangol.records.fields.own_json import in_language
from dangol.records.models import OwnObject
from dangol.records.objects import numbers
from dangol.records.objects.classes import model_of
from dangol.records.search.keys import Code, PersonName
from dangol.records.types import Draft, Label, Open, Owned, RecordType, Section

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.fields.own import Own

DEPARTMENT = "own"
FIRST_PLACE = 300
BASICS = _("Basics")
OWN_SHOWN = 5
"""So many own fields lists show unasked."""
_TOO_LONG = ("long_text", "multi_choice")
_EDITIONS = count(1)
_BETWEEN = 1_000_000


class OwnObjectType(RecordType):
    """A type of records that an administrator made; `definition` is as it was when the type was built.

    A changed definition is another `OwnObjectType`, put in the place of this one: whoever works with this one just now goes
    on with it. Editions of all of them differ, so that nothing that is kept by edition outlives a change.
    """

    definition: OwnObject

    def __init__(self, definition: OwnObject) -> None:
        self.definition = definition
        self.name = definition.name
        self.path = definition.path
        self.label = in_language(definition.label_ko, definition.label_en)
        self.label_plural = in_language(definition.label_ko, definition.plural_en or definition.label_en)
        self.icon = definition.icon
        self.tone = definition.tone
        self.department = DEPARTMENT
        self.order = FIRST_PLACE + definition.position
        self.model = model_of(definition.name)
        self.scope = Owned() if definition.owned else Open()
        self.timeline = definition.timeline
        self.personal = definition.personal
        self.edition = next(_EDITIONS) * _BETWEEN
        numbered = ("number",) if definition.prefix else ()
        self.subtitle = numbered
        self.keys = (*numbered, "external_id")
        self.search = (PersonName("name", weight=95), *map(Code, self.keys))
        self.exclude = (
            *(() if numbered else ("number",)),
            *(() if definition.owned else ("owner", "team", "territory")),
        )
        self.options = {
            "name": {"label": in_language(definition.title_ko, definition.title_en)}
            if definition.title_ko or definition.title_en
            else {},
            "number": {"help": _("Left empty, the next number is given.")},
        }
        self._first = ("name", *numbered)
        self.list_fields = (*self._first, *(("owner",) if definition.owned else ()), "updated_at")
        self.sections = (
            Section(BASICS, ("name", *numbered)),
            *((Section(_("Responsible"), ("owner", "team", "territory")),) if definition.owned else ()),
            Section(_("Other details"), ("external_id",)),
        )
        super().__init__()

    def take_own(self, fields: Sequence[Own], sections: Sequence[tuple[Label, str, tuple[str, ...]]]) -> None:
        """As every type; but own fields are what such an object mainly has, so they stand with the basics and in lists."""
        shown = [field.name for field in fields if field.kind not in _TOO_LONG][:OWN_SHOWN]
        rest = [name for name in self.list_fields if name not in (*self._first, *self.own_fields, *shown)]
        self.list_fields = (*self._first, *shown, *rest)
        super().take_own(fields, [(label, name or str(BASICS), names) for label, name, names in sections])

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """New records without a number get the next ones; a number that a record has is not taken from it. One query."""
        if not self.definition.prefix:
            return
        new = [draft for draft in rows if draft.current is None and not draft.values.get("number")]
        if new:
            drawn = numbers.draw(self.table.name, self.definition.prefix, len(new))
            for draft, number in zip(new, drawn, strict=True):
                draft.values["number"] = number
        for draft in rows:
            if draft.current is not None and not draft.values.get("number", True):
                del draft.values["number"]
