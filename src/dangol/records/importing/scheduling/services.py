"""Making, changing, switching and starting schedules – and who may."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.exceptions import AlreadyEnqueued

from dangol.events import queue
from dangol.events.outbox import announce
from dangol.identity.actors import Actor, actor_for, may_administer
from dangol.identity.models import User
from dangol.outbound import sealing
from dangol.records.importing import engine
from dangol.records.importing import registry as mappings
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.events import ImportScheduleStopped
from dangol.records.importing.mapping import Mapping, read_mapping
from dangol.records.importing.scheduling.sources import party, require_location
from dangol.records.importing.scheduling.times import next_moment
from dangol.records.models import (
    ImportRun,
    ImportSchedule,
    ImportScheduleState,
    SavedMapping,
    ScheduleAccess,
    ScheduleAfter,
    ScheduleResult,
    ScheduleRule,
    ScheduleSource,
)
from dangol.records.writing.context import sign

LOOK_TASK = "dangol.records.importing.look"
BUILT_IN = "built-in:"
SAVED = "saved:"
MOST_FAILURES = 5
AT_A_TIME = 200
ORIGIN = "page"
SETTINGS = (
    "name", "source", "location", "access", "username", "pattern", "mapping_name", "rule", "every", "at_time", "after",
    "acts_as", "active",
)  # fmt: skip


def schedules_visible_to(actor: Actor) -> QuerySet[ImportSchedule]:
    """The schedules that act in this actor's name; all of them for administrators. Lazy."""
    if may_administer(actor):
        return ImportSchedule.objects.all()
    if actor.user_id is None:
        return ImportSchedule.objects.none()
    return ImportSchedule.objects.filter(acts_as_id=actor.user_id)


def mapping_of(schedule: ImportSchedule) -> Mapping:
    """The mapping that the schedule names, as it is now.

    Raises:
        ImportProblem: it has been deleted, or does not fit the record types any more.
    """
    if schedule.mapping_name.startswith(SAVED):
        kept = _saved(schedule)
        return read_mapping(kept.mapping, name=kept.title)
    return mappings.get(schedule.mapping_name.removeprefix(BUILT_IN))


def mapping_title(schedule: ImportSchedule) -> str:
    """What people call that mapping. Raises ImportProblem."""
    if schedule.mapping_name.startswith(SAVED):
        return _saved(schedule).title
    return mappings.title(mapping_of(schedule))


def _saved(schedule: ImportSchedule) -> SavedMapping:
    number = schedule.mapping_name.removeprefix(SAVED)
    kept = SavedMapping.objects.filter(pk=int(number)).first() if number.isdecimal() else None
    if kept is None:
        raise ImportProblem(_("The saved mapping of this schedule has been deleted. Choose another one."))
    return kept


def secret_of(schedule: ImportSchedule) -> str:
    """The password, key or token, opened. Raises SealBroken."""
    sealed = schedule.state.secret
    return sealing.unseal(sealed, purpose=_purpose(schedule)) if sealed else ""


def _purpose(schedule: ImportSchedule) -> str:
    return f"import-schedule:{schedule.pk}"


def schedule_save(
    *, actor: Actor, values: MappingType[str, Any], secret: str = "", schedule: ImportSchedule | None = None
) -> ImportSchedule:
    """Make a schedule, or change one.

    Args:
        values: what `SETTINGS` names.
        secret: a new password, private key or token; empty keeps the stored one. The stored one is kept only while
            it goes to the same server, under the same user name and in the same way.

    Raises:
        ImportProblem, Forbidden: the actor may not, or something cannot be meant; the text says what.
    """
    made = schedule or ImportSchedule()
    before = _told_to(made) if schedule else None
    for name in SETTINGS:
        setattr(made, name, values[name])
    _complete(made)
    require_location(made.source, made.location)
    _require_rights(made, actor)
    told = _told_to(made)
    keeps = before == told
    if made.access and not secret and not (keeps and schedule is not None and schedule.state.secret):
        raise ImportProblem(
            _("Enter the password, key or token. It is told only to the server it was entered for.")
        )
    if before is not None and before[0] != told[0]:
        made.host_key = ""
    try:
        with transaction.atomic():
            sign(actor, ORIGIN)
            made.save()
            state, _made = ImportScheduleState.objects.select_for_update().get_or_create(schedule=made)
            if not made.access:
                state.secret = ""
            elif secret:
                state.secret = sealing.seal(secret, purpose=_purpose(made))
            if not made.host_key:
                state.offered_key = ""
            _set_clock(made, state)
            state.save()
    except IntegrityError:
        raise ImportProblem(_("Another schedule has this name already. Choose another one.")) from None
    made.state = state
    return made


