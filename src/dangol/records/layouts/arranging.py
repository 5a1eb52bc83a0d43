"""Layouts in memory: each process knows them, and reads anew whenever they change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.records import fieldrules
from dangol.records.fields.own_json import in_language
from dangol.records.models import Layout
from dangol.records.own import conditions
from dangol.records.types import RecordType, Section

REVISION = "layouts"


@dataclass(frozen=True, slots=True)
class Arranged:
    """One layout as it was kept."""

    role_id: int | None
    sections: tuple[Section, ...]
    hidden: frozenset[str]


_layouts: dict[str, list[Arranged]] = {}


def load() -> None:
    """Read all layouts. One query."""
    found: dict[str, list[Arranged]] = defaultdict(list)
    for layout in Layout.objects.order_by("role_id"):
        sections = tuple(
            Section(in_language(item["ko"], item["en"]), tuple(item["fields"])) for item in layout.sections
        )
        found[layout.record_type].append(Arranged(layout.role_id, sections, frozenset(layout.hidden)))
    _layouts.clear()
    _layouts.update(found)


def start() -> None:
    """Called once while the project starts; reads nothing yet."""
    revisions.keep(REVISION, load)


def kept(record_type: RecordType) -> Sequence[Arranged]:
    """All layouts of a type, everybody's and those of roles. No query."""
    return tuple(_layouts.get(record_type.name, ()))


def arranged_for(roles: Collection[int], record_type: RecordType) -> Arranged | None:
    """The layout for somebody with these roles: that of the first of them that has one, else everybody's. No query."""
    everybody = None
    for layout in _layouts.get(record_type.name, ()):
        if layout.role_id is None:
            everybody = layout
        elif layout.role_id in roles:
            return layout
    return everybody


def sections(actor: Actor, record_type: RecordType) -> Sequence[Section]:
    """The sections of the record's page, as they are arranged for the actor, without what a rule hides. No query."""
    record_type = fieldrules.seen_by(actor, record_type)
    layout = arranged_for(actor.role_ids, record_type)
    return record_type.sections if layout is None else complete(layout.sections, record_type)


def form_sections(actor: Actor, record_type: RecordType) -> list[Section]:
    """The sections of the form: only fields that the actor may edit and that no layout takes off. No query."""
    record_type = fieldrules.seen_by(actor, record_type)
    layout = arranged_for(actor.role_ids, record_type)
    if layout is None:
        return record_type.form_sections()
    hidden = layout.hidden - needed(record_type)
    kept = (
        Section(
            section.label,
            tuple(
                name for name in section.fields if name in record_type.editable_fields and name not in hidden
            ),
        )
        for section in complete(layout.sections, record_type)
    )
    return [section for section in kept if section.fields]


def needed(record_type: RecordType) -> frozenset[str]:
    """Fields that every form has: a new record cannot do without them, or a condition asks for them."""
    found = {
        name
        for name, field in record_type.editable_fields.items()
        if field.required and field.default is None and not getattr(field, "condition", "")
    }
    for field in record_type.own_fields.values():
        found |= conditions.names_in(record_type, field)
    return frozenset(found)


def complete(arranged: Sequence[Section], record_type: RecordType) -> list[Section]:
    """A layout with what came later, without what is gone.

    A field that the layout does not know stands at the end of the section that has its neighbours, or under its own heading.
    """
    known = {name for section in record_type.sections for name in section.fields}
    found = [
        Section(section.label, tuple(name for name in section.fields if name in known))
        for section in arranged
    ]
    placed = {name for section in found for name in section.fields}
    for section in record_type.sections:
        late = tuple(name for name in section.fields if name not in placed)
        if not late:
            continue
        at = next((at for at, other in enumerate(found) if set(other.fields) & set(section.fields)), None)
        if at is None:
            found.append(Section(section.label, late))
        else:
            found[at] = Section(found[at].label, (*found[at].fields, *late))
    return found
