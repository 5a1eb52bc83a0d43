"""Pages: records side by side, what would become of them, one merge and taking it back, all merges."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.records import fieldrules, merging
from dangol.records.fields import Field, Locale, Reference, id_in
from dangol.records.fields.masks import Mask
from dangol.records.lists import records_at
from dangol.records.merging import UndoConflicts, choosing, listing, places
from dangol.records.merging.acts import offered
from dangol.records.merging.choosing import BOTH
from dangol.records.models import Merge
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, locale_of
from dangol.records.widgets import Input
from dangol.records.writing import Missing, WriteError

SIDE_BY_SIDE = 5
PAGE = 30
MENU_KEY = "merges"


@dataclass(frozen=True, slots=True)
class Cell:
    """One record's value of a field."""

    source: int | str
    title: str
    html: SafeString
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One field of all the records, side by side."""

    field: Field
    cells: tuple[Cell, ...]
    both: Cell | None
    open: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """One of the records: what it is called, and how much hangs on it."""

    id: int
    title: str
    version: int
    stays: bool
    moves: tuple[tuple[str, int], ...]


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Choose, preview, merge: three steps of one address. About five queries, and two for each record."""
    actor = actor_of(request)
    if not offered(actor, record_type):
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    ids = _ids(asked)
    added = id_in(asked.get("add", "").strip())
    if added is not None and request.method == "GET":
        return redirect(
            f"{request.path}?{urlencode([('id', number) for number in dict.fromkeys([*ids, added])])}"
        )
    fields = choosing.choosable(actor, record_type)
    rows = records_at(
        actor=actor,
        record_type=record_type,
        ids=ids,
        columns=[record_type.title, "version", *_shown_fields(record_type)],
    )
    ids = [number for number in ids if number in rows]
    if not ids:
        raise Http404
    into = id_in(asked.get("into", "")) or 0
    into = into if into in ids else ids[0]
    values, problem = _asked_values(asked, fields), None
    context = {
        "record_type": record_type,
        "menu_key": record_type.name,
        "ids": ids,
        "into": into,
        "lookup": _lookup(record_type) if len(ids) < SIDE_BY_SIDE else None,
    }
    if request.method == "POST" and len(ids) > 1:
        try:
            if asked.get("step") == "run":
                done = merging.merge(
                    actor=actor, record_type=record_type, into=into, others=[one for one in ids if one != into],
                    values=values, versions=_versions(asked, ids),
                )  # fmt: skip
                messages.success(request, _("Merged. It can be undone as a whole."))
                return redirect("merging:detail", done.key)
            context |= _preview(actor, record_type, ids, into, values, rows, fields)
        except Missing:
            raise Http404 from None
        except WriteError as error:
            problem = error
    context |= _side_by_side(actor, record_type, ids, into, values, rows, fields, problem)
    return render(request, "records/merging/merge.html", context, status=422 if problem else 200)


def _ids(asked: QueryDict) -> list[int]:
    found = (id_in(text.strip()) for part in asked.getlist("id") for text in part.split(","))
    return list(dict.fromkeys(number for number in found if number))[:SIDE_BY_SIDE]


def _asked_values(asked: QueryDict, fields: Mapping[str, Field]) -> dict[str, int | str]:
    values: dict[str, int | str] = {}
    for name in fields:
        text = asked.get(f"f-{name}", "")
        if text == BOTH:
            values[name] = BOTH
        elif (number := id_in(text)) is not None:
            values[name] = number
    return values


def _versions(asked: QueryDict, ids: Sequence[int]) -> dict[int, int]:
    found = {number: id_in(asked.get(f"v-{number}", "")) for number in ids}
    return {number: version for number, version in found.items() if version is not None}


def _shown_fields(record_type: RecordType) -> list[str]:
    whole = choosing.fields_of(fieldrules.whole(record_type))
    return [name for name in record_type.fields if name in whole]


def _lookup(record_type: RecordType) -> Input:
    field = Reference(
        "add",
        model=record_type.model,
        target=record_type.name,
        title=record_type.title,
        label=record_type.label,
    )
    return Input(field, "")


