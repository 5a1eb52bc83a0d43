"""GET …/export: a whole list as a file."""

from __future__ import annotations

from typing import cast
from urllib.parse import unquote

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse

from dangol.identity.actors import Actor
from dangol.records import openapi
from dangol.records.exporting import making, runs
from dangol.records.exporting.asking import Asked, ask
from dangol.records.exporting.errors import ExportProblem
from dangol.records.exporting.views import as_download
from dangol.records.rest import showing
from dangol.records.rest.endpoints import parameters, type_at
from dangol.records.rest.problems import Problem, parameter_problem
from dangol.records.rest.reading import filter_of, sort_of

ORIGIN = "api"


def export(request: HttpRequest, actor: Actor, path: str) -> HttpResponse:
    """`GET /api/v1/{records}/export`. JSON lines and CSV in UTF-8 are sent while they are read, whatever their length.

    Other files are made first. A file in CP949 that would lose characters is refused with 422: a program has nobody to
    tell.
    """
    type_at(path, actor)
    record_type = type_at(path, actor, "export")
    given = parameters(request, *openapi.EXPORT_PARAMETERS)
    reason = given.get("reason") or unquote(request.headers.get("Export-Reason", ""), errors="replace")
    try:
        asked = ask(
            actor=actor,
            record_type=record_type,
            tree=filter_of(given.get("filter", ""), record_type, actor),
            sort=sort_of(given.get("sort")) or (),
            columns=showing.names_in(
                given.get("fields"), record_type, (record_type.title, *record_type.list_fields), actor=actor
            ),
            format_name=given.get("format", "jsonl"),
            encoding=given.get("encoding", ""),
            reason=reason,
        )
    except ExportProblem as problem:
        raise parameter_problem(problem.parameter, str(problem.message), problem.code) from None
    if request.method == "HEAD":
        return HttpResponse(content_type=asked.content_type)
    return cast(HttpResponse, _sent(asked))


def _sent(asked: Asked) -> StreamingHttpResponse:
    run = runs.run_create(asked, origin=ORIGIN)
    if asked.streams:
        response = StreamingHttpResponse(making.stream(run, asked), content_type=asked.content_type)
        as_download(response, run.file_name)
        return response
    try:
        path = making.make(run, asked, keep=False, lossless=True)
    except ExportProblem as problem:
        error = {"field": problem.parameter, "code": problem.code, "message": str(problem.message)}
        raise Problem(422, problem.code, str(problem.message), errors=[error]) from None
    opened = path.open("rb")
    path.unlink()
    response = FileResponse(opened, content_type=asked.content_type)
    as_download(response, run.file_name)
    return response
