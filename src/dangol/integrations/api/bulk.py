"""`POST /api/v1/bulk` and the jobs it starts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, cast

import orjson
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.integrations.bulk import engine, services, storage
from dangol.integrations.models import BulkJob, JobState, Operation
from dangol.records import permissions, registry
from dangol.records.rest.endpoints import json_response, limit_of, not_found, parameters
from dangol.records.rest.problems import Problem, parameter_problem
from dangol.records.types import RecordType

NDJSON = frozenset({"application/x-ndjson", "application/jsonl", "application/ndjson"})
BLOCK = 1 << 16


def start(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`POST /api/v1/bulk?type=&operation=&by=`: JSON lines, plain or gzip, worked off in the background.

    With an `Idempotency-Key` the same body sent again finds the job of the first time.
    """
    given = parameters(request, "type", "operation", "by")
    operation = _operation(given.get("operation", ""))
    kind = _type(given.get("type", ""), actor, operation)
    by = _by(given.get("by", ""), kind, operation)
    if (request.content_type or "").lower() not in NDJSON:
        text = _("Send JSON lines with the header “Content-Type: application/x-ndjson”.")
        raise Problem(415, "content_type", text, headers={"Accept": "application/x-ndjson"})
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise Problem(415, "encoding", _("Send it plain, or compressed with gzip."))
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 255 or not (key.isascii() and (key.isprintable() or not key)):
        raise parameter_problem("Idempotency-Key", _("A key has 1 to 255 printable ASCII characters."), "key")
    if actor.user_id is None:
        raise Problem(403, "forbidden", _("Your roles do not allow this."))
    path, size, sha256 = storage.keep(request)
    job = BulkJob(
        owner_id=actor.user_id,
        token=getattr(request, "token", None),
        record_type=kind.name,
        operation=operation,
        by=by,
        path=str(path),
        gzipped=encoding == "gzip",
        size=size,
        sha256=sha256,
        idempotency=key,
    )
    try:
        if not size:
            raise Problem(400, "empty", _("The body is empty. Send one JSON object a line."))
        services.job_start(job)
    except IntegrityError:
        path.unlink(missing_ok=True)
        return _known(actor, job)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return json_response(shown(job), status=202, headers={"Location": f"/api/v1/bulk/jobs/{job.key}"})


def _known(actor: Actor, job: BulkJob) -> HttpResponse:
    """The job that this key began, when it was for the same."""
    first = BulkJob.objects.get(owner_id=actor.user_id, idempotency=job.idempotency)
    said = ("sha256", "record_type", "operation", "by")
    if any(getattr(first, name) != getattr(job, name) for name in said):
        raise Problem(422, "key_reused", _("This key stood for another request. Make a new one."))
    headers = {"Location": f"/api/v1/bulk/jobs/{first.key}", "Idempotency-Replayed": "true"}
    return json_response(shown(first), status=202, headers=headers)


def index(request: HttpRequest, actor: Actor) -> HttpResponse:
    """`GET /api/v1/bulk/jobs`: one's own, newest first. One query."""
    limit = limit_of(parameters(request, "limit"), 50, 500)
    jobs = services.jobs_visible_to(actor).order_by("-pk")[:limit]
    return json_response({"items": [shown(job) for job in jobs]})


def detail(request: HttpRequest, actor: Actor, job_key: str) -> HttpResponse:
    """`GET /api/v1/bulk/jobs/{key}`. One query."""
    parameters(request)
    return json_response(shown(_found(actor, job_key)))


def cancel(request: HttpRequest, actor: Actor, job_key: str) -> HttpResponse:
    """`POST /api/v1/bulk/jobs/{key}/cancel`: stop after the lines that are being written."""
    parameters(request)
    job = _found(actor, job_key)
    kind = registry.find(job.record_type)
    if kind is not None:
        _require(actor, kind, Operation(job.operation))
    services.job_cancel(job=job)
    return json_response(shown(job), status=202)


def results(request: HttpRequest, actor: Actor, job_key: str) -> HttpResponse:
    """`GET /api/v1/bulk/jobs/{key}/results`: a line for each line, so far; with `only=failed` those that did not go in."""
    job = _found(actor, job_key)
    only = parameters(request, "only").get("only", "")
    if only not in ("", "failed"):
        raise parameter_problem("only", _("Choose one of: %(choices)s.") % {"choices": "failed"})
    response = StreamingHttpResponse(_results(job, only == "failed"), content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="{job.key}.ndjson"'
    response["Cache-Control"] = "private, no-store"
    return cast("HttpResponse", response)  # Django treats both alike; its types do not


def _results(job: BulkJob, failed_only: bool) -> Iterator[bytes]:
    path = storage.results_path(job.key)
    if not path.exists():
        return
    left = job.results_bytes
    with path.open("rb") as source:
        if failed_only:
            for line in source:
                left -= len(line)
                if left < 0:
                    return
                if orjson.loads(line)["status"] == "failed":
                    yield line
            return
        while left > 0 and (block := source.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def shown(job: BulkJob) -> dict[str, Any]:
    """A job as programs see it. No query."""
    return {
        "id": str(job.key),
        "type": job.record_type,
        "operation": job.operation,
        "by": job.by or None,
        "state": str(job.state),
        "rows": job.rows,
        "created": job.created,
        "updated": job.updated,
        "unchanged": job.unchanged,
        "deleted": job.deleted,
        "failed": job.failed,
        "message": job.message or None,
        "results": f"/api/v1/bulk/jobs/{job.key}/results",
        "is_over": job.state not in (JobState.WAITING, JobState.RUNNING),
    }


def _operation(text: str) -> Operation:
    if text not in Operation.values:
        choices = ", ".join(Operation.values)
        raise parameter_problem("operation", _("Choose one of: %(choices)s.") % {"choices": choices})
    return Operation(text)


def _type(name: str, actor: Actor, operation: Operation) -> RecordType:
    kind = registry.find(name) or registry.by_path(name)
    if kind is None:
        raise parameter_problem("type", _("There is no record type “%(name)s”.") % {"name": name[:40]})
    _require(actor, kind, operation)
    return kind


def _require(actor: Actor, kind: RecordType, operation: Operation) -> None:
    if not all(permissions.allowed(actor, kind, action) for action in engine.ACTIONS[operation]):
        text = _("Your roles do not allow this with %(records)s.") % {"records": kind.label_plural}
        raise Problem(403, "forbidden", text)


def _by(name: str, kind: RecordType, operation: Operation) -> str:
    """The field by which records are known: one of the type's keys that is a column of its own."""
    if operation != Operation.UPSERT:
        if name:
            raise parameter_problem("by", _("Only “upsert” knows records by a field."))
        return ""
    columns = kind.table.columns
    known = [one for one in kind.keys if one in columns and one in kind.fields and kind.fields[one].unique]
    if name not in known:
        raise parameter_problem("by", _("Choose one of: %(choices)s.") % {"choices": ", ".join(known) or "–"})
    return name


def _found(actor: Actor, job_key: str) -> BulkJob:
    try:
        number = uuid.UUID(job_key)
    except ValueError:
        raise not_found() from None
    found = services.jobs_visible_to(actor).filter(key=number).first()
    if found is None:
        raise not_found()
    return found
