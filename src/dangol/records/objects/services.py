"""Business acts on own objects. Each leaves its trace in the access log, and takes effect in every process at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.identity import policies, revisions
from dangol.identity.actors import Actor
from dangol.identity.models import FieldRule, Grant
from dangol.identity.services import audit
from dangol.records import registry
from dangol.records.models import IndexState, ObjectState, OwnField, OwnKind, OwnObject, OwnState
from dangol.records.objects import checking, definitions, tables
from dangol.records.objects.definitions import REVISION
from dangol.records.own import computing, rolling
from dangol.records.own import services as own_fields

REMOVE_TASK = "dangol.records.objects.remove"
MOST_OBJECTS = 100
"""Each object is a table with its indexes, and more to look through in the menu, the roles and the API."""
CHANGEABLE = (
    "label_ko", "label_en", "plural_en", "title_ko", "title_en", "icon", "tone", "prefix", "owned", "timeline", "personal",
)  # fmt: skip
ATTEMPTS = 5
GONE = (ObjectState.DELETING, ObjectState.DELETED)
Follower = Callable[[OwnObject, Actor], None]

_followers: list[Follower] = []


def also_make(follower: Follower) -> None:
    """Have something made along with a new or changed object, in its transaction. Called while the project starts."""
    _followers.append(follower)


def create(*, actor: Actor, label_ko: str, name: str = "", **options: Any) -> OwnObject:
    """Make an own object with its table; it is there in menu, roles, API, imports and exports from the next request on.

    Args:
        actor: an administrator.
        label_ko: what people call one of its records; `label_en` in English.
        name: `x_…` for filters, files, the API and the table; made from the label when not given. Never changes.
        options: of `CHANGEABLE`.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: by field, what is wrong; or that others block the tables just now.
    """
    policies.require(policies.can_administer(actor), "own_object_create")
    with transaction.atomic():
        _alone()
        there = OwnObject.objects.exclude(state__in=GONE)
        if there.count() >= MOST_OBJECTS:
            raise ValidationError(_("There can be %(limit)s own objects.") % {"limit": MOST_OBJECTS})
        definition = OwnObject(
            name="", label_ko=label_ko, made_by_id=actor.user_id, changed_by_id=actor.user_id, **options
        )
        checking.check(definition, None)
        name = name.strip()
        if name:
            checking.check_name(name)
        definition.name = name or checking.name_for(definition.label_en, definition.label_ko)
        if tables.exists(definition.name):
            raise ValidationError({"name": _("The database has a table of that name already.")})
        last = OwnObject.objects.aggregate(last=Max("position"))["last"]
        definition.position = 0 if last is None else last + 1
        # The table first: PostgreSQL alters none that has rows whose references are still to be looked at.
        tables.make(definition.name)
        definition.save()
        audit.record(actor=actor, act="created", target=definition, changes=_told(None, definition))
        revisions.changed(REVISION)
        _follow(definition, actor)
    return definition


def change(*, actor: Actor, definition: OwnObject, **options: Any) -> OwnObject:
    """Change what an own object is called and can do; its name stays. Raises ValidationError, PermissionDenied."""
    policies.require(policies.can_administer(actor), "own_object_change")
    with transaction.atomic():
        before = _there(definition)
        after = OwnObject.objects.get(pk=before.pk)
        for key in CHANGEABLE:
            if key in options:
                setattr(after, key, options[key])
        checking.check(after, before)
        after.changed_by_id = actor.user_id
        told = _told(before, after)
        if not told:
            return before
        after.save()
        audit.record(actor=actor, act="updated", target=after, changes=told)
        revisions.changed(REVISION)
        if after.state == ObjectState.ACTIVE:
            _follow(after, actor)
    return after


def switch(*, actor: Actor, definition: OwnObject, active: bool) -> None:
    """Take an object off every page with all that refers to it, or back; its records stay where they are."""
    policies.require(policies.can_administer(actor), "own_object_switch")
    with transaction.atomic():
        found = _there(definition)
        if not active:
            computing.refuse_while_type_is_read(found.name)
        found.state = ObjectState.ACTIVE if active else ObjectState.INACTIVE
        found.changed_by_id = actor.user_id
        found.save(update_fields=["state", "changed_by", "changed_at"])
        audit.record(actor=actor, act="activated" if active else "switched_off", target=found)
        if active:
            # What was asked for while it was off could not be built.
            fields = OwnField.objects.filter(record_type=found.name)
            waiting = fields.filter(index_state=IndexState.BUILDING).exclude(kind=OwnKind.ROLL_UP)
            for field_id in waiting.values_list("pk", flat=True):
                queue.enqueue(own_fields.INDEX_TASK, field_id=field_id)
            for roll_up in fields.filter(kind=OwnKind.ROLL_UP, state=OwnState.ACTIVE):
                computing.ask_for_values(roll_up)
        revisions.changed(REVISION)


def delete(*, actor: Actor, definition: OwnObject, confirmed: str = "") -> None:
    """Delete an own object with its table and all records: gone at once, and for good.

    Fields of other types that refer to it go with it, as deleted fields do; so do the rights and field rules of
    roles on it. What search, timelines and history keep of its records is removed in the background.

    Args:
        confirmed: what the object is called, typed by whoever deletes one that has records.

    Raises:
        ValidationError: it has records and was not confirmed, or others block its table just now.
    """
    policies.require(policies.can_administer(actor), "own_object_delete")
    with transaction.atomic():
        found = _there(definition)
        records = held(found)
        if records and confirmed.strip() != str(found):
            raise ValidationError(
                _("It has %(count)s records. To delete it with them, type its name: %(name)s")
                % {"count": records, "name": found},
                code="confirm",
            )
        computing.refuse_while_type_is_read(found.name)
        mine = OwnField.objects.filter(record_type=found.name)
        counting = mine.filter(kind=OwnKind.ROLL_UP).exclude(state=OwnState.DELETED)
        for field_id in counting.values_list("pk", flat=True):
            queue.enqueue(own_fields.REMOVE_TASK, field_id=field_id, user_id=actor.user_id)
        counting.update(state=OwnState.DELETING)
        for field in OwnField.objects.filter(
            kind=OwnKind.REFERENCE,
            settings__target=found.name,
            state__in=(OwnState.ACTIVE, OwnState.INACTIVE),
        ).exclude(record_type=found.name):
            own_fields.delete(actor=actor, definition=field, leaving=found.name)
        mine.exclude(kind=OwnKind.ROLL_UP).update(
            state=OwnState.DELETED, index_state=IndexState.NONE, index_error=""
        )
        Grant.objects.filter(record_type=found.name).delete()
        FieldRule.objects.filter(record_type=found.name).delete()
        with tables.patience():
            rolling.leave(found.name)
        tables.drop(found.name)
        found.state = ObjectState.DELETING
        found.changed_by_id = actor.user_id
        found.save(update_fields=["state", "changed_by", "changed_at"])
        audit.record(
            actor=actor,
            act="deleted",
            target=found,
            changes={"name": [found.name, None], "records": [records, None]},
        )
        queue.enqueue(REMOVE_TASK, object_id=found.pk)
        revisions.changed(REVISION)


def order(*, actor: Actor, ids: Sequence[int]) -> None:
    """Put the objects into this order in the menu; those not named stand behind, as they stood. Raises PermissionDenied."""
    policies.require(policies.can_administer(actor), "own_object_order")
    with transaction.atomic():
        there = list(OwnObject.objects.select_for_update().exclude(state__in=GONE))
        places = {pk: place for place, pk in enumerate(ids)}
        there.sort(key=lambda item: places.get(item.pk, len(places)))
        for place, item in enumerate(there):
            if item.position != place:
                item.position = place
                item.save(update_fields=["position", "changed_at"])
        revisions.changed(REVISION)


def held(definition: OwnObject) -> int:
    """How many records an object has, those in the recycle bin too, exactly. One query over its table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(definition.name)}")  # noqa: S608
        (count,) = cursor.fetchone()
        return int(count)


def _there(definition: OwnObject) -> OwnObject:
    found = OwnObject.objects.select_for_update().get(pk=definition.pk)
    if found.state in GONE:
        raise ValidationError(_("The object has been deleted."))
    return found


def _alone() -> None:
    # Two that are made at the same moment would choose the same name and place.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('records_own_object'))")


def _follow(definition: OwnObject, actor: Actor) -> None:
    """What others make along with it, which asks the registry for the type.

    A thread beside this one that loads an actor just now puts in place what is committed, which this is not; then once more.
    """
    for follower in _followers:
        for attempt in range(ATTEMPTS):
            if registry.find(definition.name) is None:
                definitions.load()
            try:
                with transaction.atomic():
                    follower(definition, actor)
                break
            except ValidationError:
                if attempt == ATTEMPTS - 1 or registry.find(definition.name) is not None:
                    raise


def _told(before: OwnObject | None, after: OwnObject) -> dict[str, Any]:
    new = {key: getattr(after, key) for key in CHANGEABLE}
    if before is None:
        return {key: [None, value] for key, value in {"name": after.name, **new}.items() if value}
    return audit.differences({key: getattr(before, key) for key in CHANGEABLE}, new)
