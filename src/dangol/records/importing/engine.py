"""Carries an import through: chunk by chunk, each one transaction, from wherever the last one ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from dangol.events.outbox import announce
from dangol.identity.actors import Actor
from dangol.records.batches import ranges
from dangol.records.fields import Locale
from dangol.records.importing import counters, rejects, repeats
from dangol.records.importing.ahead import Prepared, chunks_ahead
from dangol.records.importing.chunks import ChunkResult, write_chunk
from dangol.records.importing.errors import CellProblem, ImportProblem, MappingProblem, Problem, RunBusy
from dangol.records.importing.events import ImportFinished
from dangol.records.importing.guessing import remember
from dangol.records.importing.holding import await_database, calm_collector, holding, quick_turns
from dangol.records.importing.mapping import CompiledMapping, Mapping, compile_mapping, read_mapping
from dangol.records.importing.mapping.compiling import ordinal_columns
from dangol.records.importing.readers import SourceOptions, Table, open_table
from dangol.records.models import ImportChunk, ImportReject, ImportRun, ImportState
from dangol.records.planning import analyze_grown_tables

log = structlog.get_logger(__name__)

PATIENCE = 120.0
"""Seconds to wait for a database that went away."""
ATTEMPTS_WITHOUT_PROGRESS = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, after each chunk. `share` lies between 0 and 1."""

    rows: int
    imported: int
    unchanged: int
    rejected: int
    seconds: float
    share: float

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        return self.seconds * (1 - self.share) / self.share if self.share and self.seconds else None


Report = Callable[[Progress], None]


def run(
    import_run: ImportRun, actor: Actor, progress: Report | None = None, *, patience: float = PATIENCE
) -> ImportRun:
    """Carry the run through to its end, or to where it is cancelled, and return it as it then is.

    Can be called again after any kind of death, also `kill -9` of this process or of PostgreSQL in the middle of a
    commit: position, counters, rejects and records of a chunk are one transaction, and work goes on behind the last
    chunk that is in the database.

    Args:
        actor: in whose name; needs `import` on each type of the mapping, and `create` and `edit` for what is written.
        progress: called after each chunk.
        patience: how long to wait, in seconds, for a database that went away.

    Raises:
        RunBusy: another process is at it.
        ImportProblem: the file or the mapping cannot be used; the run is marked as failed.
        OperationalError: the database stayed away; the run goes on when this is called again.
    """
    failures, position = 0, -1
    while True:
        try:
            with (
                translation.override(import_run.language),
                holding(import_run),
                calm_collector(),
                quick_turns(),
            ):
                return _Work(import_run.pk, actor, progress).to_the_end()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            log.warning("import_lost_database", run=import_run.pk, error=str(error).splitlines()[0])
            await_database(patience, error)
            now = ImportRun.objects.values_list("position", flat=True).get(pk=import_run.pk)
            failures, position = (1, now) if now > position else (failures + 1, now)
            if failures >= ATTEMPTS_WITHOUT_PROGRESS:
                raise


