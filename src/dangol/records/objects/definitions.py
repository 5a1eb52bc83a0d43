"""Own objects in memory: each process makes record types of the definitions, and anew whenever those change."""

from __future__ import annotations

from collections.abc import Callable

from dangol.identity import revisions
from dangol.records import registry
from dangol.records.models import ObjectState, OwnObject
from dangol.records.objects.classes import known
from dangol.records.objects.types import OwnObjectType
from dangol.records.own import definitions as own_fields
from dangol.records.types import RecordType

REVISION = "own_objects"
Contributor = Callable[[RecordType], None]

_contributors: list[Contributor] = []


def also(contributor: Contributor) -> None:
    """Have each own object's type completed as rooms complete declared ones: `RecordType.contribute` and the like.

    Called while the project starts; the contributor is called with every type that is built from then on. No queries in it.
    """
    _contributors.append(contributor)


def load() -> None:
    """Read all definitions and put their record types in the place of those before. Two queries, with their fields."""
    before = {item.name: item for item in registry.own_types()}
    there = OwnObject.objects.filter(state__in=(ObjectState.ACTIVE, ObjectState.INACTIVE))
    found = list(there.order_by("position", "pk"))
    # Of one that is switched off Django still knows the model: its records belong to users and teams all the same.
    known(definition.name for definition in found)
    active = [definition for definition in found if definition.state == ObjectState.ACTIVE]
    registry.set_own([_kept(before.get(definition.name), definition) for definition in active])
    own_fields.load()


def start() -> None:
    """Called once while the project starts, before own fields do; reads nothing yet."""
    revisions.keep(REVISION, load)


def _kept(type_before: object, definition: OwnObject) -> OwnObjectType:
    """The type as it was, where nothing about it has changed: what others keep of it stays good."""
    if isinstance(type_before, OwnObjectType) and type_before.definition.changed_at == definition.changed_at:
        return type_before
    record_type = OwnObjectType(definition)
    for contributor in _contributors:
        contributor(record_type)
    return record_type
