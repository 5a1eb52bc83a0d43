"""The mapping page: which column goes where. Nothing is written until the choices are settled."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.records.importing import registry as mappings
from dangol.records.importing import runs
from dangol.records.importing.choices import (
    Choices,
    choices_from_json,
    fitted,
    is_unfinished,
    mapping_data,
    run_choose,
    run_write_out,
)
from dangol.records.importing.columns import (
    Block,
    blocks,
    guessed_part,
    settled,
    source_lines,
    written_part,
)
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.forms import MappingForm
from dangol.records.importing.mapping import read_mapping
from dangol.records.importing.readers import SourceDescription, SourceOptions
from dangol.records.importing.views.access import address_of, facts, run_of
from dangol.records.importing.views.posted import MOST_PARTS, described, posted
from dangol.records.models import ImportRun, ImportState
from dangol.records.types import RecordType


@require_http_methods(["GET", "POST"])
def mapping(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show the choices; every change comes back as POST and is shown again, `action=next` settles them."""
    actor, run = run_of(request, key)
    if run.state != ImportState.DRAFT:
        return redirect(address_of(run))
    types = runs.importable_types(actor)
    error, status = "", 200
    try:
        if request.method == "POST":
            choices, description = posted(request.POST, run, types, actor)
        else:
            choices, description = _kept(run, types, actor)
    except ImportProblem as problem:
        # The file cannot be read as was said; show it as it is found, with the reason.
        error, status = str(problem), 422
        choices, description = _kept(run, types, actor)
    choices = settled(choices, description)
    shown = blocks(choices, description, actor)
    if request.method == "POST" and not error and request.POST.get("action") == "next":
        error = _unanswered(shown)
        if not error:
            try:
                run_choose(run=run, choices=choices, source=description.options, actor=actor)
                return redirect(address_of(run))
            except ImportProblem as problem:
                error = str(problem)
        status = 422
    context = {
        **facts(actor, run),
        **_page(choices, description, shown, types),
        "error": error,
        "written": _written_form(run, choices, description, actor),
        "beyond": _is_beyond(run),
    }
    part = request.headers.get("HX-Request") == "true"
    template = "records/importing/parts/mapping_form.html" if part else "records/importing/mapping.html"
    return render(request, template, context, status=status)


def _page(
    choices: Choices, description: SourceDescription, shown: Sequence[Block], types: Sequence[RecordType]
) -> dict[str, Any]:
    return {
        "choices": choices,
        "description": description,
        "source": source_lines(choices, description),
        "header": list(enumerate(description.header)),
        "blocks": shown,
        "types": types,
        "may_add": len(choices.parts) < MOST_PARTS,
        "existing": [
            ("update", _("Update")),
            ("keep", _("Leave alone")),
            ("reject", _("Reject the row")),
        ],
        "repeated": [
            ("update", _("The last row counts")),
            ("keep", _("The first row counts")),
            ("reject", _("Reject the later rows")),
        ],
        "similar": [
            ("ignore", _("Do not look for them")),
            ("queue", _("Import them and put them among the duplicates")),
            ("reject", _("Reject the row")),
        ],
        "missing": [
            ("create", _("Create")),
            ("reject", _("Reject the row")),
            ("skip", _("Pass over")),
        ],
    }


def _unanswered(shown: Sequence[Block]) -> str:
    """What still hinders, in a sentence; empty when nothing does."""
    asked = [line.column for block in shown for line in block.open_questions]
    if asked:
        return _("Answer the question about %(columns)s first.") % {"columns": ", ".join(asked)}
    if not any(block.part.columns for block in shown):
        return _("Choose a field for at least one column.")
    return ""


def _kept(run: ImportRun, types: Sequence[RecordType], actor: Actor) -> tuple[Choices, SourceDescription]:
    """The choices kept with the run; else what the columns look like."""
    choices = choices_from_json(run.choices)
    if choices is not None:
        description = described(run, choices.source)
        return fitted(choices, description.header), description
    if not is_unfinished(run):
        mapping = read_mapping(run.mapping, name=run.mapping_name)
        if (part := written_part(mapping)) is not None:
            description = described(run, mapping.source or SourceOptions())
            return fitted(Choices(parts=(part,)), description.header), description
    description = described(run, SourceOptions())
    allowed = {known.name for known in types}
    name = next((name for name in reversed(run.record_types) if name in allowed), types[0].name)
    record_type = next(known for known in types if known.name == name)
    return Choices(parts=(guessed_part(record_type, description, actor),)), description


def _is_beyond(run: ImportRun) -> bool:
    """Whether the run has a mapping that does more than the page can show, so that settling here would replace it."""
    if run.choices or is_unfinished(run):
        return False
    return written_part(read_mapping(run.mapping, name=run.mapping_name)) is None


# The mapping as JSON, for what the page cannot say.


def _written_form(
    run: ImportRun, choices: Choices, description: SourceDescription, actor: Actor
) -> MappingForm:
    """The text area, filled with the mapping as it now stands."""
    data: Any = run.mapping
    if is_unfinished(run) or run.choices:
        try:
            data = mapping_data(choices, description.options)
        except ImportProblem:
            # The choices do not make a mapping yet; the page says why when they are settled.
            data = run.mapping
    chosen = "json"
    if run.mapping_name in mappings.names() and mappings.get(run.mapping_name).data == run.mapping:
        chosen = f"built-in:{run.mapping_name}"
    return MappingForm(
        actor=actor, initial={"mapping": chosen, "json": mappings.pretty(data)}, automatic=False
    )


@require_POST
def write_out(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Take a mapping that is written out as JSON, saved under a name, or comes with the product."""
    actor, run = run_of(request, key)
    if run.state != ImportState.DRAFT:
        return redirect(address_of(run))
    form = MappingForm(request.POST, actor=actor, automatic=False)
    if form.is_valid() and form.given is not None:
        try:
            if form.choices is not None:
                description = described(run, form.choices.source)
                choices = settled(fitted(form.choices, description.header), description)
                run_choose(run=run, choices=choices, source=description.options, actor=actor)
            else:
                run_write_out(run=run, mapping=form.given, actor=actor)
            return redirect(address_of(run))
        except ImportProblem as problem:
            form.add_error("mapping", str(problem))
    types = runs.importable_types(actor)
    try:
        choices, description = _kept(run, types, actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return redirect(address_of(run))
    choices = settled(choices, description)
    shown = blocks(choices, description, actor)
    context = {**facts(actor, run), **_page(choices, description, shown, types), "error": "", "written": form}
    return render(request, "records/importing/mapping.html", context, status=422)
