"""One look at a source: what is new there is imported, what has been imported is put away.

A look never waits for an import. It makes runs and goes; the next look sees what became of them. Whatever dies in
between – the worker, the server, the line – the next look finds in the database what has been done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from unicodedata import normalize

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation

from dangol.events.selectors import job_is_there
from dangol.identity.actors import Actor
from dangol.outbound.errors import OutboundProblem
from dangol.records.importing import runs
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.holding import held
from dangol.records.importing.mapping import Mapping
from dangol.records.importing.scheduling import services
from dangol.records.importing.scheduling.sources import Brought, Found, HostKeyUnknown, Source, open_source
from dangol.records.models import (
    FileState,
    ImportRun,
    ImportSchedule,
    ImportScheduleFile,
    ImportState,
    ScheduleAfter,
    ScheduleResult,
    UndoState,
)
from dangol.records.models.imports import OPEN_STATES

log = structlog.get_logger(__name__)

AGAIN = timedelta(minutes=1)
BETWEEN_LOOKS = timedelta(seconds=30)
"""How far apart two looks must be for a file that is the same in both to count as complete."""
AT_A_TIME = 100
UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart", ".swp")
_LOCK = 0x44474D << 40


@dataclass
class Looked:
    """What came of a look. `why` says what is wrong; `growing` are files that may still be written to; idle: there was
    nothing left open to look at."""

    taken: int = 0
    known: int = 0
    growing: int = 0
    busy: bool = False
    idle: bool = False
    why: str = ""

    @property
    def result(self) -> ScheduleResult:
        if self.why:
            return ScheduleResult.FAILED
        if self.busy:
            return ScheduleResult.BUSY
        return ScheduleResult.TAKEN if self.taken else ScheduleResult.NOTHING


def look(schedule: ImportSchedule, *, fresh: bool = True, now: datetime | None = None) -> Looked:
    """Look once, and note what came of it on the schedule.

    Args:
        fresh: a turn of the rule, or asked for. Otherwise only what earlier looks left open is dealt with.

    Raises:
        RunBusy: another process is looking just now.
    """
    now = now or timezone.now()
    with translation.override(schedule.acts_as.language), held(_LOCK | schedule.pk, _busy()):
        looked = Looked()
        try:
            _Look(schedule, fresh, now, looked).go()
        except (ImportProblem, OutboundProblem) as problem:
            if isinstance(problem, HostKeyUnknown):
                services.key_offered(schedule=schedule, key=problem.key)
            looked.why = str(problem)
        except Exception as error:
            services.look_failed(schedule=schedule, why=type(error).__name__)
            raise
        if looked.why:
            log.warning("import_schedule_failed", schedule=schedule.pk)
            services.look_failed(schedule=schedule, why=looked.why)
            return looked
        if looked.idle:
            return looked
        left_open = looked.busy or looked.growing or looked.taken
        failing = schedule.files.filter(state=FileState.FAILED).exists()
        services.look_noted(
            schedule=schedule,
            result=looked.result,
            files=looked.taken,
            again_in=AGAIN if left_open else None,
            clean=not left_open and not failing,
        )
        return looked


def _busy() -> str:
    return translation.gettext("This schedule is being worked on already.")


def is_wanted(name: str, pattern: str) -> bool:
    """Whether a file of that name is meant. Hidden and half-written files never are; letters of any case fit."""
    folded = normalize("NFC", name).casefold()
    if folded.startswith((".", "~$")) or folded.endswith(UNFINISHED):
        return False
    wanted = [part.strip() for part in normalize("NFC", pattern).casefold().split(",") if part.strip()]
    return any(fnmatchcase(folded, part) for part in wanted or ["*"])


def _goes_on(run: ImportRun | None) -> bool:
    return run is not None and (run.is_active or run.state == ImportState.PAUSED)


def _stays(run: ImportRun) -> bool:
    """Whether what the file holds is in: the import came to its end, and nobody has taken it back."""
    return run.state == ImportState.FINISHED and run.undo == UndoState.NONE


class _Look:
    def __init__(self, schedule: ImportSchedule, fresh: bool, now: datetime, looked: Looked) -> None:
        self.schedule = schedule
        self.fresh = fresh
        self.now = now
        self.looked = looked

    def go(self) -> None:
        mapping = services.mapping_of(self.schedule)
        actor = services.acting(self.schedule, mapping)
        rows = {row.name: row for row in self.schedule.files.select_related("run")}
        open_rows = [row for row in rows.values() if row.state in (FileState.SEEN, FileState.TAKEN)]
        if not self.fresh and not open_rows:
            self.looked.idle = True
            return
        going_on = [row.run for row in open_rows if row.state == FileState.TAKEN and _goes_on(row.run)]
        if going_on:
            self.looked.busy = True
            self._revive([run for run in going_on if run is not None and run.is_active])
            return
        with open_source(self.schedule, services.secret_of(self.schedule)) as source:
            self._close(source, rows)
            self._take_all(source, rows, mapping, actor)

    def _revive(self, active: list[ImportRun]) -> None:
        """Put imports back on the queue whose job has failed, as when the database stayed away for minutes."""
        for run in active:
            if not job_is_there(runs.RUN_TASK, run_id=run.pk):
                with transaction.atomic():
                    runs.enqueue(run, after=self._one_by_one)

    @property
    def _one_by_one(self) -> str:
        return f"{runs.RUN_TASK}:schedule:{self.schedule.pk}"

    def _close(self, source: Source, rows: dict[str, ImportScheduleFile]) -> None:
        """See what became of the files that were taken."""
        for row in [row for row in rows.values() if row.state == FileState.TAKEN]:
            if row.run is not None and row.run.state == ImportState.FAILED:
                self._set(row, FileState.FAILED)
                self._complain(row.name, row.run.message)
                continue
            try:
                if row.run is not None and _stays(row.run):
                    self._put_away(source, row)
            except (ImportProblem, OutboundProblem) as problem:
                self._complain(row.name, str(problem))  # tried again at the next look
                continue
            self._set(row, FileState.DONE)

    def _complain(self, name: str, why: str) -> None:
        """One bad file does not keep the others out; the first that is wrong is told."""
        self.looked.why = self.looked.why or f"{name}: {why}"

    def _put_away(self, source: Source, row: ImportScheduleFile) -> None:
        after = ScheduleAfter(self.schedule.after)
        if after != ScheduleAfter.KEEP and not source.put_away(
            Found(row.name, row.size, row.modified), after
        ):
            # Somebody has put another file of that name there: it is seen as new below.
            log.info("import_file_changed_meanwhile", schedule=self.schedule.pk)

    def _set(self, row: ImportScheduleFile, state: FileState) -> None:
        row.state = state
        row.save(update_fields=["state"])

    def _take_all(
        self, source: Source, rows: dict[str, ImportScheduleFile], mapping: Mapping, actor: Actor
    ) -> None:
        there = [file for file in source.found() if is_wanted(file.name, self.schedule.pattern)]
        gone = set(rows) - {file.name for file in there}
        self.schedule.files.filter(name__in=gone).exclude(state=FileState.TAKEN).delete()
        for file in sorted(there, key=lambda one: (one.modified or 0, one.name)):
            row = self._looked_at(source, file, rows.get(file.name))
            if row is None:
                continue
            if self.looked.taken >= AT_A_TIME:
                self.looked.growing += 1  # more than one look may take: the rest comes with the next
                continue
            try:
                self._take(source, file, row, mapping, actor)
            except (ImportProblem, OutboundProblem) as problem:
                self._complain(file.name, str(problem))

    def _looked_at(
        self, source: Source, file: Found, row: ImportScheduleFile | None
    ) -> ImportScheduleFile | None:
        """Remember how the file is now. Returns its row when it is to be taken."""
        if row is None:
            if not self.fresh:
                return None  # it came after the turn
            row = ImportScheduleFile(schedule=self.schedule, name=file.name, seen_at=self.now)
        elif source.asks_again:
            return row if self.fresh or row.state == FileState.SEEN else None
        elif (row.size, row.modified) == (file.size, file.modified):
            if row.state == FileState.TAKEN:
                return None  # it is in, but could not be put away
            if row.state == FileState.DONE or (row.state == FileState.FAILED and not self.fresh):
                return None
            long_enough = self.now - row.seen_at >= BETWEEN_LOOKS or self._is_calm(source, file)
            if row.state == FileState.FAILED or long_enough:
                return row
            self.looked.growing += 1
            return None
        elif row.state == FileState.DONE and not self.fresh:
            return None
        row.size, row.modified, row.seen_at, row.state, row.run = (
            file.size, file.modified, self.now, FileState.SEEN, None,
        )  # fmt: skip
        row.save()
        if source.asks_again or self._is_calm(source, file):
            return row
        self.looked.growing += 1
        return None

    def _is_calm(self, source: Source, file: Found) -> bool:
        """Whether it has not been written to for so long that nobody is writing any more."""
        if file.modified is None:
            return False
        return self.now.timestamp() - file.modified / 1e9 >= source.calm_after

    def _take(
        self, source: Source, file: Found, row: ImportScheduleFile, mapping: Mapping, actor: Actor
    ) -> None:
        tags = row.tags if row.state == FileState.DONE else {}
        brought = source.bring(file, tags)
        if brought is None:
            self.looked.known += 1
            return
        if file.size is not None and brought.size != file.size:
            brought.path.unlink()
            row.seen_at = self.now
            row.size = brought.size
            row.save(update_fields=["seen_at", "size"])
            self.looked.growing += 1
            return
        try:
            kept = self._enter(source, row, brought, mapping, actor)
        except BaseException:
            brought.path.unlink(missing_ok=True)
            raise
        if not kept:
            brought.path.unlink(missing_ok=True)

    def _enter(
        self, source: Source, row: ImportScheduleFile, brought: Brought, mapping: Mapping, actor: Actor
    ) -> bool:
        """Make a run of the content, or find the one that there is. False when the copy is not needed."""
        same = ImportRun.objects.filter(fingerprint=runs.fingerprint(brought.sha256, mapping.data)).order_by(
            "-id"
        )
        ended = same.filter(
            Q(state=ImportState.FINISHED) | Q(state=ImportState.CANCELLED, schedule=self.schedule)
        ).first()
        if ended is not None:
            self.looked.known += 1
            row.tags = dict(brought.tags)
            row.run = ended
            if _stays(ended):
                self._put_away(source, row)
            row.state = FileState.DONE
            row.save()
            return False
        stuck = same.filter(schedule=self.schedule, owner_id=actor.user_id, state__in=OPEN_STATES).first()
        if stuck is not None and not Path(stuck.path).exists():
            stuck = None
        with transaction.atomic():
            run = stuck or runs.run_create(
                actor=actor,
                path=brought.path,
                mapping=mapping,
                size=brought.size,
                sha256=brought.sha256,
                file_name=row.name,
                stored=True,
                schedule_id=self.schedule.pk,
            )
            if stuck is None:
                runs.enqueue(run, after=self._one_by_one)
            elif stuck.state == ImportState.FAILED:
                runs.run_start(run=stuck, actor=actor, after=self._one_by_one)
            row.run, row.state, row.tags = run, FileState.TAKEN, dict(brought.tags)
            row.save()
        self.looked.taken += 1
        return stuck is None


@dataclass(frozen=True)
class Trial:
    """What a look would do. `files` with whether each would be taken; `offered` a key that nobody has confirmed."""

    files: list[tuple[Found, bool]]
    why: str = ""
    offered: str = ""


def try_out(schedule: ImportSchedule) -> Trial:
    """Open the source, see what is there, and change nothing."""
    try:
        mapping = services.mapping_of(schedule)
        services.acting(schedule, mapping)
        with open_source(schedule, services.secret_of(schedule)) as source:
            looked_at: Callable[[], Found] | None = getattr(source, "looked_at", None)
            there = [looked_at()] if looked_at else source.found()
    except HostKeyUnknown as problem:
        services.key_offered(schedule=schedule, key=problem.key)
        return Trial([], str(problem), problem.key)
    except (ImportProblem, OutboundProblem) as problem:
        return Trial([], str(problem))
    done = (
        {(row.name, row.size, row.modified) for row in schedule.files.filter(state=FileState.DONE)}
        if schedule.source != "http"
        else set()
    )
    wanted = [file for file in there if is_wanted(file.name, schedule.pattern)]
    wanted.sort(key=lambda one: (one.modified or 0, one.name))
    return Trial([(file, (file.name, file.size, file.modified) not in done) for file in wanted])
