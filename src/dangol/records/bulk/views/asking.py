"""What is to be done to the selection: asked, previewed, begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from dangol.identity.actors import Actor
from dangol.records import permissions, widgets
from dangol.records.bulk import acts, runs
from dangol.records.bulk.acts import Act
from dangol.records.bulk.edits import OPS, RELATIVE, bulk_fields, ops_of
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.previewing import Preview, preview
from dangol.records.bulk.selection import Selection, ids_in, sign, unsign
from dangol.records.fields import Field
from dangol.records.merging.views import SIDE_BY_SIDE
from dangol.records.models import BulkState
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard, locale_of
from dangol.records.views.asking import read_filter
from dangol.records.widgets import Input
from dangol.web import formats

PATIENCE_MS = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the form: what can be done to it, and with what."""

    field: Field
    ops: list[tuple[str, Any]]
    op: str
    input: Input
    by: str
    error: str = ""


@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Ask, preview, begin: three steps of one address. GET leads back to the list, since the selection has gone."""
    actor = actor_of(request)
    guard(actor, record_type)
    if not any(acts.acts_for(actor, record_type, in_bin=bin_) for bin_ in (False, True)):
        raise Http404
    if request.method == "GET":
        return redirect("records:list", record_type)
    try:
        if request.POST.get("act") == "merge":
            return _side_by_side(request.POST, record_type, actor)
        if request.POST.get("step") == "run":
            return _begun(request, record_type, actor)
        selection = _selection(request.POST, record_type, actor)
        act = _act(request.POST.get("act", ""), record_type, actor, in_bin=selection.in_bin)
        return _asked(request, record_type, actor, act, selection)
    except BulkProblem as problem:
        messages.error(request, str(problem))
        return redirect("records:list", record_type)


def _side_by_side(post: QueryDict, record_type: RecordType, actor: Actor) -> HttpResponse:
    """The records selected, to be made one: not an act on each of them, but one on all."""
    ids = _selection(post, record_type, actor).ids or ()
    if not 1 < len(ids) <= SIDE_BY_SIDE:
        raise BulkProblem(_("Tick two to %(most)s records to merge them.") % {"most": SIDE_BY_SIDE})
    asked = urlencode([("id", number) for number in ids])
    return redirect(f"{reverse('records:merge', args=[record_type])}?{asked}")


def _selection(post: QueryDict, record_type: RecordType, actor: Actor) -> Selection:
    if chosen := post.get("chosen"):
        return Selection.from_json(unsign(chosen, record_type, actor))
    shown = unsign(post.get("list", ""), record_type, actor)
    sort, in_bin = tuple(shown["sort"]), shown["bin"]
    if post.get("all") == "1":
        return Selection(
            filter=shown["filter"], sort=sort, excluded=ids_in(post.get("not", "")), in_bin=in_bin
        )
    ids = ids_in(post.get("ids", ""))
    if not ids:
        raise BulkProblem(_("Select records first."))
    return Selection(ids=ids, sort=sort, in_bin=in_bin)


def _act(name: str, record_type: RecordType, actor: Actor, *, in_bin: bool) -> Act:
    for act in acts.acts_for(actor, record_type, in_bin=in_bin):
        if act.name == name:
            return act
    raise BulkProblem(
        _("Your roles do not allow this with %(records)s.") % {"records": record_type.label_plural}
    )


def _asked(
    request: HttpRequest, record_type: RecordType, actor: Actor, act: Act, selection: Selection
) -> HttpResponse:
    post = request.POST
    asks = act.name == "edit" or bool(act.inputs)
    previewing = post.get("step") == "preview" or not asks
    raw = _raw(act, record_type, post)
    seen: Preview | None = None
    plan, error, wrong = "", "", ""
    if previewing:
        try:
            settings = act.read(record_type, raw, actor)
            seen = preview(
                record_type=record_type, act=act, settings=settings, selection=selection, actor=actor
            )
            plan = sign(runs.plan_of(record_type, act, raw, selection, seen).to_json(), record_type, actor)
        except BulkProblem as problem:
            error, wrong = str(problem), problem.field
    selected = seen.selected if seen else selection.count(record_type, actor)
    lines = _lines(act, record_type, actor, post, {wrong: error} if error else {})
    context = {
        "record_type": record_type,
        "menu_key": record_type.name,
        "act": act,
        "asks": asks,
        "chosen": sign(selection.to_json(), record_type, actor),
        "selected": selected,
        "lines": lines,
        "fields": [
            (name, field.label)
            for name, field in bulk_fields(actor, record_type).items()
            if name not in {line.field.name for line in lines}
        ]
        if act.name == "edit"
        else [],
        "error": error if error and wrong not in {line.field.name for line in lines} else "",
        "seen": seen,
        "examples": _examples(seen, record_type, actor) if seen else [],
        "reasons": [
            (one, times, record_type.fields[one.field].label if one.field in record_type.fields else "")
            for one, times in seen.reasons
        ]
        if seen
        else [],
        "plan": plan,
        "filter": selection.filter,
        "at_once": runs.AT_ONCE,
    }
    return render(request, "records/bulk/act.html", context, status=422 if error else 200)


def _raw(act: Act, record_type: RecordType, post: QueryDict) -> dict[str, Any]:
    """What the form says, as the API would."""
    if act.name != "edit":
        return {name: widgets.read(record_type.fields[name], post) for name in act.inputs}
    change: dict[str, Any] = {}
    for name in post.getlist("change"):
        field = record_type.fields.get(name)
        if field is None:
            continue
        op = post.get(f"op-{name}", "set")
        if op in RELATIVE:
            change[name] = {op: post.get(f"by-{name}", "")}
        else:
            change[name] = {op: None if op == "clear" else widgets.read(field, post)}
    return {"change": change}


def _lines(
    act: Act, record_type: RecordType, actor: Actor, post: QueryDict, errors: Mapping[str, str]
) -> list[Line]:
    if act.name == "edit":
        known = bulk_fields(actor, record_type)
        names = [name for name in dict.fromkeys(post.getlist("change")) if name in known]
    else:
        names = list(act.inputs)
    fields = permissions.fields_for(actor, record_type)
    return [
        _line(record_type, fields[name], post, errors.get(name, ""), act) for name in names if name in fields
    ]


def _line(
    record_type: RecordType, field: Field, post: Mapping[str, Any], error: str, act: Act | None
) -> Line:
    ops = ops_of(field, record_type) if act is None or act.name == "edit" else []
    op = str(post.get(f"op-{field.name}", ""))
    return Line(
        field,
        [(name, OPS[name]) for name in ops],
        op if op in ops else (ops[0] if ops else "set"),
        widgets.typed(field, post, error),
        str(post.get(f"by-{field.name}", "")),
        error,
    )


def _examples(seen: Preview, record_type: RecordType, actor: Actor) -> list[dict[str, Any]]:
    locale = locale_of(actor)
    title = permissions.fields_for(actor, record_type).get(record_type.title, record_type.title_field)
    return [
        {
            "id": one.id,
            "title": title.text(one.title, locale) or f"#{one.id}",
            "changes": [
                (field.label, field.text(old, locale) or "–", field.text(new, locale) or "–")
                for field, old, new in one.changes
            ],
        }
        for one in seen.examples
    ]


def _begun(request: HttpRequest, record_type: RecordType, actor: Actor) -> HttpResponse:
    plan = runs.Plan.from_json(unsign(request.POST.get("plan", ""), record_type, actor), record_type)
    run = runs.run_start(plan, actor=actor)
    address = reverse("bulk:detail", args=[run.key])
    if run.is_active or run.refused or run.state != BulkState.FINISHED:
        return redirect(address)
    text = ngettext("%(count)s record changed.", "%(count)s records changed.", run.changed) % {
        "count": formats.number(run.changed, actor.language)
    }
    messages.success(request, format_html('{} <a href="{}">{}</a>', text, address, _("Result and undo")))
    if plan.selection.in_bin:
        return redirect("records:bin", record_type)
    return redirect(_list_url(record_type, plan.selection))


def _list_url(record_type: RecordType, selection: Selection) -> str:
    query = QueryDict(mutable=True)
    if selection.filter:
        query["filter"] = selection.filter
    if selection.sort:
        query["sort"] = ",".join(selection.sort)
    return f"{reverse('records:list', args=[record_type])}?{query.urlencode()}"


@require_GET
def line(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The form's line for one more field, as a fragment. No query."""
    actor = actor_of(request)
    guard(actor, record_type, "edit")
    field = bulk_fields(actor, record_type).get(request.GET.get("add", ""))
    if field is None:
        return HttpResponse("")
    return render(
        request,
        "records/bulk/parts/line.html",
        {"line": _line(record_type, field, {}, "", None), "record_type": record_type},
    )


@require_GET
def count(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """How many records the list's filter lets through, exactly; nothing where counting takes more than five seconds."""
    actor = actor_of(request)
    guard(actor, record_type)
    in_bin = request.GET.get("bin") == "1"
    if in_bin:
        guard(actor, record_type, "delete")
    state = read_filter(request, record_type)
    if state.tree is None:
        return JsonResponse({"count": None, "text": state.error}, status=422)
    selection = Selection(filter="" if in_bin else state.text, in_bin=in_bin)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            found = selection.count(record_type, actor)
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != "57014":
            raise
        return JsonResponse({"count": None, "text": _("all")})
    return JsonResponse({"count": found, "text": formats.number(found, actor.language)})
