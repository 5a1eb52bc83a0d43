"""Cells pasted from a spreadsheet, brought in by the import engine: a run like any other, with rejects and undo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records.importing import engine, runs, storage
from dangol.records.importing.choices import Choices, Part, fitted, run_choose, unfinished
from dangol.records.importing.columns import guessed, guessed_part
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.guessing import Question
from dangol.records.importing.mapping import read_mapping
from dangol.records.importing.readers import SourceDescription, SourceOptions, describe
from dangol.records.models import ImportRun, ImportState
from dangol.records.types import RecordType

MOST_ROWS = 5_000
AT_ONCE = 200
"""So many rows at most go in while the page waits."""


def options(*, header: bool | None) -> SourceOptions:
    """How cells from a spreadsheet's clipboard are read: UTF-8, tabs; whether a header stands above is found, unless said."""
    return SourceOptions(
        format="delimited",
        encoding="utf-8",
        delimiter="\t",
        header=None if header is None else int(header),
    )


def paste_create(
    *, text: str, record_type: RecordType, actor: Actor, header: bool | None = None
) -> ImportRun:
    """Keep what was pasted as a draft of an import, with the columns guessed.

    Raises:
        ImportProblem: there is nothing, or too much, or the actor may not import such records.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines.strip():
        raise ImportProblem(_("Copy cells in the spreadsheet and paste them here."))
    if lines.count("\n") > MOST_ROWS:
        raise ImportProblem(
            _("At most %(limit)s rows can be pasted. Save the sheet as a file and import it.")
            % {"limit": f"{MOST_ROWS:,}"}
        )
    path: Path | None = None
    try:
        path, size, sha256 = storage.keep_upload([f"{lines}\n".encode("utf-8", "replace")])
        description = describe(path, options(header=header))
        with transaction.atomic():
            run = runs.run_create(
                actor=actor,
                path=path,
                mapping=unfinished(record_type),
                size=size,
                sha256=sha256,
                file_name=_("Pasted %(moment)s") % {"moment": f"{timezone.localtime():%Y-%m-%d %H.%M}"},
                stored=True,
                state=ImportState.DRAFT,
            )
            run.record_types = [record_type.name]
            run.choices = {"pasted": True}
            run.save(update_fields=["record_types", "choices"])
            choose(run, guessed_part(record_type, description, actor), description, actor, header=header)
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
    return run


def choose(
    run: ImportRun, part: Part, description: SourceDescription, actor: Actor, *, header: bool | None
) -> None:
    """Settle where the columns go; nothing is settled while none goes anywhere. Raises ImportProblem."""
    choices = fitted(Choices(options(header=header), (part,)), description.header)
    if not choices.parts[0].columns:
        ImportRun.objects.filter(pk=run.pk).update(choices={**choices.to_json(), "pasted": True})
        return
    run_choose(run=run, choices=choices, source=description.options, actor=actor)
    ImportRun.objects.filter(pk=run.pk).update(choices={**choices.to_json(), "pasted": True})
    run.refresh_from_db()


def questions(
    record_type: RecordType, description: SourceDescription, part: Part, actor: Actor
) -> list[Question]:
    """What the values leave open, of columns that are used and have not been answered for: is 03/04 in March or in April?"""
    answered = {use.column for use in part.columns if use.order or use.mark}
    used = {use.column for use in part.columns}
    return [
        question
        for question in guessed(record_type, description, actor).questions
        if question.column in used and question.column not in answered
    ]


def paste_start(*, run: ImportRun, actor: Actor, rows: int) -> ImportRun:
    """Bring the cells in: at once when they are few, else in the background. Raises ImportProblem."""
    if rows > AT_ONCE:
        runs.run_start(run=run, actor=actor)
        return run
    engine.require_permission(read_mapping(run.mapping, name=run.mapping_name), actor)
    started = ImportRun.objects.filter(pk=run.pk, state=ImportState.DRAFT).update(state=ImportState.WAITING)
    run.refresh_from_db()
    return engine.run(run, actor) if started else run


def with_key(part: Part, key: str, *, existing: str, missing: str) -> Part:
    """The part known by another key, and what becomes of records that are there, and of those that are not."""
    return replace(
        part, key=key, existing=existing if key else "update", missing=missing if key else "create"
    )
