"""Into the recycle bin and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.events import outbox
from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry
from dangol.records.events import RecordsDeleted, RecordsRestored
from dangol.records.fields.base import Label
from dangol.records.looks import taking as looks
from dangol.records.search import index
from dangol.records.types import RecordType, WrittenRows
from dangol.records.writing import locks
from dangol.records.writing.context import sign
from dangol.records.writing.errors import Conflict, Missing, RowError, WriteError


def delete(
    record_type: RecordType,
    ids: Sequence[int],
    *,
    actor: Actor,
    version: int | None = None,
    origin: str = "page",
) -> int:
    """Put records into the recycle bin, with those that follow them (`cascade`). Returns how many of this type.

    Raises:
        Missing: one of them does not exist for this actor; nothing was deleted.
        Conflict: `version` was given and the record has another one by now.
        WriteError: it, or one that would follow it, is locked; says who has to decide.
    """
    record_type = fieldrules.whole(record_type)
    with transaction.atomic():
        sign(actor, origin)
        rows = permissions.visible_to(actor, record_type, "delete").select_for_update(of=("self",))
        found = dict(rows.filter(pk__in=ids).values_list("pk", "version"))
        _all_found(ids, found)
        if version is not None and any(current != version for current in found.values()):
            message = _("The record has been changed since you opened it. Reload it and try again.")
            raise Conflict([RowError(0, "version", version, "conflict", message)])
        _set_deleted(
            record_type, record_type.model._default_manager.filter(pk__in=ids), timezone.now(), actor, origin
        )
        return len(found)


def delete_unlocked(
    record_type: RecordType, ids: Sequence[int], *, actor: Actor, origin: str = "page"
) -> dict[int, Label]:
    """As `delete`, but what is locked stays: returns those, each with the reason.

    Costs one `delete` where nothing is locked; otherwise the ids are tried in halves.
    """
    try:
        delete(record_type, ids, actor=actor, origin=origin)
    except (Missing, Conflict):
        raise
    except WriteError as problem:
        if len(ids) == 1:
            return {ids[0]: problem.errors[0].message}
        middle = len(ids) // 2
        return {
            **delete_unlocked(record_type, ids[:middle], actor=actor, origin=origin),
            **delete_unlocked(record_type, ids[middle:], actor=actor, origin=origin),
        }
    return {}


def restore(record_type: RecordType, ids: Sequence[int], *, actor: Actor, origin: str = "page") -> int:
    """Take records out of the recycle bin, with those that went in with them. Raises Missing."""
    record_type = fieldrules.whole(record_type)
    with transaction.atomic():
        sign(actor, origin)
        rows = permissions.visible_to(actor, record_type, "delete", deleted=True).select_for_update(
            of=("self",)
        )
        found = dict(rows.filter(pk__in=ids).values_list("pk", "deleted_at"))
        _all_found(ids, found)
        for moment in set(found.values()):
            together = record_type.model._default_manager.filter(
                pk__in=[record_id for record_id, at in found.items() if at == moment]
            )
            _set_restored(record_type, together, moment, actor, origin)
        return len(found)


def _all_found(ids: Sequence[int], found: dict[int, object]) -> None:
    lost = [
        RowError(position, "id", record_id, "missing", _("There is no such record."))
        for position, record_id in enumerate(ids)
        if record_id not in found
    ]
    if lost:
        raise Missing(lost)


def _set_deleted(
    record_type: RecordType, rows: QuerySet[Any], moment: datetime, actor: Actor, origin: str
) -> None:
    ids = list(rows.filter(deleted_at__isnull=True).values_list("pk", flat=True))
    if not ids:
        return
    locks.require_free(record_type, ids, actor)
    record_type.model._default_manager.filter(pk__in=ids).update(deleted_at=moment, updated_by=actor.user_id)
    index.remove(record_type, ids)
    looks.note("change", record_type, ids)
    record_type.after_write(WrittenRows([], [], origin, removed=ids), actor=actor)
    outbox.announce(RecordsDeleted(record_type=record_type.name, ids=ids), actor=actor)
    for child, path in _followers(record_type):
        _set_deleted(
            child, child.model._default_manager.filter(**{f"{path}__in": ids}), moment, actor, origin
        )


def _set_restored(
    record_type: RecordType, rows: QuerySet[Any], moment: datetime, actor: Actor, origin: str
) -> None:
    ids = list(rows.filter(deleted_at=moment).values_list("pk", flat=True))
    if not ids:
        return
    record_type.model._default_manager.filter(pk__in=ids).update(deleted_at=None, updated_by=actor.user_id)
    looks.note("change", record_type, ids)
    if record_type.search:
        index.reindex(record_type, ids)
    record_type.after_write(WrittenRows([], [], origin, restored=ids), actor=actor)
    outbox.announce(RecordsRestored(record_type=record_type.name, ids=ids), actor=actor)
    for child, path in _followers(record_type):
        _set_restored(
            child, child.model._default_manager.filter(**{f"{path}__in": ids}), moment, actor, origin
        )


def _followers(record_type: RecordType) -> list[tuple[RecordType, str]]:
    """The types whose records follow, with the field that points here."""
    followers = []
    for name in record_type.cascade:
        child = registry.get(record_type.relations[name].target)
        reference = child.reference_to(record_type.name)
        if reference is not None:
            followers.append((child, reference.column))
    return followers
