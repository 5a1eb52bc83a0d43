"""Interactions about records of own objects: an own field of the interaction refers to them.

Whoever makes an own object with a timeline gets that field with it. It is an ordinary own field, so lists, filters, imports
and the API know what an interaction was about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from dangol.identity.actors import Actor
from dangol.records import fieldrules, registry
from dangol.records.fields.own import OwnReference
from dangol.records.models import OwnField, OwnKind, OwnObject, OwnState
from dangol.records.own import services as own_fields
from dangol.records.types import RecordType

INTERACTION = "interaction"


def fields() -> list[OwnReference]:
    """The fields of interactions that refer to own objects with a timeline. No query."""
    found = []
    for field in registry.get(INTERACTION).own_fields.values():
        if isinstance(field, OwnReference) and field.editable:
            target = registry.find(field.target or "")
            if target is not None and target.timeline and target in registry.own_types():
                found.append(field)
    return found


def field_to(record_type: RecordType, actor: Actor) -> OwnReference | None:
    """The field of interactions that refers to records of this own object, if the actor may fill it in. No query."""
    mine = fieldrules.seen_by(actor, registry.get(INTERACTION)).editable_fields
    return next(
        (field for field in fields() if field.target == record_type.name and field.name in mine), None
    )


def is_told(actor: Actor, record_type: RecordType) -> bool:
    """Whether the actor may know which interactions are about records of this type: not where that field is hidden. No query."""
    leading = [field.name for field in fields() if field.target == record_type.name]
    return not leading or any(
        name in fieldrules.seen_by(actor, registry.get(INTERACTION)).fields for name in leading
    )


def subjects_in(own: Mapping[str, Any]) -> list[tuple[str, int]]:
    """On whose timelines an interaction with these own values stands: type and id of each. No query."""
    found: list[tuple[str, int]] = []
    for field in fields():
        ref = field.loaded(own.get(field.name))
        if ref is not None and ref.id is not None:
            found.append((field.target or "", ref.id))
    return list(dict.fromkeys(found))


def attach(definition: OwnObject, actor: Actor) -> None:
    """Give interactions the field that refers to an own object with a timeline, unless they have or had one."""
    if not definition.timeline:
        return
    there = Q(record_type=INTERACTION, kind=OwnKind.REFERENCE, settings__target=definition.name)
    if OwnField.objects.filter(there).exclude(state__in=(OwnState.DELETING, OwnState.DELETED)).exists():
        return
    try:
        own_fields.create(
            actor=actor,
            record_type=INTERACTION,
            kind=OwnKind.REFERENCE,
            label_ko=definition.label_ko,
            label_en=definition.label_en,
            settings={"target": definition.name},
        )
    except ValidationError as problem:
        raise ValidationError({"timeline": problem.messages}) from problem