def _complete(schedule: ImportSchedule) -> None:
    if schedule.source == ScheduleSource.FOLDER:
        schedule.access = ScheduleAccess.NONE
    if schedule.source == ScheduleSource.HTTP:
        schedule.after = ScheduleAfter.KEEP
        schedule.pattern = "*"
    allowed = {
        ScheduleSource.FOLDER: {ScheduleAccess.NONE},
        ScheduleSource.SFTP: {ScheduleAccess.PASSWORD, ScheduleAccess.KEY},
        ScheduleSource.HTTP: {ScheduleAccess.NONE, ScheduleAccess.PASSWORD, ScheduleAccess.TOKEN},
    }[ScheduleSource(schedule.source)]
    if schedule.access not in allowed:
        raise ImportProblem(_("This source is not opened with these credentials. Choose others."))
    if schedule.access in (ScheduleAccess.NONE, ScheduleAccess.TOKEN):
        schedule.username = ""
    elif not schedule.username:
        raise ImportProblem(_("Enter the user name."))
    if schedule.rule in (ScheduleRule.DAILY, ScheduleRule.WEEKDAYS) and schedule.at_time is None:
        raise ImportProblem(_("Say at what time of day."))


def _told_to(schedule: ImportSchedule) -> tuple[str, str, str]:
    return party(schedule.source, schedule.location), schedule.access, schedule.username


def _require_rights(schedule: ImportSchedule, actor: Actor) -> None:
    mapping = mapping_of(schedule)
    engine.require_permission(mapping, actor)
    if schedule.acts_as_id != actor.user_id and not may_administer(actor):
        raise ImportProblem(_("Only administrators may let a schedule act in somebody else's name."))
    _require_user(schedule.acts_as)
    if schedule.acts_as_id != actor.user_id:
        engine.require_permission(mapping, actor_for(schedule.acts_as))


def _require_user(user: User) -> None:
    if not user.is_active:
        raise ImportProblem(
            _("%(name)s, in whose name the import acts, is not active any more. Choose somebody else.")
            % {"name": user.name}
        )


def acting(schedule: ImportSchedule, mapping: Mapping) -> Actor:
    """In whose name a schedule acts, with the rights of today. Raises ImportProblem."""
    _require_user(schedule.acts_as)
    actor = actor_for(schedule.acts_as)
    engine.require_permission(mapping, actor)
    return actor


def _set_clock(schedule: ImportSchedule, state: ImportScheduleState) -> None:
    """Begin to count anew: a schedule that somebody has just changed or switched on starts with a clean slate."""
    state.next_at = next_moment(schedule, timezone.now()) if schedule.active else None
    state.failures = 0
    if schedule.active:
        state.stopped_at = None


def schedule_switch(*, schedule: ImportSchedule, active: bool, actor: Actor) -> None:
    """Switch a schedule on or off. Raises ImportProblem."""
    if active:
        _require_rights(schedule, actor)
    with transaction.atomic():
        sign(actor, ORIGIN)
        state = ImportScheduleState.objects.select_for_update().get(schedule=schedule)
        schedule.active = active
        schedule.save(update_fields=["active"])
        _set_clock(schedule, state)
        state.save(update_fields=["next_at", "failures", "stopped_at"])
    schedule.state = state


def schedule_remove(*, schedule: ImportSchedule, actor: Actor) -> None:
    """Delete a schedule with its secret. Its imports stay."""
    with transaction.atomic():
        sign(actor, ORIGIN)
        ImportRun.objects.filter(schedule=schedule).update(schedule=None)
        schedule.delete()


