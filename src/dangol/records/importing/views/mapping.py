"""The mapping page: which column goes where. Nothing is written until the choices are settled."""

from __future__ import annotations

import uuid
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import runs
from dangol.records.importing import registry as mappings
from dangol.records.importing.choices import (
    Choices,
    Part,
    choices_from_json,
    fitted,
    is_unfinished,
    key_choices,
    linkable,
    mapping_data,
    run_choose,
    run_write_out,
)
from dangol.records.importing.columns import (
    FOUND_BY,
    MARKS,
    ORDERS,
    Block,
    blocks,
    guessed_part,
    settled,
    source_lines,
)
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.forms import MappingForm
from dangol.records.importing.guessing import ColumnChoice
from dangol.records.importing.readers import SourceDescription, SourceOptions, describe
from dangol.records.importing.views.access import address_of, facts, run_of
from dangol.records.models import ImportRun, ImportState
from dangol.records.types import RecordType

MOST_PARTS = 8
EXISTING = ("update", "keep", "reject")
MISSING = ("create", "reject", "skip")


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
            choices, description = _posted(request.POST, run, types)
        else:
            choices, description = _kept(run, types)
    except ImportProblem as problem:
        # The file cannot be read as was said; show it as it is found, with the reason.
        error, status = str(problem), 422
        choices, description = _kept(run, types)
    choices = settled(choices, description)
    shown = blocks(choices, description)
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


def described(run: ImportRun, options: SourceOptions) -> SourceDescription:
    """What the file holds. Raises SourceProblem."""
    return _described(run.path, options)


@lru_cache(maxsize=16)
def _described(path: str, options: SourceOptions) -> SourceDescription:
    """Remembered in this process, since every change on the page asks again. An upload never changes its content."""
    return describe(Path(path), options)


def _kept(run: ImportRun, types: Sequence[RecordType]) -> tuple[Choices, SourceDescription]:
    """The choices kept with the run; else what the columns look like."""
    choices = choices_from_json(run.choices)
    if choices is not None:
        description = described(run, choices.source)
        return fitted(choices, description.header), description
    description = described(run, SourceOptions())
    allowed = {known.name for known in types}
    name = next((name for name in reversed(run.record_types) if name in allowed), types[0].name)
    return Choices(parts=(guessed_part(registry.get(name), description),)), description


def _posted(
    post: QueryDict, run: ImportRun, types: Sequence[RecordType]
) -> tuple[Choices, SourceDescription]:
    """The choices as the form sends them. Unknown values are passed over, as if nothing had been chosen."""
    source = _posted_source(post)
    description = described(run, source)
    allowed = {known.name: known for known in types}
    parts: list[Part] = []
    count = int(post["parts"]) if post.get("parts", "").isdecimal() else 0
    for place in range(min(count, MOST_PARTS)):
        record_type = allowed.get(post.get(f"p{place}-type", ""), types[0])
        if record_type.name != post.get(f"p{place}-was"):
            parts.append(guessed_part(record_type, description))
        else:
            parts.append(_posted_part(post, place, record_type, description))
    if not parts:
        parts.append(guessed_part(types[0], description))
    parts = [_linked(part, _posted_links(post, place, parts)) for place, part in enumerate(parts)]
    action = post.get("action", "")
    if action == "add" and len(parts) < MOST_PARTS:
        parts = _with_another(parts, types, description)
    elif action.startswith("drop-") and len(parts) > 1:
        parts = _without(parts, action.removeprefix("drop-"))
    return fitted(Choices(source, tuple(parts)), description.header), description


def _posted_source(post: QueryDict) -> SourceOptions:
    def said(name: str) -> str | None:
        return post.get(f"source-{name}") or None

    header = said("header")
    return SourceOptions(
        encoding=said("encoding"),
        delimiter=said("delimiter"),
        sheet=said("sheet"),
        member=said("member"),
        header=int(header) if header in ("0", "1", "2") else None,
    )


def _posted_part(
    post: QueryDict, place: int, record_type: RecordType, description: SourceDescription
) -> Part:
    names = {at: post.get(f"column-{at}") for at in range(len(description.header))}
    uses = []
    for at, column in enumerate(description.header):
        if names[at] != column:
            # Read in another way, the file has other columns: these are guessed anew.
            return guessed_part(record_type, description)
        name, _found, lookup = post.get(f"p{place}-f{at}", "").partition(FOUND_BY)
        if name not in record_type.editable_fields:
            continue
        order, mark = post.get(f"p{place}-o{at}", ""), post.get(f"p{place}-d{at}", "")
        uses.append(
            ColumnChoice(
                column=column,
                field=name,
                lookup=lookup,
                make=bool(lookup) and post.get(f"p{place}-m{at}") == "on",
                order=order if order in dict(ORDERS) else "",
                mark=mark if mark in dict(MARKS) else "",
            )
        )
    existing, missing = post.get(f"p{place}-existing", ""), post.get(f"p{place}-missing", "")
    return Part(
        type=record_type.name,
        columns=tuple(uses),
        key=post.get(f"p{place}-key", ""),
        existing=existing if existing in EXISTING else "update",
        missing=missing if missing in MISSING else "create",
    )


def _posted_links(post: QueryDict, place: int, parts: Sequence[Part]) -> dict[str, int]:
    links = {}
    for name, places in linkable(parts, place).items():
        said = post.get(f"p{place}-l-{name}")
        if said is not None and said.isdecimal() and int(said) in places:
            links[name] = int(said)
    return links


def _linked(part: Part, links: AnyMapping[str, int]) -> Part:
    """The part with these links; a reference that points at the same row takes no column."""
    if not links:
        return replace(part, links={})
    return replace(part, links=dict(links), columns=tuple(use for use in part.columns if use.field not in links))


def _with_another(
    parts: Sequence[Part], types: Sequence[RecordType], description: SourceDescription
) -> list[Part]:
    """One more record of the same rows, with its columns guessed and linked with the others where it can be.

    The first choice is a type that one of the others points at, then one that points at another.
    """
    present = {part.type for part in parts}
    pointed = {
        known.target
        for part in parts
        for known in part.record_type.editable_fields.values()
        if known.target and known.target not in present
    }
    candidates = [known for known in types if known.name in pointed]
    candidates += [known for known in types if any(known.reference_to(name) for name in present)]
    candidates += [known for known in types if known.name not in present]
    record_type = next(iter(candidates), types[0])
    made = [*parts, guessed_part(record_type, description)]
    last = len(made) - 1
    for place, part in enumerate(made):
        links = {
            name: places[-1]
            for name, places in linkable(made, place).items()
            if name not in part.links and (place == last or last in places)
        }
        if links:
            made[place] = _linked(part, {**part.links, **links})
    keys = key_choices(made[last])
    if keys and not made[last].key:
        made[last] = replace(made[last], key=keys[0][0])
    return made


def _without(parts: Sequence[Part], place: str) -> list[Part]:
    """The parts without one; links to it go, links to later ones move up."""
    if not place.isdecimal() or int(place) >= len(parts):
        return list(parts)
    gone = int(place)
    return [
        replace(
            part,
            links={
                name: target - (target > gone) for name, target in part.links.items() if target != gone
            },
        )
        for at, part in enumerate(parts)
        if at != gone
    ]


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
        choices, description = _kept(run, types)
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return redirect(address_of(run))
    choices = settled(choices, description)
    shown = blocks(choices, description)
    context = {**facts(actor, run), **_page(choices, description, shown, types), "error": "", "written": form}
    return render(request, "records/importing/mapping.html", context, status=422)
