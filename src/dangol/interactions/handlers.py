"""Reactions of interactions: who is told of what has happened, and who follows because of it."""

from collections import Counter
from uuid import UUID

from dangol.events.outbox import handles
from dangol.identity.selectors import administrators
from dangol.interactions.events import Commented, Mentioned
from dangol.interactions.following import follow_others
from dangol.interactions.models.notifications import Kind
from dangol.interactions.notifications import facts, news, targets
from dangol.interactions.notifications.services import notify
from dangol.records.bulk.events import BulkFinished
from dangol.records.bulk.runs import AT_ONCE
from dangol.records.events import FilesAttached, RecordsAssigned, RecordsWritten
from dangol.records.exporting.events import RecordsExported
from dangol.records.importing.events import ImportFinished, ImportScheduleStopped
from dangol.records.looks.events import PrivacyDutyDue
from dangol.records.models import BulkRun, ExportRun, ImportRun, ImportSchedule


@handles(Mentioned)
def tell_mentioned(event: Mentioned, *, event_id: UUID) -> None:
    """Tell those who were named."""
    notify(
        kind=Kind.MENTIONED,
        users=event.users,
        target_type=event.record_type,
        target_id=event.record_id,
        by=event.by,
    )


@handles(Commented)
def tell_followers(event: Commented, *, event_id: UUID) -> None:
    """Tell those who follow the record."""
    notify(
        kind=Kind.COMMENTED,
        users=event.users,
        target_type=event.record_type,
        target_id=event.record_id,
        by=event.by,
    )


@handles(RecordsAssigned)
def follow_what_is_given(event: RecordsAssigned, *, event_id: UUID) -> None:
    """Whoever is given a record follows it, unless chosen otherwise. Of many at once nobody follows each."""
    given = Counter(event.users)
    for record_id, user in sorted(zip(event.ids, event.users, strict=True)):
        if given[user] == 1:
            follow_others(users=[user], record_type=event.record_type, record_id=record_id, reason="assigned")


@handles(RecordsAssigned)
def tell_owners(event: RecordsAssigned, *, event_id: UUID) -> None:
    """Tell the new owners; of many records at once in one line."""
    given: dict[int, list[int]] = {}
    for record_id, user in zip(event.ids, event.users, strict=True):
        given.setdefault(user, []).append(record_id)
    # Always in one order: who counts into the same lines at the same time waits, and none for each other.
    for user, ids in sorted(given.items()):
        news.tell_of(
            kind=Kind.ASSIGNED, user=user, record_type=event.record_type, ids=sorted(ids), by=event.by
        )


@handles(RecordsWritten, when=news.is_followed)
def tell_changes(event: RecordsWritten, *, event_id: UUID) -> None:
    """Tell those who follow what was changed, or with whom a contact was noted down."""
    news.tell_changed(event, event_id)
    news.tell_logged(event, event_id)


@handles(FilesAttached, when=lambda event: news.has_followers(event.record_type, [event.record_id]))
def tell_files(event: FilesAttached, *, event_id: UUID) -> None:
    """Tell those who follow the record that a file was put on it."""
    notify(
        kind=Kind.CHANGED,
        users=news.followers_of(event.record_type, [event.record_id]).values_list("user_id", flat=True),
        target_type=event.record_type,
        target_id=event.record_id,
        by=event.by,
    )


@handles(ImportFinished)
def tell_import_finished(event: ImportFinished, *, event_id: UUID) -> None:
    """Tell whoever started the import; of a scheduled one, whoever it acts as."""
    run = ImportRun.objects.select_related("schedule").filter(pk=event.run_id).first()
    if run is None:
        return
    users = {run.owner_id, run.schedule.acts_as_id if run.schedule else None} - {None}
    _finished(targets.IMPORT_RUN, run.pk, {user for user in users if user})


@handles(ImportScheduleStopped)
def tell_schedule_stopped(event: ImportScheduleStopped, *, event_id: UUID) -> None:
    """Tell whoever the schedule acts as, and administrators."""
    schedule = ImportSchedule.objects.filter(pk=event.schedule_id).first()
    if schedule is not None:
        users = {schedule.acts_as_id, *administrators().values_list("pk", flat=True)}
        notify(kind=Kind.STOPPED, users=users, target_type=targets.IMPORT_SCHEDULE, target_id=schedule.pk)


@handles(RecordsExported)
def tell_export_finished(event: RecordsExported, *, event_id: UUID) -> None:
    """Tell the owner of an export that was made in the background; one that was sent at once was seen to end."""
    run = ExportRun.objects.exclude(path="").filter(pk=event.run_id).first()
    if run is not None and run.owner_id:
        _finished(targets.EXPORT_RUN, run.pk, {run.owner_id})


@handles(BulkFinished)
def tell_bulk_finished(event: BulkFinished, *, event_id: UUID) -> None:
    """Tell the owner of an act that was carried out in the background; a short one was seen to end."""
    run = BulkRun.objects.filter(pk=event.run_id, selected__gt=AT_ONCE).first()
    if run is not None and run.owner_id:
        _finished(targets.BULK_RUN, run.pk, {run.owner_id})


@handles(facts.WorkFinished)
def tell_work_finished(event: facts.WorkFinished, *, event_id: UUID) -> None:
    """Tell those whose work it was."""
    _finished(event.target_type, event.target_id, set(event.users))


@handles(PrivacyDutyDue)
def tell_privacy_duty(event: PrivacyDutyDue, *, event_id: UUID) -> None:
    """Tell those who answer for it; once, however often it is said."""
    notify(
        kind=Kind.DUE,
        users=event.users,
        target_type=event.target_type,
        target_id=event.target_id,
        fact=f"duty:{event.target_type}:{event.target_id}",
    )


def _finished(target_type: str, target_id: int, users: set[int]) -> None:
    notify(
        kind=Kind.FINISHED,
        users=users,
        target_type=target_type,
        target_id=target_id,
        fact=f"finished:{target_type}:{target_id}",
    )