def schedule_trust(*, schedule: ImportSchedule, key: str, actor: Actor) -> None:
    """Confirm the key of the SFTP server: from now on it must be this one. An empty key forgets it.

    Raises:
        ImportProblem: the server has shown another key than the one that is confirmed.
    """
    with transaction.atomic():
        sign(actor, ORIGIN)
        state = ImportScheduleState.objects.select_for_update().get(schedule=schedule)
        if key and key != state.offered_key:
            raise ImportProblem(_("The server has shown another key meanwhile. Test the connection again."))
        state.offered_key = ""
        state.save(update_fields=["offered_key"])
        schedule.host_key = key
        schedule.save(update_fields=["host_key"])


def schedule_request(*, schedule: ImportSchedule, actor: Actor) -> bool:
    """Let the worker look now, whatever the rule. False when it is about to do so anyway. Raises ImportProblem."""
    _require_rights(schedule, actor)
    with transaction.atomic():
        return _enqueue(schedule.pk, fresh=True)


def _enqueue(schedule_id: int, *, fresh: bool) -> bool:
    try:
        with transaction.atomic():
            queue.enqueue(
                LOOK_TASK,
                schedule_id=schedule_id,
                fresh=fresh,
                lock=f"{LOOK_TASK}:{schedule_id}",
                queueing_lock=f"{LOOK_TASK}:{schedule_id}:{'new' if fresh else 'rest'}",
            )
    except AlreadyEnqueued:
        return False
    return True


def start_due(*, now: datetime | None = None) -> int:
    """Hand what is due to the worker, each turn once however many call this at the same time; how many.

    The turn is moved on in the transaction that puts the job on the queue. A turn that was missed, because nothing
    ran, is made up for once.
    """
    now = now or timezone.now()
    with transaction.atomic():
        due = list(
            ImportScheduleState.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("schedule")
            .filter(Q(next_at__lte=now, schedule__active=True) | Q(check_at__lte=now))
            .order_by("pk")[:AT_A_TIME]
        )
        for state in due:
            fresh = state.schedule.active and state.next_at is not None and state.next_at <= now
            if fresh:
                state.next_at = next_moment(state.schedule, now)
            state.check_at = None
            state.save(update_fields=["next_at", "check_at"])
            _enqueue(state.schedule_id, fresh=fresh)
    return len(due)


def schedule_wake(*, schedule_id: int) -> None:
    """Let the next minute see what became of a run. One query."""
    ImportScheduleState.objects.filter(schedule_id=schedule_id).update(check_at=timezone.now())


def look_noted(
    *,
    schedule: ImportSchedule,
    result: ScheduleResult,
    files: int = 0,
    again_in: timedelta | None = None,
    clean: bool = False,
) -> None:
    """Write down what came of a look.

    Args:
        again_in: when to look at what was left open; none for the next turn of the rule.
        clean: nothing is wrong any more, so failures are counted from the start.
    """
    now = timezone.now()
    state = schedule.state
    state.last_at, state.last_result, state.last_files = now, result, files
    state.check_at = now + again_in if again_in is not None else None
    if clean:
        state.failures, state.last_error = 0, ""
    state.save(update_fields=["last_at", "last_result", "last_files", "check_at", "failures", "last_error"])


def look_failed(*, schedule: ImportSchedule, why: str) -> None:
    """Write down that a look failed; after five in a row the schedule switches itself off and says so."""
    with transaction.atomic():
        state = ImportScheduleState.objects.select_for_update().get(schedule=schedule)
        state.last_at, state.last_result, state.last_files = timezone.now(), ScheduleResult.FAILED, 0
        state.last_error = why.replace("\0", "")[:2_000]
        state.failures += 1
        if state.failures >= MOST_FAILURES and schedule.active:
            system = Actor.system("import")
            sign(system, "import")
            schedule.active = False
            schedule.save(update_fields=["active"])
            state.next_at = None
            state.stopped_at = state.last_at
            announce(ImportScheduleStopped(schedule.pk), actor=system)
        state.save()
    schedule.state = state


def key_offered(*, schedule: ImportSchedule, key: str) -> None:
    """Remember the key that the server shows, for somebody to confirm. One query."""
    ImportScheduleState.objects.filter(schedule=schedule).update(offered_key=key)
    schedule.state.offered_key = key
