"""Working a bulk job off: chunk by chunk, each with its counters and results in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import structlog
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, actor_for
from dangol.integrations.bulk import storage
from dangol.integrations.bulk.storage import BrokenBody
from dangol.integrations.models import BulkJob, JobState, Operation
from dangol.records import fieldrules, permissions, registry, writing
from dangol.records.types import RecordType
from dangol.records.writing import Change, RowError, WriteError, locks

log = structlog.get_logger(__name__)

CHUNK = 1_000
ORIGIN = "api"
ACTIONS = {
    Operation.CREATE: ("create",),
    Operation.UPDATE: ("edit",),
    Operation.UPSERT: ("create", "edit"),
    Operation.DELETE: ("delete",),
}
Values = dict[str, Any]


@dataclass(slots=True)
class Line:
    """One line and what became of it."""

    number: int
    values: Values = field(default_factory=dict)
    status: str = ""
    id: int | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, name: str, code: str, message: str) -> None:
        """It does not go in, and why."""
        self.status = "failed"
        self.errors.append({"field": name, "code": code, "message": message})

    def written(self) -> bytes:
        """As the results file has it."""
        told: Values = {"line": self.number, "status": self.status}
        if self.id is not None:
            told["id"] = self.id
        if self.errors:
            told["errors"] = self.errors
        return orjson.dumps(told) + b"\n"


def run(job: BulkJob) -> None:
    """Work a job off from where it stands. A job whose worker died goes on with the line behind its last chunk."""
    BulkJob.objects.filter(pk=job.pk, state=JobState.WAITING).update(
        state=JobState.RUNNING, started_at=timezone.now()
    )
    job.refresh_from_db()
    if job.state != JobState.RUNNING:
        return
    if job.token is not None and not job.token.is_usable(timezone.now()):
        _end(job, JobState.FAILED, _("The key of this job was revoked or has expired."))
        return
    if not job.owner.is_active:
        _end(job, JobState.FAILED, _("This user is deactivated."))
        return
    actor = actor_for(job.owner, request_id=f"bulk-{job.key}", token=job.token)
    with translation.override(actor.language):
        kind = registry.find(job.record_type)
        if kind is None or not all(
            permissions.allowed(actor, kind, one) for one in ACTIONS[Operation(job.operation)]
        ):
            _end(job, JobState.FAILED, _("Your roles do not allow this."))
            return
        source = (
            item for item in storage.lines(Path(job.path), gzipped=job.gzipped) if item[0] > job.position
        )
        try:
            while chunk := list(islice(source, CHUNK)):
                if not _chunk(job, kind, actor, chunk):
                    return
        except (BrokenBody, OSError) as error:
            _end(job, JobState.FAILED, str(error))
            return
        except Exception:
            # The fault is ours; the job must not look as if it were going on, and the queue shows the error.
            _end(job, JobState.FAILED, _("Stopped by an error"))
            raise
        _end(job, JobState.FINISHED)


def _end(job: BulkJob, state: str, message: str = "") -> None:
    BulkJob.objects.filter(pk=job.pk).update(state=state, message=message, finished_at=timezone.now())
    job.refresh_from_db()


def _chunk(job: BulkJob, kind: RecordType, actor: Actor, chunk: Sequence[tuple[int, bytes | None]]) -> bool:
    """Deal with a chunk; False when the job is cancelled, or another worker is at it."""
    with transaction.atomic():
        locked = BulkJob.objects.select_for_update().get(pk=job.pk)
        if locked.state != JobState.RUNNING or locked.position != job.position:
            log.info("bulk_job_busy", job=job.pk)
            return False
        if locked.cancel_requested:
            locked.state, locked.finished_at = JobState.CANCELLED, timezone.now()
            locked.save(update_fields=["state", "finished_at"])
            return False
        lines = [_read(number, raw) for number, raw in chunk]
        _deal(kind, locked, actor, [line for line in lines if not line.status])
        results = b"".join(line.written() for line in lines)
        with storage.results_path(locked.key).open("ab") as target:
            target.truncate(locked.results_bytes)  # what a killed worker wrote and did not commit
            target.seek(locked.results_bytes)
            target.write(results)
        for line in lines:
            setattr(locked, line.status, getattr(locked, line.status) + 1)
        locked.rows += len(lines)
        locked.position = chunk[-1][0]
        locked.results_bytes += len(results)
        locked.save()
    job.position = locked.position
    return True


def _read(number: int, raw: bytes | None) -> Line:
    line = Line(number)
    if raw is None:
        line.refuse("", "too_long", _("The line is too long."))
        return line
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        line.refuse("", "json", f"{_('The line is not a complete JSON object.')} ({error})")
        return line
    if not isinstance(values, dict):
        line.refuse("", "json", _("The line is not a complete JSON object."))
    elif b"\\u0000" in raw or b"\0" in raw:
        line.refuse("", "character", _("A NUL character cannot be stored. Remove it."))
    else:
        line.values = values
    return line


def _deal(kind: RecordType, job: BulkJob, actor: Actor, lines: Sequence[Line]) -> None:
    if job.operation == Operation.DELETE:
        _delete(kind, actor, _identified(lines))
    elif job.operation == Operation.UPSERT:
        for part in _distinct(lines, job.by):
            _write(kind, actor, part, _known(kind, actor, part, job.by))
    elif job.operation == Operation.UPDATE:
        for part in _distinct(_identified(lines), "id"):
            _write(kind, actor, part, {line.number: line.values["id"] for line in part})
    else:
        for line in lines:
            if "id" in line.values:
                line.refuse("id", "id", _("A new record has no id yet."))
        _write(kind, actor, [line for line in lines if not line.status], {})


def _identified(lines: Sequence[Line]) -> list[Line]:
    for line in lines:
        number = line.values.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
            line.refuse("id", "required", _("Say which record: its id."))
    return [line for line in lines if not line.status]


def _distinct(lines: Sequence[Line], name: str) -> Iterator[list[Line]]:
    """The lines in order, cut where one names a record that an earlier one of the part names."""
    part: list[Line] = []
    seen: set[Any] = set()
    for line in lines:
        value = line.values.get(name)
        value = value if isinstance(value, str | int) else str(value)
        if value in seen:
            yield part
            part, seen = [], set()
        part.append(line)
        seen.add(value)
    if part:
        yield part


def _known(kind: RecordType, actor: Actor, lines: Sequence[Line], by: str) -> dict[int, int]:
    """The records that are there already, by the number of the line that names them. One query."""
    for line in lines:
        value = line.values.get(by)
        if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
            line.refuse(by, "required", _("Say which record: its %(field)s.") % {"field": by})
    named = {str(line.values[by]): line.number for line in lines if not line.status}
    column = kind.fields[by].column
    rows: Any = permissions.visible_to(actor, kind, "edit").filter(**{f"{column}__in": list(named)})
    return {named[str(value)]: pk for pk, value in rows.values_list("pk", column) if str(value) in named}


def _write(kind: RecordType, actor: Actor, lines: Sequence[Line], ids: dict[int, int]) -> None:
    going = [line for line in lines if not line.status]
    if not going:
        return
    changes = [_change(line, ids.get(line.number)) for line in going]
    try:
        with transaction.atomic():
            written = writing.write(kind, changes, actor=actor, collect=True, origin=ORIGIN)
    except WriteError as error:
        if len(going) == 1:
            for one in error.errors:
                _refuse(going[0], one)
            return
        # The database refused the part as a whole, for one of its lines: each for itself then.
        for line in going:
            _write(kind, actor, [line], ids)
        return
    for one in written.errors:
        _refuse(going[one.index], one)
    updated, unchanged = set(written.updated), set(written.unchanged)
    for line, number in zip(going, written.ids, strict=True):
        if line.status:
            continue
        line.id = number
        line.status = "updated" if number in updated else "unchanged" if number in unchanged else "created"


def _change(line: Line, number: int | None) -> Change:
    values = {name: value for name, value in line.values.items() if name not in ("id", "version")}
    version = line.values.get("version")
    is_version = isinstance(version, int) and not isinstance(version, bool) and 0 < version < 2**31
    return Change(values, id=number, version=version if number is not None and is_version else None)


def _refuse(line: Line, error: RowError) -> None:
    line.refuse(error.field, error.code, str(error.message))


def _delete(kind: RecordType, actor: Actor, lines: Sequence[Line]) -> None:
    ids = {line.values["id"] for line in lines}
    rows: Any = permissions.visible_to(actor, fieldrules.whole(kind), "delete").filter(pk__in=ids)
    mine = set(rows.values_list("pk", flat=True))
    locked = writing.delete_unlocked(kind, sorted(mine), actor=actor, origin=ORIGIN) if mine else {}
    for line in lines:
        line.id = line.values["id"]
        if line.id in locked:
            line.refuse("id", locks.CODE, str(locked[line.id]))
        elif line.id in mine:
            mine.remove(line.id)
            line.status = "deleted"
        else:
            line.refuse("id", "not_found", _("There is no such record, or you may not delete it."))
