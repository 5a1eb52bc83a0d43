"""Business acts on own fields. Each leaves its trace in the access log, and takes effect in every process at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.identity import policies, revisions
from dangol.identity.actors import Actor
from dangol.identity.services import audit
from dangol.records.fields.own import NAME
from dangol.records.models import IndexState, OwnField, OwnKind, OwnState
from dangol.records.own import checking, naming
from dangol.records.own.definitions import REVISION

INDEX_TASK = "dangol.records.own.index"
REMOVE_TASK = "dangol.records.own.remove"
MOST_INDEXES = 20
"""Indexes of own fields on one record type. Each one has every import work more."""
MOST_FIELDS = 500
CHANGEABLE = (
    "label_ko", "label_en", "help_ko", "help_en", "settings", "required", "unique", "group", "condition",
)  # fmt: skip


def create(
    *,
    actor: Actor,
    record_type: str,
    kind: str,
    label_ko: str,
    name: str = "",
    default: Any = None,
    **options: Any,
) -> OwnField:
    """Make an own field; it is there in lists, forms, filters, API, imports and exports from the next request on.

    Args:
        actor: an administrator.
        record_type: name of the type that gets it.
        kind: of `OwnKind`.
        label_ko: what people call it; `label_en` in English.
        name: `x_…` for filters, files and programs; made from the label when not given. Never changes.
        default: value of new records that were given none, as one would type it.
        options: of `CHANGEABLE`.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: by field, what is wrong.
    """
    policies.require(policies.can_administer(actor), "own_field_create")
    with transaction.atomic():
        known = dict(OwnField.objects.filter(record_type=record_type).values_list("name", "state"))
        if sum(state != OwnState.DELETED for state in known.values()) >= MOST_FIELDS:
            raise ValidationError(
                _("A type of records can have %(limit)s own fields.") % {"limit": MOST_FIELDS}
            )
        name = name.strip()
        if name in known:
            raise ValidationError({"name": _("Another field of this type has or had this name.")})
        if name and not NAME.fullmatch(name):
            raise ValidationError({"name": _("A name is x_ with small letters, digits and _ behind it.")})
        last = OwnField.objects.filter(record_type=record_type).aggregate(last=Max("position"))["last"]
        definition = OwnField(
            record_type=record_type,
            name=name or naming.name_for(options.get("label_en", ""), label_ko, known),
            kind=kind,
            label_ko=label_ko,
            position=0 if last is None else last + 1,
            made_by_id=actor.user_id,
            changed_by_id=actor.user_id,
            **options,
        )
        checking.check(definition, default, None)
        definition.save()
        audit.record(actor=actor, act="created", target=definition, changes=_told(None, definition))
        if definition.unique or kind == OwnKind.REFERENCE:
            _ask_for_index(definition)
        revisions.changed(REVISION)
    return definition


def change(*, actor: Actor, definition: OwnField, default: Any = None, **options: Any) -> OwnField:
    """Change an own field; its name and kind stay. Raises ValidationError, PermissionDenied."""
    policies.require(policies.can_administer(actor), "own_field_change")
    with transaction.atomic():
        before = OwnField.objects.select_for_update().get(pk=definition.pk)
        after = OwnField.objects.get(pk=definition.pk)
        for key in CHANGEABLE:
            if key in options:
                setattr(after, key, options[key])
        checking.check(after, default, before)
        after.changed_by_id = actor.user_id
        told = _told(before, after)
        if not told:
            return before
        if after.unique and not before.unique:
            _refuse_doubles(after)
            _ask_for_index(after)
        elif before.unique and not after.unique:
            _ask_for_index(after)
        after.save()
        audit.record(actor=actor, act="updated", target=after, changes=told)
        revisions.changed(REVISION)
    return after


def switch(*, actor: Actor, definition: OwnField, active: bool) -> None:
    """Take a field off every page, or back; its values stay where they are."""
    policies.require(policies.can_administer(actor), "own_field_switch")
    with transaction.atomic():
        found = OwnField.objects.select_for_update().get(pk=definition.pk)
        if found.state not in (OwnState.ACTIVE, OwnState.INACTIVE):
            raise ValidationError(_("The field has been deleted."))
        found.state = OwnState.ACTIVE if active else OwnState.INACTIVE
        found.changed_by_id = actor.user_id
        found.save(update_fields=["state", "changed_by", "changed_at"])
        audit.record(actor=actor, act="activated" if active else "switched_off", target=found)
        revisions.changed(REVISION)


def delete(*, actor: Actor, definition: OwnField) -> None:
    """Delete a field: gone from every page at once, its values are removed in the background, history keeps them."""
    policies.require(policies.can_administer(actor), "own_field_delete")
    with transaction.atomic():
        found = OwnField.objects.select_for_update().get(pk=definition.pk)
        if found.state in (OwnState.DELETING, OwnState.DELETED):
            return
        found.state = OwnState.DELETING
        found.changed_by_id = actor.user_id
        found.save(update_fields=["state", "changed_by", "changed_at"])
        audit.record(actor=actor, act="deleted", target=found, changes={"name": [found.name, None]})
        queue.enqueue(REMOVE_TASK, field_id=found.pk, user_id=actor.user_id)
        revisions.changed(REVISION)


def order(*, actor: Actor, record_type: str, ids: Sequence[int]) -> None:
    """Put the fields of a type into this order; those not named stand behind, as they stood. Raises PermissionDenied."""
    policies.require(policies.can_administer(actor), "own_field_order")
    with transaction.atomic():
        there = list(
            OwnField.objects.select_for_update().filter(record_type=record_type).order_by("position", "pk")
        )
        places = {pk: place for place, pk in enumerate(ids)}
        there.sort(key=lambda item: places.get(item.pk, len(places)))
        for place, item in enumerate(there):
            item.position = place
        OwnField.objects.bulk_update(there, ["position"])
        revisions.changed(REVISION)


def make_fast(*, actor: Actor, definition: OwnField) -> None:
    """Have an index built for a field in the background. Raises ValidationError where there are too many."""
    policies.require(policies.can_administer(actor), "own_field_index")
    with transaction.atomic():
        found = OwnField.objects.select_for_update().get(pk=definition.pk)
        if found.index_state in (IndexState.BUILDING, IndexState.READY):
            return
        if found.kind == OwnKind.LONG_TEXT:
            raise ValidationError(_("A long text cannot have an index."))
        if indexes_of(found.record_type) >= MOST_INDEXES:
            raise ValidationError(
                _(
                    "%(limit)s own fields of this type have an index; more would slow down imports. Drop another first."
                )
                % {"limit": MOST_INDEXES}
            )
        _ask_for_index(found)
        found.save(update_fields=["index_state", "index_error"])
        audit.record(actor=actor, act="indexed", target=found)
        revisions.changed(REVISION)


def make_slow(*, actor: Actor, definition: OwnField) -> None:
    """Have a field's index dropped. Raises ValidationError for one that is needed."""
    policies.require(policies.can_administer(actor), "own_field_index")
    with transaction.atomic():
        found = OwnField.objects.select_for_update().get(pk=definition.pk)
        if found.unique or found.kind == OwnKind.REFERENCE:
            raise ValidationError(_("Unique fields and references need their index."))
        found.index_state = IndexState.NONE
        found.index_error = ""
        found.save(update_fields=["index_state", "index_error"])
        queue.enqueue(INDEX_TASK, field_id=found.pk)
        audit.record(actor=actor, act="index_dropped", target=found)
        revisions.changed(REVISION)


