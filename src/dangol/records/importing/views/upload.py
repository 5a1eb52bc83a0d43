"""A new import: the file comes, and what it holds is guessed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import runs, storage
from dangol.records.importing.choices import Choices, choices_from_json, is_unfinished, run_choose, unfinished
from dangol.records.importing.errors import ImportProblem, SourceProblem
from dangol.records.importing.forms import AUTOMATIC, UploadForm
from dangol.records.importing.guessing import likely_types
from dangol.records.importing.mapping import read_mapping
from dangol.records.importing.readers import SourceDescription, SourceOptions, describe
from dangol.records.importing.views.access import MENU_KEY, actor_of, address_of
from dangol.records.models import ImportRun, ImportState
from dangol.records.types import RecordType


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take a file, and lead on to its columns – or to its preview, where the mapping is known already."""
    actor = actor_of(request)
    like = _like(request, actor)
    if request.method == "GET":
        asked = {"record_type": request.GET.get("type", ""), "mapping": request.GET.get("mapping", "auto")}
        return _page(request, UploadForm(actor=actor, initial=asked), like)
    form = UploadForm(request.POST, request.FILES, actor=actor)
    if not form.is_valid():
        return _page(request, form, like, status=422)
    path: Path | None = None
    try:
        path, size, sha256 = storage.keep_upload(form.cleaned_data["file"].chunks())
        with transaction.atomic():
            run = _made(form, actor, like, path, size, sha256)
    except ImportProblem as problem:
        if path is not None:
            path.unlink(missing_ok=True)
        form.add_error("file", str(problem))
        return _page(request, form, like, status=422)
    if is_unfinished(run):
        return redirect(reverse("imports:mapping", args=[run.key]))
    return redirect(address_of(run))


def _like(request: HttpRequest, actor: Actor) -> ImportRun | None:
    """The run whose mapping is to be used again, as the link on its result says."""
    try:
        key = uuid.UUID(request.GET.get("like", ""))
    except ValueError:
        return None
    return runs.runs_visible_to(actor).filter(key=key).first()


def _made(
    form: UploadForm, actor: Actor, like: ImportRun | None, path: Path, size: int, sha256: str
) -> ImportRun:
    description = describe(path)
    given, choices = form.given, form.choices
    if like is not None:
        # A corrected file is another file: it is read as it is, not as the first one was.
        given = read_mapping({name: part for name, part in like.mapping.items() if name != "source"})
        earlier = choices_from_json(like.choices)
        choices = replace(earlier, source=SourceOptions()) if earlier else None
    mapping = given or unfinished(_type_of(form, description, actor))
    run = runs.run_create(
        actor=actor,
        path=path,
        mapping=mapping,
        size=size,
        sha256=sha256,
        file_name=form.cleaned_data["file"].name or "",
        stored=True,
        state=ImportState.DRAFT,
    )
    if given is None:
        run.record_types = [record["type"] for record in mapping.data["records"]]
        run.save(update_fields=["record_types"])
    if choices is not None:
        _choose_again(run, choices, actor)
    return run


def _choose_again(run: ImportRun, choices: Choices, actor: Actor) -> None:
    """Carry earlier choices over to this file. Columns that it does not have are told by the preview."""
    path = Path(run.path)
    try:
        description = describe(path, choices.source)
    except SourceProblem:
        choices = replace(choices, source=SourceOptions())
        description = describe(path)
    if any(use.column not in description.header for part in choices.parts for use in part.columns):
        return
    run_choose(run=run, choices=choices, source=description.options, actor=actor)


def _type_of(form: UploadForm, description: SourceDescription, actor: Actor) -> RecordType:
    """The record type that was said, or the one that the columns look like most."""
    if said := form.cleaned_data["record_type"]:
        return registry.get(said)
    types = runs.importable_types(actor)
    sample = [row.cells for row in description.sample if row.problem is None]
    likely = likely_types(description.header, sample, types)
    return likely[0][0] if likely else types[0]


def _page(request: HttpRequest, form: UploadForm, like: ImportRun | None, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "like": like,
        "open_mapping": form["mapping"].value() not in (None, "", AUTOMATIC),
        "menu_key": MENU_KEY,
        "limit": filesizeformat(storage.largest_upload()),
    }
    return render(request, "records/importing/new.html", context, status=status)
