"""Own objects in memory: each process makes record types of the definitions, and anew whenever those change."""

from __future__ import annotations

from dangol.identity import revisions
from dangol.records import registry
from dangol.records.models import ObjectState, OwnObject
from dangol.records.objects.classes import forget
from dangol.records.objects.types import OwnObjectType
from dangol.records.own import definitions as own_fields

REVISION = "own_objects"


def load() -> None:
    """Read all definitions and put their record types in the place of those before. Two queries, with their fields."""
    before = {item.name: item for item in registry.own_types()}
    found = list(OwnObject.objects.filter(state=ObjectState.ACTIVE).order_by("position", "pk"))
    types = [_kept(before.get(definition.name), definition) for definition in found]
    registry.set_own(types)
    for name in before.keys() - {item.name for item in types}:
        forget(name)
    own_fields.load()


def start() -> None:
    """Called once while the project starts, before own fields do; reads nothing yet."""
    revisions.keep(REVISION, load)


def _kept(known: object, definition: OwnObject) -> OwnObjectType:
    """The type as it was, where nothing about it has changed: what others keep of it stays good."""
    if isinstance(known, OwnObjectType) and known.definition.changed_at == definition.changed_at:
        return known
    return OwnObjectType(definition)
