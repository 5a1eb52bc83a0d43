"""The pages of programmes: the list, a new one, and what came of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dangol.identity.actors import Actor
from dangol.insight.effects import drawing, pages, words
from dangol.insight.effects.policies import can_make_programmes, can_see_effects, can_see_visits
from dangol.insight.effects.words import Tongue
from dangol.insight.models import Control, Programme
from dangol.insight.segmentation import reading
from dangol.measures import lake
from dangol.measures.selectors import run_last_done
from dangol.records import registry, writing
from dangol.records.fields import FieldError
from dangol.records.views.access import actor_of
from dangol.web import formats

MENU: dict[str, Any] = {"menu_key": "effects"}
FIELDS = (
    "name", "description", "starts_on", "ends_on", "group_segment", "group_filter", "control", "held_out_percent",
    "control_segment", "control_filter",
)  # fmt: skip


def _reader(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not can_see_effects(actor):
        raise Http404
    return actor


def _maker(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not can_make_programmes(actor):
        raise Http404
    return actor


@require_safe
def effects(request: HttpRequest) -> HttpResponseBase:
    """The programmes that the reader finds, with what can be said of each."""
    actor = _reader(request)
    context = {**pages.overview(actor), "may_make": can_make_programmes(actor), **MENU}
    return render(request, "insight/effects/list.html", context)


@require_safe
def effect(request: HttpRequest, programme_id: int) -> HttpResponseBase:
    """What came of a programme."""
    actor = _reader(request)
    programme = pages.programmes_for(actor).filter(pk=programme_id).first()
    if programme is None:
        raise Http404
    return render(
        request, "insight/effects/programme.html", {**pages.programme_page(actor, programme), **MENU}
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Make a programme: its groups are drawn at once."""
    actor = _maker(request)
    errors: dict[str, str] = {}
    sent = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        try:
            number = writing.create(registry.get("programme"), _values(request.POST), actor=actor)
        except writing.WriteError as problem:
            errors = {one.field or "name": str(one.message) for one in problem.errors}
        else:
            messages.success(request, _("The groups are drawn."))
            return redirect("insight:effect", number)
    known = reading.segments_for(actor)
    context = {
        "sent": sent,
        "errors": errors,
        "segments": [one for one in known if reading.seen_by(actor, [one]).everything],
        "controls": Control.choices,
        "control": sent.get("control") or Control.HELD_OUT.value,
        "percent": sent.get("held_out_percent") or "20",
        **MENU,
    }
    return render(request, "insight/effects/new.html", context, status=422 if errors else 200)


def _values(sent: QueryDict) -> dict[str, Any]:
    """What the form says; what belongs to another kind of control is left out."""
    values = {name: sent[name] for name in FIELDS if sent.get(name)}
    if values.get("control") != Control.SEGMENT:
        values.pop("control_segment", None)
    if values.get("control") != Control.FILTER:
        values.pop("control_filter", None)
    return values


@require_safe
def size(request: HttpRequest) -> HttpResponseBase:
    """How many customers a new programme would have, and how small an effect they could show; a fragment."""
    actor = _maker(request)
    context: dict[str, Any] = {}
    try:
        programme = _asked(request.GET)
        if programme is not None:
            context = _sized(actor, programme)
    except FieldError as problem:
        context = {"error": str(problem.message)}
    return render(request, "insight/effects/size.html", context)


def _asked(sent: QueryDict) -> Programme | None:
    """The programme that a form says so far; None while nobody is named."""
    try:
        starts = date.fromisoformat(sent.get("starts_on", ""))
    except ValueError:
        return None
    control = sent.get("control", "")
    percent = sent.get("held_out_percent", "")
    programme = Programme(
        starts_on=starts,
        group_segment_id=_number(sent.get("group_segment", "")),
        group_filter=sent.get("group_filter", ""),
        control=control if control in Control.values else Control.HELD_OUT,
        control_segment_id=_number(sent.get("control_segment", "")),
        control_filter=sent.get("control_filter", ""),
        held_out_percent=min(90, max(1, _number(percent) or 20)),
    )
    named = programme.group_segment_id or programme.group_filter
    against = {Control.SEGMENT: programme.control_segment_id, Control.FILTER: programme.control_filter}
    return programme if named and against.get(Control(programme.control), True) else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _sized(actor: Actor, programme: Programme) -> dict[str, Any]:
    with transaction.atomic():
        treated, control = drawing.drawn(programme, actor)
    context: dict[str, Any] = {"treated": len(treated), "control": len(control), "sized": True}
    run = run_last_done()
    if run is None:
        return context
    from dangol.insight.effects import observing, planning
    from dangol.insight.segmentation.snapshot import today

    currency = str(run.facts.get("currency") or "")
    with lake.connect() as opened:
        first, last = observing.span_of(opened, currency, today())
        if first is None or last is None:
            return context
        found = planning.smallest(
            opened, treated, control, span=(first, last), currency=currency,
            random=programme.control == Control.HELD_OUT,
        )  # fmt: skip
    tongue = Tongue(currency or formats.HOME_CURRENCY, actor.language)
    visits = can_see_visits(actor)
    context["smallest"] = [
        (
            words.labels()[one.name],
            tongue.value(one.name, one.effect, sign=True).lstrip("+"),
            tongue.share(one.share) if one.share is not None and one.name not in words.SHARES else "",
        )
        for one in found
        if visits or one.name != "visits"
    ]
    return context