def _side_by_side(
    actor: Actor,
    record_type: RecordType,
    ids: Sequence[int],
    into: int,
    values: Mapping[str, int | str],
    rows: Mapping[int, Mapping[str, Any]],
    fields: Mapping[str, Field],
    problem: WriteError | None,
) -> dict[str, Any]:
    locale = locale_of(actor)
    errors = {error.field: str(error.message) for error in problem.errors} if problem else {}
    titles = {
        number: record_type.title_field.text(rows[number][record_type.title], locale) or f"#{number}"
        for number in ids
    }
    differing: list[Row] = []
    alike: list[Row] = []
    for name in _shown_fields(record_type):
        row = _row(
            record_type.fields[name],
            ids,
            into,
            values,
            rows,
            name in fields,
            titles,
            locale,
            errors.get(name, ""),
        )
        if row is not None:
            (differing if row.open else alike).append(row)
    known = places.places_of(fieldrules.whole(record_type))
    heads = [
        Head(
            number,
            titles[number],
            rows[number]["version"],
            number == into,
            tuple(_moves(actor, record_type, known, [number])),
        )
        for number in ids
    ]
    told = {row.field.name for row in (*differing, *alike)}
    return {
        "heads": heads,
        "differing": differing,
        "alike": alike,
        "kept_away": len(choosing.fields_of(fieldrules.whole(record_type))) > len(fields),
        "errors": [text for name, text in errors.items() if name not in told],
    }


def _row(
    field: Field,
    ids: Sequence[int],
    into: int,
    values: Mapping[str, int | str],
    rows: Mapping[int, Mapping[str, Any]],
    mine: bool,
    titles: Mapping[int, str],
    locale: Locale,
    error: str,
) -> Row | None:
    """A field side by side; None where nobody has a value. Open where there is something to choose."""
    held = {number: rows[number].get(field.name) for number in ids}
    if not any(choosing.is_filled(value) for value in held.values()):
        return None
    differs = any(held[number] != held[ids[0]] for number in ids)
    joins = choosing.joinable(field)
    default: int | str = BOTH if joins and field.kind == "tags" else into
    if default == into and not choosing.is_filled(held[into]):
        default = next((number for number in ids if choosing.is_filled(held[number])), into)
    source = values.get(field.name, default)
    if source not in (*ids, BOTH):
        source = default
    cells = tuple(
        Cell(number, titles[number], field.html(held[number], locale), source == number) for number in ids
    )
    both = Cell(BOTH, "", SafeString(""), source == BOTH) if joins and differs else None
    choosable = mine and differs and not any(isinstance(value, Mask) for value in held.values())
    return Row(field, cells, both, choosable, error)


def _moves(
    actor: Actor, record_type: RecordType, known: Sequence[places.Place], ids: Sequence[int]
) -> list[tuple[str, int]]:
    """What hangs on the records, in words. One query."""
    whole = fieldrules.whole(record_type)
    counts: dict[str, int] = {}
    by_name = {place.name: place for place in known}
    for name, count in places.counted(whole, known, ids).items():
        bearer = by_name[name].bearer
        key = bearer.name if bearer else name
        counts[key] = counts.get(key, 0) + count
    return listing.moved(actor, counts)


def _preview(
    actor: Actor,
    record_type: RecordType,
    ids: Sequence[int],
    into: int,
    values: Mapping[str, int | str],
    rows: Mapping[int, Mapping[str, Any]],
    fields: Mapping[str, Field],
) -> dict[str, Any]:
    """What the surviving record would become, and what would move. Raises WriteError for a choice that cannot be made."""
    whole = fieldrules.whole(record_type)
    others = sorted((one for one in ids if one != into), reverse=True)
    chosen = choosing.choose(whole, choosing.values_of(whole, ids), into, others, values, actor)
    locale = locale_of(actor)
    becomes = []
    for name in chosen.values:
        if name not in fields:
            continue
        field, source = record_type.fields[name], chosen.sources[name]
        after = chosen.values[name] if source == BOTH else rows[int(source)].get(name)
        if chosen.values[name] is None:
            after = None
        becomes.append((field.label, field.html(rows[into].get(name), locale), field.html(after, locale)))
    known = places.places_of(whole)
    return {
        "previewed": True,
        "becomes": becomes,
        "moves": _moves(actor, record_type, known, others),
        "others": others,
    }


