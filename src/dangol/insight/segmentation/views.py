"""The pages of segments."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import sign_in_redirect
from dangol.insight.models import Made
from dangol.insight.segmentation import acts, conditions, index, pages, previewing, services
from dangol.insight.segmentation.index import Known
from dangol.insight.segmentation.policies import can_make, can_see
from dangol.insight.segmentation.snapshot import today
from dangol.records import permissions, registry, writing
from dangol.records.bulk import runs
from dangol.records.bulk.acts import acts_for
from dangol.records.bulk.errors import BulkProblem
from dangol.records.bulk.previewing import preview
from dangol.records.bulk.selection import Selection, sign
from dangol.records.fields import FieldError
from dangol.records.filters import FilterError

MENU = "segments"


def _actor(request: HttpRequest) -> Actor | None:
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    return actor


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """All segments with size, trend and value."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    if not can_see(actor):
        raise Http404
    context = {**pages.overview(actor), "may_make": can_make(actor), "menu_key": MENU}
    return render(request, "insight/segments/overview.html", context)


@require_safe
def overlap(request: HttpRequest) -> HttpResponseBase:
    """Which customers segments share."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    if not can_see(actor):
        raise Http404
    wanted = [int(one) for one in request.GET.getlist("s") if one.isascii() and one.isdigit()]
    return render(
        request, "insight/segments/overlap.html", {**pages.overlap(actor, wanted), "menu_key": MENU}
    )


@require_safe
def movement(request: HttpRequest) -> HttpResponseBase:
    """Who moved between the segments of a family."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    if not can_see(actor):
        raise Http404
    context = pages.movement(
        actor, request.GET.get("family", ""), _day(request.GET.get("from")), _day(request.GET.get("to"))
    )
    return render(request, "insight/segments/movement.html", {**context, "menu_key": MENU})


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@require_safe
def size(request: HttpRequest) -> HttpResponseBase:
    """How many customers a condition lets through, as a fragment while it is written."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    if not can_see(actor):
        raise Http404
    text = request.GET.get("condition", "")
    if request.GET.get("made") == Made.CELLS:
        text = conditions.of_cells(_cells(request.GET))
    context: dict[str, Any] = {}
    if text.strip():
        try:
            context["found"] = previewing.preview(actor, text)
        except FieldError as problem:
            context["error"] = str(problem.message)
    return render(request, "insight/segments/size.html", context)


def _cells(sent: QueryDict) -> list[tuple[int, int]]:
    return [
        (int(one[0]), int(one[1]))
        for one in sent.getlist("cell")
        if len(one) == 2 and set(one) <= set("12345")
    ]


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Make a segment: by a condition, by cells of the RFM grid, or of a list that is pasted in."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    if not can_make(actor):
        raise Http404
    sent = request.POST if request.method == "POST" else request.GET
    made = sent.get("made", "") if sent.get("made", "") in Made.values else Made.FILTER.value
    errors: dict[str, str] = {}
    lines: list[tuple[int, str, bool]] = []
    if request.method == "POST":
        try:
            number = _made(actor, made, request.POST, lines)
        except writing.WriteError as problem:
            errors = {one.field or "name": str(one.message) for one in problem.errors}
        except FieldError as problem:
            errors = {"lines": str(problem.message)}
        else:
            if number is not None:
                messages.success(request, _("The segment is there."))
                return redirect("records:detail", "segments", number)
            errors = {"lines": _("These lines name no customer, or several. Mend them, or take them out.")}
    context = {
        "made": made,
        "choices": Made.choices,
        "sent": sent,
        "errors": errors,
        "lines": lines,
        "grid": pages.grid_rows(actor, set(_cells(sent))) if made == Made.CELLS else [],
        "menu_key": MENU,
    }
    return render(request, "insight/segments/new.html", context, status=422 if errors else 200)


def _made(actor: Actor, made: str, post: QueryDict, lines: list[tuple[int, str, bool]]) -> int | None:
    """Make it; None, and `lines` filled, where lines of a list could not be understood."""
    name = post.get("name", "")
    more = {key: post.get(key, "") for key in ("name_en", "description", "family")}
    if made == Made.CELLS:
        return services.segment_of_cells(actor=actor, name=name, cells=_cells(post), **more)
    if made == Made.LIST:
        listed = services.listed(actor, post.get("lines", ""))
        if listed.unknown or listed.ambiguous:
            lines += [(at, text, False) for at, text in listed.unknown]
            lines += [(at, text, True) for at, text in listed.ambiguous]
            lines.sort()
            return None
        return services.segment_of_customers(actor=actor, name=name, ids=listed.ids, **more)
    values = {"name": name, "condition": post.get("condition", ""), "made": Made.FILTER.value, **more}
    return writing.create(registry.get("segment"), values, actor=actor)


@require_POST
def freeze(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """Keep who is in it now as a list of its own."""
    actor, segment = _found(request, segment_id)
    if actor is None:
        return sign_in_redirect(request)
    if segment is None or not can_make(actor):
        raise Http404
    name = request.POST.get("name", "").strip() or f"{segment.label()} {today().isoformat()}"
    try:
        number = services.segment_freeze(actor=actor, segment=segment, name=name)
    except writing.WriteError as problem:
        messages.error(request, str(problem.errors[0].message))
        return redirect("records:detail", "segments", segment_id)
    except FilterError as problem:
        messages.error(request, str(problem))
        return redirect("records:detail", "segments", segment_id)
    messages.success(request, _("The list is frozen as of today."))
    return redirect("records:detail", "segments", number)


@require_POST
def tasks(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """Preview tasks for the owners of a segment's customers; the page's button begins the bulk act."""
    actor, segment = _found(request, segment_id)
    if actor is None:
        return sign_in_redirect(request)
    customer = registry.get("customer")
    if segment is None or acts.NAME not in {one.name for one in acts_for(actor, customer)}:
        raise Http404
    reason = _("Segment: %(name)s") % {"name": segment.label()}
    said = request.POST.get("reason", "").strip()
    raw = {
        "subject": request.POST.get("subject", "").strip(),
        "reason": f"{reason}\n{said}" if said else reason,
        "days": request.POST.get("days", ""),
    }
    selection = Selection(filter=f'segment = "{segment.name}"')
    try:
        asked = acts.read(customer, raw, actor)
        seen = preview(record_type=customer, act=acts.ACT, settings=asked, selection=selection, actor=actor)
    except BulkProblem as problem:
        messages.error(request, str(problem))
        return redirect("records:detail", "segments", segment_id)
    context = {
        "segment": segment,
        "label": segment.label(),
        "says": acts.says(customer, asked, actor),
        "seen": seen,
        "plan": sign(runs.plan_of(customer, acts.ACT, raw, selection, seen).to_json(), customer, actor),
        "record_type": customer,
        "menu_key": MENU,
    }
    return render(request, "insight/segments/tasks.html", context)


def _found(request: HttpRequest, segment_id: int) -> tuple[Actor | None, Known | None]:
    actor = _actor(request)
    if actor is None or not can_see(actor):
        return actor, None
    seen = permissions.visible_to(actor, registry.get("segment")).filter(pk=segment_id).exists()
    return actor, index.of_id(segment_id) if seen else None
