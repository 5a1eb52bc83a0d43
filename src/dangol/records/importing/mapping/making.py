"""References that make what they point at: the additional record a mapping gets for `"make": true`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dangol.records import registry
from dangol.records.fields import Reference
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping.spec import Cell, FieldPlan, RecordPlan, Test
from dangol.records.types import RecordType

TITLE = "title"


def lookups_of(field: Reference) -> list[str]:
    """How a file may name the record this field points at: "title", or one of the target's unique fields."""
    target = registry.find(field.target) if field.target else None
    if target is None:
        return [TITLE, *(["email"] if field.person else [])]
    unique = [known.name for known in target.fields.values() if known.unique and known.name != "id"]
    return list(dict.fromkeys([TITLE, *target.keys, *unique]))


def can_make(field: Reference, lookup: str) -> bool:
    """Whether a record can be made of nothing but this: no other field of its type is required."""
    target = registry.find(field.target) if field.target else None
    if target is None:
        return False
    key = target.title if lookup == TITLE else lookup
    given = {key, target.title}
    editable = target.editable_fields
    return given <= editable.keys() and all(
        name in given or not known.required or known.default is not None for name, known in editable.items()
    )


def made_record(alias: str, field: Reference, cell: Cell, path: str) -> tuple[RecordType, RecordPlan]:
    """The record that is made where a cell names one that is not there; one that is there is left alone.

    Raises:
        MappingProblem: the target's type needs more than its key and its title.
    """
    target = registry.find(field.target) if field.target else None
    lookup = cell.lookup or TITLE
    if target is None or not can_make(field, lookup):
        raise MappingProblem(
            f"{path}.make", _("A record of that type needs more than a name; it cannot be made from here.")
        )
    key = target.title if lookup == TITLE else lookup
    plain = Cell(cell.column, cell.path, cell.transforms, cell.default)
    names = dict.fromkeys((key, target.title))
    plan = RecordPlan(
        alias=alias,
        type=target.name,
        path=path,
        key=(key,),
        existing="keep",
        when=Test(plain, "filled"),
        fields=tuple(FieldPlan(name, path, plain, "keep") for name in names),
    )
    return target, plan