# merges that were


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All merges that one may see, newest first."""
    actor = actor_of(request)
    after = id_in(request.GET.get("after", ""))
    rows = listing.visible(actor).select_related("actor", "undone_by").prefetch_related("merged")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: PAGE + 1])
    context = {
        "menu_key": MENU_KEY,
        "merges": listing.shown(actor, found[:PAGE], locale_of(actor)),
        "next_url": f"?after={found[PAGE - 1].pk}" if len(found) > PAGE else "",
    }
    return render(request, "records/merging/list.html", context)


@require_GET
def detail(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """One merge: what moved, whose values stayed, and the way back."""
    actor = actor_of(request)
    return _detail(request, actor, _merge(actor, key))


def _detail(
    request: HttpRequest, actor: Actor, merge: Merge, *, problem: WriteError | None = None
) -> HttpResponse:
    locale = locale_of(actor)
    found = listing.shown(actor, [merge], locale)
    if not found:
        raise Http404
    one = found[0]
    titles = dict([(merge.into_id, one.title), *one.merged])
    labels = {name: field.label for name, field in one.record_type.fields.items()}
    chosen = [
        (labels[name], _("All together") if source == BOTH else titles.get(int(source), f"#{source}"))
        for name, source in listing.choices_of(actor, one).items()
        if name in merge.written and name in labels
    ]
    may_undo = merge.undone_at is None and offered(actor, one.record_type)
    changed = merging.conflicts(merge, fieldrules.whole(one.record_type), actor) if may_undo else []
    context = {
        "menu_key": MENU_KEY,
        "one": one,
        "record_type": one.record_type,
        "chosen": chosen,
        "may_undo": may_undo,
        "conflicts": [
            (
                change.field,
                *(_told(change.field, value, locale) for value in (change.before, change.merged, change.now)),
            )
            for change in changed
        ],
        "kept": [labels[name] for name in merge.undone.get("kept", ()) if name in labels],
        "stayed": merge.undone.get("stayed", 0),
        "undecided": isinstance(problem, UndoConflicts),
        "problem": ""
        if problem is None or isinstance(problem, UndoConflicts)
        else str(problem.errors[0].message),
        "later": _later(problem),
    }
    return render(request, "records/merging/detail.html", context, status=409 if problem else 200)


def _later(problem: WriteError | None) -> str:
    """The address of the merge that stands in the way, if one does."""
    if problem is None or problem.errors[0].code != "order":
        return ""
    return reverse("merging:detail", args=[problem.errors[0].value])


def _told(field: Field, value: Any, locale: Locale) -> str:
    """A value in words; of a record referred to its number, since who it is may not be known here."""
    ref = getattr(value, "id", None)
    if isinstance(field, Reference) and ref is not None:
        return f"#{ref}"
    return field.text(value, locale) or "–"


@require_POST
def undo(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Several records again. What somebody changed since is asked about, field by field."""
    actor = actor_of(request)
    merge = _merge(actor, key)
    decided = {
        choice: [
            name.removeprefix("c-")
            for name, value in request.POST.items()
            if name.startswith("c-") and value == choice
        ]
        for choice in ("keep", "back")
    }
    try:
        merging.undo(actor=actor, merge=merge, keep=decided["keep"], take_back=decided["back"])
    except Missing:
        raise Http404 from None
    except WriteError as problem:
        return _detail(request, actor, merge, problem=problem)
    messages.success(request, _("Undone. The records are there again."))
    return redirect("merging:detail", key)


def _merge(actor: Actor, key: uuid.UUID) -> Merge:
    rows = listing.visible(actor).select_related("actor", "undone_by").prefetch_related("merged")
    found = rows.filter(key=key).first()
    if found is None:
        raise Http404
    return found
