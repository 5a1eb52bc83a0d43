"""Carries a bulk act through: chunk by chunk, each one transaction, from wherever the last one ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from dangol.events.outbox import announce
from dangol.identity.actors import Actor
from dangol.records import batches, registry
from dangol.records.bulk import acts
from dangol.records.bulk.acts import Act, Done, Refusal, Work
from dangol.records.bulk.errors import BulkProblem, RunBusy
from dangol.records.bulk.events import BulkFinished
from dangol.records.bulk.selection import Selection
from dangol.records.bulk.signing import signature_of
from dangol.records.models import BulkChunk, BulkRefusal, BulkRun, BulkState
from dangol.records.types import RecordType

log = structlog.get_logger(__name__)

PATIENCE = 120.0
ATTEMPTS_WITHOUT_PROGRESS = 5
_LOCK = 0x42554C << 40

Report = Callable[[BulkRun], None]


def lock_number(run: BulkRun) -> int:
    """The advisory lock that stands for this run."""
    return _LOCK | run.pk


def run(
    bulk_run: BulkRun, actor: Actor, progress: Report | None = None, *, patience: float = PATIENCE
) -> BulkRun:
    """Carry the run through to its end, or to where it is cancelled, and return it as it then is.

    Can be called again after any kind of death: what a chunk changed, its note for taking it back, position, counters
    and refusals are one transaction, and work goes on behind the last chunk that is in the database.

    Args:
        actor: in whose name, with the rights of now.
        progress: called after each chunk.
        patience: how long to wait, in seconds, for a database that went away.

    Raises:
        RunBusy: another process is at it.
        BulkProblem: the actor may not, or the act or the filter is no longer there; the run is marked as failed.
        OperationalError: the database stayed away; the run goes on when this is called again.
    """
    failures, position = 0, -1
    while True:
        busy = RunBusy(_("This act is being carried out already."))
        try:
            with (
                translation.override(bulk_run.language),
                batches.holding(lock_number(bulk_run), busy),
                batches.calm_collector(),
            ):
                return _Work(bulk_run.pk, actor, progress).to_the_end()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            log.warning("bulk_lost_database", run=bulk_run.pk, error=str(error).splitlines()[0])
            batches.await_database(patience, error)
            now = BulkRun.objects.values_list("position", flat=True).get(pk=bulk_run.pk)
            failures, position = (1, now) if now > position else (failures + 1, now)
            if failures >= ATTEMPTS_WITHOUT_PROGRESS:
                raise


def act_of(bulk_run: BulkRun, actor: Actor) -> tuple[RecordType, Act, Any]:
    """Type, act and settings of a run, with the rights of now. Raises BulkProblem."""
    record_type = registry.find(bulk_run.record_type)
    if record_type is None:
        raise BulkProblem(_("There is no such record type."))
    act = acts.find(bulk_run.act, record_type)
    if act is None:
        raise BulkProblem(_("There is no such act any more."))
    if not act.open_to(actor, record_type):
        raise BulkProblem(
            _("Your roles do not allow this with %(records)s.") % {"records": record_type.label_plural},
            code="forbidden",
        )
    return record_type, act, act.read(record_type, bulk_run.settings, actor)


class _Work:
    """One go at a run, from its stored position to the end."""

    def __init__(self, run_id: int, actor: Actor, progress: Report | None) -> None:
        self.run = BulkRun.objects.get(pk=run_id)
        # History then tells which changes are this run's, so that they can be taken back.
        self.actor = replace(actor, request_id=signature_of(self.run).request)
        self.progress = progress

    def to_the_end(self) -> BulkRun:
        if not self.run.is_active:
            return self.run
        try:
            record_type, act, settings = act_of(self.run, self.actor)
            selection = Selection.from_json(self.run.selection)
            self._start()
            while not self._chunk(record_type, act, settings, selection):
                if self.progress:
                    self.progress(self.run)
        except RunBusy:
            raise
        except BulkProblem as problem:
            self._fail(str(problem))
            raise
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("bulk_failed", run=self.run.pk)
            self._fail(
                str(_("The act stopped by an error of the program: %(why)s") % {"why": repr(error)[:500]})
            )
            raise
        return self.run

    def _start(self) -> None:
        self.run.state = BulkState.RUNNING
        self.run.started_at = self.run.started_at or timezone.now()
        self.run.save(update_fields=["state", "started_at"])

    def _fail(self, message: str) -> None:
        if connection.in_atomic_block and connection.needs_rollback:
            return
        BulkRun.objects.filter(pk=self.run.pk).update(
            state=BulkState.FAILED, message=message.replace("\0", "\ufffd"), finished_at=timezone.now()
        )
        self.run.refresh_from_db()

    def _chunk(self, record_type: RecordType, act: Act, settings: Any, selection: Selection) -> bool:
        """One chunk with its counters in one transaction. True at the end, or when the run was cancelled."""
        began, before = time.monotonic(), self.run.position
        with transaction.atomic():
            locked = BulkRun.objects.select_for_update().get(pk=self.run.pk)
            if locked.position != before or locked.state != BulkState.RUNNING:
                raise RunBusy(_("This act is being carried out already."))
            if locked.cancel_requested:
                return self._end(locked, BulkState.CANCELLED)
            ids, lost = next_ids(locked, record_type, selection, self.actor)
            if not ids and not lost:
                announce(BulkFinished(run_id=locked.pk), actor=self.actor)
                return self._end(locked, BulkState.FINISHED)
            done = (
                act.carry_out(Work(record_type, ids, self.actor, settings, locked.snapshot))
                if ids
                else Done()
            )
            done.refused += [Refusal(number, "missing", _("There is no such record.")) for number in lost]
            position = max((*ids, *lost))
            note(locked, position, done)
            total = len(ids) + len(lost)
            locked.rows += total
            refused = sum(not one.record_type for one in done.refused)
            locked.refused += refused
            locked.unchanged += len(done.unchanged)
            locked.changed += total - refused - len(done.unchanged)
            locked.others = _others(locked.others, done, record_type)
            locked.position = position
            locked.advanced_at = timezone.now()
            locked.seconds += time.monotonic() - began
            locked.save()
        self.run = locked
        return False

    def _end(self, locked: BulkRun, state: BulkState) -> bool:
        locked.state = state
        locked.finished_at = timezone.now()
        locked.save(update_fields=["state", "finished_at"])
        self.run = locked
        return True


def next_ids(
    bulk_run: BulkRun, record_type: RecordType, selection: Selection, actor: Actor
) -> tuple[list[int], list[int]]:
    """The ids of the next chunk, and those that were ticked but are not there for the actor any more. One query.

    Records go by in the order of their ids: what the act itself moves out of the filter, or into it, is met once at most.
    """
    rows = selection.rows(record_type, actor, until=bulk_run.previewed_at)
    if selection.ids is None:
        following = rows.filter(pk__gt=bulk_run.position).order_by("pk").values_list("pk", flat=True)
        return list(following[: bulk_run.chunk_rows]), []
    wanted = [number for number in selection.ids if number > bulk_run.position][: bulk_run.chunk_rows]
    there = set(rows.filter(pk__in=wanted).order_by().values_list("pk", flat=True))
    return [number for number in wanted if number in there], [
        number for number in wanted if number not in there
    ]


def note(bulk_run: BulkRun, position: int, done: Done) -> None:
    """Keep what a chunk did and what it refused. Two queries at most."""
    kinds = {"updated": done.updated, "deleted": done.deleted, "restored": done.restored}
    if any(kinds.values()):
        BulkChunk.objects.create(
            run=bulk_run,
            position=position,
            **{
                kind: {name: batches.ranges(ids) for name, ids in by_type.items() if ids}
                for kind, by_type in kinds.items()
            },
        )
    keep_refusals(bulk_run, bulk_run.record_type, done.refused)


def keep_refusals(
    bulk_run: BulkRun, record_type: str, refused: Sequence[Refusal], *, undoing: bool = False
) -> None:
    """Keep why records stayed as they are. One query for each thousand."""
    BulkRefusal.objects.bulk_create(
        [
            BulkRefusal(
                run=bulk_run,
                undoing=undoing,
                record_type=one.record_type or record_type,
                record_id=one.id,
                field=one.field[:120],
                value=one.value.replace("\0", "\ufffd"),
                code=one.code,
                reason=str(one.reason),
            )
            for one in refused
        ],
        batch_size=1_000,
        ignore_conflicts=True,
    )


def _others(before: dict[str, int], done: Done, record_type: RecordType) -> dict[str, int]:
    totals = dict(before)
    for by_type in (done.updated, done.deleted, done.restored):
        for name, ids in by_type.items():
            if name != record_type.name:
                totals[name] = totals.get(name, 0) + len(ids)
    return totals