def rehearse(import_run: ImportRun, actor: Actor, progress: Report | None = None) -> ImportRun:
    """The whole run, to be rolled back by the caller: exact totals, nothing written.

    Must be called inside a transaction, with a run saved in it. No retries: what is lost is only a rehearsal.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("rehearse() needs a transaction that its caller rolls back")
    with translation.override(import_run.language), calm_collector(), quick_turns():
        return _Work(import_run.pk, actor, progress, exact=True).to_the_end()


def require_permission(mapping: Mapping, actor: Actor) -> None:
    """Raise ImportProblem unless the actor may import every type that the mapping writes, and change every field of it.

    A field that is masked for the actor finds no records: what is found tells the value.
    """
    from dangol.records import fieldrules, registry
    from dangol.records.fields.masks import Masked

    for name in mapping.types:
        if not actor.may(name, "import"):
            raise ImportProblem(
                _("You may not import records of the type “%(type)s”. Ask an administrator for this right.")
                % {"type": registry.get(name).label_plural}
            )
    for plan in mapping.records:
        seen = fieldrules.seen_by(actor, registry.get(plan.type))
        masked = [name for name in plan.key if isinstance(seen.fields.get(name), Masked)]
        if masked:
            raise MappingProblem(
                f"{plan.path}.key",
                _("“%(field)s” is masked for you: no records are found by it.")
                % {"field": seen.fields[masked[0]].label},
            )
        for item in plan.fields:
            if item.name not in seen.editable_fields:
                raise MappingProblem(
                    item.path,
                    _("There is no such field to write. Possible are: %(names)s.")
                    % {"names": ", ".join(seen.editable_fields)},
                )


def request_of(import_run: ImportRun) -> str:
    """The request id under which history keeps what a run changed."""
    return f"import-{import_run.key.hex}"


def locale_of(actor: Actor) -> Locale:
    return Locale(actor.language, ZoneInfo(actor.time_zone))


def options_of(mapping: Mapping) -> SourceOptions:
    return mapping.source


class _Work:
    """One go at a run, from its stored position to the end."""

    def __init__(self, run_id: int, actor: Actor, progress: Report | None, *, exact: bool = False) -> None:
        # Rows that repeat one of an earlier chunk are counted where somebody waits for just these numbers.
        self.exact = exact
        self.run = ImportRun.objects.get(pk=run_id)
        # History then tells which changes are this run's, so that they can be taken back.
        self.actor = replace(actor, request_id=request_of(self.run))
        self.progress = progress
        self.makes_new = False

    def to_the_end(self) -> ImportRun:
        run = self.run
        if run.state in (ImportState.FINISHED, ImportState.CANCELLED, ImportState.PAUSED):
            return run
        try:
            mapping = read_mapping(run.mapping, name=run.mapping_name)
            require_permission(mapping, self.actor)
            with open_table(Path(run.path), options_of(mapping)) as table:
                compiled = compile_mapping(mapping, table.header, locale_of(self.actor))
                self._start()
                self._work_through(table, compiled)
            if self.run.state == ImportState.FINISHED:
                # On the page somebody saw what was left out; on the command line nobody did.
                remember(mapping, table.header if self.run.stored else ())
        except ImportProblem as problem:
            self._fail(str(problem))
            raise
        except (OperationalError, InterfaceError, RunBusy):
            raise
        except Exception as error:
            log.exception("import_failed", run=run.pk)
            self._fail(
                str(_("The import stopped by an error of the program: %(why)s") % {"why": repr(error)[:500]})
            )
            raise
        return self.run

    def _start(self) -> None:
        run = self.run
        run.state = ImportState.RUNNING
        run.message = ""
        run.started_at = run.started_at or timezone.now()
        run.finished_at = None
        run.save(update_fields=["state", "message", "started_at", "finished_at"])

    def _fail(self, message: str) -> None:
        if connection.in_atomic_block and connection.needs_rollback:
            return
        ImportRun.objects.filter(pk=self.run.pk).update(
            state=ImportState.FAILED, message=message.replace("\0", "\ufffd"), finished_at=timezone.now()
        )
        self.run.refresh_from_db()

    def _work_through(self, table: Table, compiled: CompiledMapping) -> None:
        run = self.run
        rows = iter(table)
        if run.position:
            skipped = next((row for row in rows if row.number >= run.position), None)
            log.info("import_resumed", run=run.pk, position=run.position, found=skipped is not None)
        began = time.monotonic()
        with chunks_ahead(table, rows, compiled, run.chunk_rows, makes_new=lambda: self.makes_new) as chunks:
            for chunk in chunks:
                stopped = self._chunk(chunk, compiled, began)
                began = time.monotonic()
                if not connection.in_atomic_block:
                    analyze_grown_tables()
                if self.progress:
                    self.progress(_progress(self.run))
                if stopped:
                    return

    def _chunk(self, chunk: Prepared, compiled: CompiledMapping, began: float) -> bool:
        """One chunk with its counters in one transaction. True when the run was cancelled or paused instead."""
        run = self.run
        before = run.position
        with transaction.atomic():
            locked = ImportRun.objects.select_for_update().get(pk=run.pk)
            if locked.position != before or locked.state != ImportState.RUNNING:
                raise RunBusy(_("This file is being imported already."))
            if locked.cancel_requested:
                self._end(locked, ImportState.CANCELLED)
                self.run = locked
                return True
            if locked.pause_requested:
                locked.state = ImportState.PAUSED
                locked.pause_requested = False
                locked.save(update_fields=["state", "pause_requested"])
                self.run = locked
                return True
            if not (chunk.is_last or chunk.error):
                _commit_without_waiting()
            result, turned_away = process(locked, chunk, compiled, self.actor, exact=self.exact)
            if not self.exact:
                _check_references()
            ImportReject.objects.bulk_create(turned_away, batch_size=1_000)
            if result.created_ids or result.updated_ids:
                ImportChunk.objects.create(
                    run=locked,
                    position=chunk.rows[-1].number,
                    created={name: ranges(ids) for name, ids in result.created_ids.items()},
                    updated=result.updated_ids,
                )
            self.makes_new = 2 * result.created.total() > len(chunk.rows)
            rejected = len(turned_away)
            imported = len(result.changing)
            locked.repeats = repeats.merged(
                locked.repeats, result.repeats, is_whole=chunk.is_last and not locked.rows
            )
            locked.rows += len(chunk.rows)
            locked.rejected += rejected
            locked.imported += imported
            locked.unchanged += len(chunk.rows) - rejected - imported
            locked.created = _sum(locked.created, result.created)
            locked.updated = _sum(locked.updated, result.updated)
            locked.position = chunk.rows[-1].number if chunk.rows else before
            locked.bytes_done = chunk.bytes_read
            locked.advanced_at = timezone.now()
            locked.seconds += time.monotonic() - began
            if chunk.is_last:
                self._end(locked, ImportState.FINISHED)
                announce(ImportFinished(run_id=run.pk), actor=self.actor)
            locked.save()
        self.run = locked
        return False

    def _end(self, locked: ImportRun, state: ImportState) -> None:
        locked.state = state
        locked.finished_at = timezone.now()
        if state == ImportState.FINISHED:
            locked.bytes_done = locked.size
        counters.forget(locked)
        locked.save()


def process(
    import_run: ImportRun, chunk: Prepared, compiled: CompiledMapping, actor: Actor, *, exact: bool = False
) -> tuple[ChunkResult, list[ImportReject]]:
    """Write the rows of one chunk, in the caller's transaction. Returns what became of them, and the rejects unsaved.

    Args:
        exact: count rows that repeat those of earlier chunks also where the mapping does not ask for it.
    """
    readable, problems = chunk.readable, chunk.problems
    ordinals = _ordinals(import_run, readable, compiled, problems)
    if problems:
        readable = [item for item in readable if item[0] not in problems]
    seen = repeats.Repeats(import_run, compiled, [row.number for row in chunk.rows], exact=exact)
    result = (
        write_chunk(compiled, readable, ordinals, actor, seen, folded=chunk.folded)
        if readable
        else ChunkResult()
    )
    problems.update(result.problems)
    seen.close(problems)
    result.repeats = seen.told
    turned_away = [
        rejects.make_reject(
            import_run, chunk.rows[index].number, chunk.rows[index].cells, problem, ordinals.get(index, ())
        )
        for index, problem in sorted(problems.items())
    ]
    return result, turned_away


def _ordinals(
    import_run: ImportRun,
    readable: Sequence[tuple[int, Sequence[str]]],
    compiled: CompiledMapping,
    problems: dict[int, Problem],
) -> dict[int, tuple[int, ...]]:
    """The ordinals of each row. Rows that go on to be rejected count as well: their place in the document is theirs."""
    if not compiled.counted or not readable:
        return {}
    slots: list[list[int]] = []
    for slot, text in enumerate(compiled.counted):
        given = compiled.given_ordinals[slot]
        if given is not None:
            numbers = []
            for index, cells in readable:
                try:
                    numbers.append(counters.given_ordinal(cells[given], ordinal_columns(slot + 1)[slot]))
                except CellProblem as problem:
                    problems.setdefault(index, problem.problem())
                    numbers.append(0)
            slots.append(numbers)
            continue
        texts = []
        for index, cells in readable:
            try:
                texts.append(text(cells))
            except CellProblem as problem:
                problems.setdefault(index, problem.problem())
                texts.append("")
        slots.append(counters.ordinals(import_run, slot, texts))
    return {
        index: numbers for (index, _cells), numbers in zip(readable, zip(*slots, strict=True), strict=True)
    }


def _commit_without_waiting() -> None:
    """Let this transaction's commit not wait until it is on the disk; the next that waits brings it there too.

    Nothing is torn: what a crash of PostgreSQL within that half second takes back are whole chunks, together with the run's
    position, and the run goes on from there. Worth a twentieth of the time. Nobody is told of what may be taken back: the
    claim of a delivery is a commit that waits, and by that has all earlier ones on the disk.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _check_references() -> None:
    """Have foreign keys looked at now instead of at the commit, which the reading thread would stand still for."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _sum(before: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: before.get(name, 0) + more.get(name, 0) for name in {**before, **more}}


def _progress(import_run: ImportRun) -> Progress:
    return Progress(
        import_run.rows,
        import_run.imported,
        import_run.unchanged,
        import_run.rejected,
        import_run.seconds,
        import_run.share_done,
    )
