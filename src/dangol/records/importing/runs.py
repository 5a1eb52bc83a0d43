"""The life of an import run: made, started, cancelled, removed – and who may see it."""

from __future__ import annotations

import hashlib
import json
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dangol.events import queue
from dangol.identity.actors import Actor, may_administer
from dangol.records import fieldrules, registry
from dangol.records.importing import counters, engine, storage, undoing
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.guessing import guess
from dangol.records.importing.mapping import Mapping, read_mapping
from dangol.records.importing.readers import open_table
from dangol.records.models import ImportRun, ImportState, UndoState
from dangol.records.models.imports import OPEN_STATES
from dangol.records.types import RecordType

RUN_TASK = "dangol.records.importing.run"
REHEARSE_TASK = "dangol.records.importing.rehearse"
UNDO_TASK = "dangol.records.importing.undo"
FILE_NAME_LENGTH = 255
LOOKED_AT = 200
"""Rows from which it is guessed how a file is meant."""
CHUNK_ROWS = 10_000
"""Rows for one transaction; larger ones are hardly faster, and cancelling waits for the end of one."""


def fingerprint(sha256: str, mapping: dict[str, Any]) -> str:
    """What makes two imports the same: the content of the file and the mapping."""
    canonical = json.dumps(mapping, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{sha256}\n{canonical}".encode()).hexdigest()


def runs_visible_to(actor: Actor) -> QuerySet[ImportRun]:
    """An actor's own runs; all runs for administrators. Lazy."""
    if may_administer(actor):
        return ImportRun.objects.all()
    if actor.user_id is None:
        return ImportRun.objects.none()
    return ImportRun.objects.filter(owner_id=actor.user_id)


def importable_types(actor: Actor) -> list[RecordType]:
    """The record types of which the actor may bring in records, as they are for the actor."""
    return [
        fieldrules.seen_by(actor, known) for known in registry.all_types() if actor.may(known.name, "import")
    ]


def mapping_from_header(path: Path, record_type: RecordType, actor: Actor | None = None) -> Mapping:
    """The mapping that the header of a file suggests.

    Args:
        actor: in whose eyes references are tried out against the records there are; None: they are not tried.

    Raises:
        ImportProblem: no column is understood, or the values of one leave open how they are meant.
    """
    with open_table(path) as table:
        sample = [row.cells for row in islice(table, LOOKED_AT) if row.problem is None]
        found = guess(record_type, table.header, sample, actor=actor)
    if found.questions:
        question = found.questions[0]
        raise ImportProblem(
            _(
                "The values of the column “%(column)s” can be read in several ways: %(choices)s. Say which in a mapping."
            )
            % {
                "column": question.column,
                "choices": ", ".join(f"{answer} → {meant}" for answer, meant in question.choices),
            }
        )
    if found.mapping is None:
        labels = ", ".join(str(field.label) for field in list(record_type.editable_fields.values())[:12])
        raise ImportProblem(
            _("No column of the file is named like a field of %(type)s. Fields are: %(fields)s …")
            % {"type": record_type.label_plural, "fields": labels}
        )
    return found.mapping


def run_create(
    *,
    actor: Actor,
    path: Path,
    mapping: Mapping,
    size: int,
    sha256: str,
    file_name: str = "",
    stored: bool = False,
    state: ImportState = ImportState.WAITING,
    chunk_rows: int = 0,
    schedule_id: int | None = None,
) -> ImportRun:
    """Note down an import. Nothing is read yet.

    Args:
        stored: the file is ours (an upload) and goes when the run goes.
        chunk_rows: rows for one transaction; 0 for the usual number.

    Raises:
        ImportProblem: the actor may not import what the mapping writes.
    """
    engine.require_permission(mapping, actor)
    return ImportRun.objects.create(
        owner_id=actor.user_id,
        state=state,
        file_name=(file_name or path.name).replace("\0", "")[-FILE_NAME_LENGTH:],
        path=str(path),
        stored=stored,
        size=size,
        sha256=sha256,
        fingerprint=fingerprint(sha256, mapping.data),
        mapping_name=mapping.name[:120],
        mapping=mapping.data,
        record_types=mapping.types,
        language=actor.language,
        chunk_rows=chunk_rows or CHUNK_ROWS,
        schedule_id=schedule_id,
    )


def run_unfinished(*, actor: Actor, sha256: str, mapping: Mapping) -> ImportRun | None:
    """The actor's run of the same file through the same mapping that has not come to its end. One query."""
    return (
        ImportRun.objects.filter(
            fingerprint=fingerprint(sha256, mapping.data), owner_id=actor.user_id, state__in=OPEN_STATES
        )
        .order_by("-id")
        .first()
    )


def run_set_mapping(*, run: ImportRun, mapping: Mapping, actor: Actor) -> None:
    """Give a run that has not started another mapping. Raises ImportProblem."""
    engine.require_permission(mapping, actor)
    if run.state != ImportState.DRAFT:
        raise ImportProblem(_("The import has started already."))
    run.mapping = mapping.data
    run.mapping_name = mapping.name[:120]
    run.record_types = mapping.types
    run.fingerprint = fingerprint(run.sha256, mapping.data)
    run.rehearsed = {}
    run.save(update_fields=["mapping", "mapping_name", "record_types", "fingerprint", "rehearsed"])


def run_start(*, run: ImportRun, actor: Actor, after: str = "") -> None:
    """Hand a run to the worker: one that is ready, or one that stopped by an error. Raises ImportProblem.

    Args:
        after: as in `enqueue`.
    """
    engine.require_permission(read_mapping(run.mapping, name=run.mapping_name), actor)
    with transaction.atomic():
        started = ImportRun.objects.filter(
            pk=run.pk, state__in=[ImportState.DRAFT, ImportState.FAILED]
        ).update(state=ImportState.WAITING, message="", cancel_requested=False, finished_at=None)
        if started:
            enqueue(run, after=after)
    run.refresh_from_db()


def run_pause(*, run: ImportRun, actor: Actor) -> None:
    """Let a run rest after the chunk it is at. Raises ImportProblem."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state == ImportState.WAITING:
            locked.state = ImportState.PAUSED
        elif locked.state == ImportState.RUNNING:
            locked.pause_requested = True
        else:
            raise ImportProblem(_("Only an import that is going on can be paused."))
        locked.save(update_fields=["state", "pause_requested"])
    run.refresh_from_db()


def run_resume(*, run: ImportRun, actor: Actor) -> None:
    """Let a paused run go on where it stopped. Raises ImportProblem."""
    engine.require_permission(read_mapping(run.mapping, name=run.mapping_name), actor)
    with transaction.atomic():
        resumed = ImportRun.objects.filter(pk=run.pk, state=ImportState.PAUSED).update(
            state=ImportState.WAITING, pause_requested=False
        )
        taken_back = ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(
            pause_requested=False
        )
        if resumed:
            enqueue(run)
        elif not taken_back:
            raise ImportProblem(_("The import is not paused."))
    run.refresh_from_db()


def run_rehearse(*, run: ImportRun, actor: Actor) -> None:
    """Hand a dry run over the whole file to the worker; its totals come into `run.rehearsed`. Raises ImportProblem."""
    engine.require_permission(read_mapping(run.mapping, name=run.mapping_name), actor)
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != ImportState.DRAFT:
            raise ImportProblem(_("The import has started already."))
        if locked.rehearsed.get("state") != "running":
            locked.rehearsed = {"state": "running", "share": 0}
            locked.save(update_fields=["rehearsed"])
            queue.enqueue(
                REHEARSE_TASK, run_id=run.pk, user_id=actor.user_id, lock=f"{REHEARSE_TASK}:{run.pk}"
            )
    run.refresh_from_db()


def run_undo(*, run: ImportRun, actor: Actor) -> None:
    """Hand the taking back of a run to the worker. Raises ImportProblem."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        undoing.require_undoable(locked, actor)
        locked.undo = UndoState.RUNNING
        locked.undone = {**locked.undone, "share": locked.undone.get("share", 0)}
        locked.save(update_fields=["undo", "undone"])
        queue.enqueue(UNDO_TASK, run_id=run.pk, user_id=actor.user_id, lock=f"{RUN_TASK}:{run.pk}")
    run.refresh_from_db()


def enqueue(run: ImportRun, *, after: str = "") -> None:
    """Put the job on the queue; to be called in the transaction that makes the run wait.

    Args:
        after: runs with the same word go one after the other, in the order in which they were put there.
    """
    queue.enqueue(RUN_TASK, run_id=run.pk, lock=after or f"{RUN_TASK}:{run.pk}")


def run_cancel(*, run: ImportRun, actor: Actor) -> None:
    """Stop a run after the chunk it is at. What has gone in stays in."""
    with transaction.atomic():
        locked = ImportRun.objects.select_for_update().get(pk=run.pk)
        if locked.state in (
            ImportState.DRAFT,
            ImportState.WAITING,
            ImportState.PAUSED,
            ImportState.FAILED,
        ):
            locked.state = ImportState.CANCELLED
            locked.finished_at = locked.advanced_at
            locked.save(update_fields=["state", "finished_at"])
            counters.forget(locked)
        elif locked.state == ImportState.RUNNING:
            locked.cancel_requested = True
            locked.save(update_fields=["cancel_requested"])
    run.refresh_from_db()


def run_remove(*, run: ImportRun, actor: Actor) -> None:
    """Forget a run that is not going on, with its rejects and its file. The records stay. Raises ImportProblem."""
    if run.is_active or run.undo == UndoState.RUNNING:
        raise ImportProblem(_("The import is still going on. Cancel it first."))
    path = Path(run.path) if run.stored else None
    rejects = storage.rejects_path(run.key)
    run.delete()
    if path is not None:
        path.unlink(missing_ok=True)
    rejects.unlink(missing_ok=True)