def indexes_of(record_type: str) -> int:
    """How many own fields of a type have an index, or get one. One query."""
    there = Q(index_state__in=[IndexState.BUILDING, IndexState.READY])
    return OwnField.objects.filter(there, record_type=record_type, state=OwnState.ACTIVE).count()


def _ask_for_index(definition: OwnField) -> None:
    definition.index_state = IndexState.BUILDING
    definition.index_error = ""
    if definition.pk:
        OwnField.objects.filter(pk=definition.pk).update(index_state=IndexState.BUILDING, index_error="")
        queue.enqueue(INDEX_TASK, field_id=definition.pk)


def _refuse_doubles(definition: OwnField) -> None:
    from dangol.records.own import usage

    examples = usage.doubles(definition)
    if examples:
        raise ValidationError(
            {
                "unique": _("These values stand in more than one record: %(values)s. Correct them first.")
                % {"values": ", ".join(examples)}
            }
        )


def _told(before: OwnField | None, after: OwnField) -> dict[str, Any]:
    keys = (*CHANGEABLE, "default")
    new = {key: getattr(after, key) for key in keys}
    if before is None:
        return {key: [None, value] for key, value in {**new, "kind": after.kind}.items() if value}
    return audit.differences({key: getattr(before, key) for key in keys}, new)
