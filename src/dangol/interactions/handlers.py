"""Reactions of interactions: who is told of what has happened."""

from collections import Counter
from uuid import UUID

from dangol.events.outbox import handles
from dangol.interactions.notifications import facts, targets
from dangol.interactions.notifications.models import Kind
from dangol.interactions.notifications.services import notify
from dangol.records.events import RecordsAssigned
from dangol.records.exporting.events import RecordsExported
from dangol.records.importing.events import ImportFinished
from dangol.records.models import ExportRun, ImportRun

ONE_BY_ONE = 5
"""More records than this given to somebody at once are told of as one."""


@handles(facts.Mentioned)
def tell_mentioned(event: facts.Mentioned, *, event_id: UUID) -> None:
    """Tell those who were named."""
    _tell(Kind.MENTIONED, event)


@handles(facts.Commented)
def tell_followers(event: facts.Commented, *, event_id: UUID) -> None:
    """Tell those who follow the record."""
    _tell(Kind.COMMENTED, event)


@handles(facts.Assigned)
def tell_assigned(event: facts.Assigned, *, event_id: UUID) -> None:
    """Tell those to whom the record was given."""
    _tell(Kind.ASSIGNED, event)


@handles(RecordsAssigned)
def tell_owners(event: RecordsAssigned, *, event_id: UUID) -> None:
    """Tell the new owners; of many records at once in one line."""
    many = {user: count for user, count in Counter(event.users).items() if count > ONE_BY_ONE}
    for record_id, user in zip(event.ids, event.users, strict=True):
        if user not in many:
            notify(
                kind=Kind.ASSIGNED,
                users=[user],
                target_type=event.record_type,
                target_id=record_id,
                by=event.by,
            )
    for user, count in many.items():
        notify(
            kind=Kind.ASSIGNED,
            users=[user],
            target_type=f"{targets.MANY}{event.record_type}",
            target_id=0,
            by=event.by,
            count=count,
        )


@handles(ImportFinished)
def tell_import_finished(event: ImportFinished, *, event_id: UUID) -> None:
    """Tell whoever started the import; of a scheduled one, whoever it acts as."""
    run = ImportRun.objects.select_related("schedule").filter(pk=event.run_id).first()
    if run is None:
        return
    users = {run.owner_id, run.schedule.acts_as_id if run.schedule else None} - {None}
    _finished(targets.IMPORT_RUN, run.pk, {user for user in users if user})


@handles(RecordsExported)
def tell_export_finished(event: RecordsExported, *, event_id: UUID) -> None:
    """Tell the owner of an export that was made in the background; one that was sent at once was seen to end."""
    run = ExportRun.objects.exclude(path="").filter(pk=event.run_id).first()
    if run is not None and run.owner_id:
        _finished(targets.EXPORT_RUN, run.pk, {run.owner_id})


@handles(facts.WorkFinished)
def tell_work_finished(event: facts.WorkFinished, *, event_id: UUID) -> None:
    """Tell those whose work it was."""
    _finished(event.target_type, event.target_id, set(event.users))


def _finished(target_type: str, target_id: int, users: set[int]) -> None:
    notify(
        kind=Kind.FINISHED,
        users=users,
        target_type=target_type,
        target_id=target_id,
        fact=f"finished:{target_type}:{target_id}",
    )


def _tell(kind: Kind, event: facts.Mentioned | facts.Commented | facts.Assigned) -> None:
    notify(
        kind=kind, users=event.users, target_type=event.record_type, target_id=event.record_id, by=event.by
    )
