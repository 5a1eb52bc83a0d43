"""The pages of moving in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import sign_in_redirect
from dangol.integrations.models import Move
from dangol.integrations.moving import looking, pages, services
from dangol.integrations.moving.looking import Given
from dangol.integrations.moving.plans import plan_from_json
from dangol.integrations.moving.targets import may_move
from dangol.records.importing import storage
from dangol.records.importing.errors import ImportProblem

DATE_ORDERS = ("", "ymd", "dmy", "mdy")


def _actor(request: HttpRequest) -> Actor | None:
    """The actor; a 404 for those who may not move in, None for strangers."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is not None and not may_move(actor):
        raise Http404
    return actor


def _move(request: HttpRequest, key: uuid.UUID) -> tuple[Actor, Move]:
    actor = _actor(request)
    move = services.moves_visible_to(actor).filter(key=key).first() if actor is not None else None
    if actor is None or move is None:
        raise Http404
    return actor, move


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponseBase:
    """The moves there are, and the way into a new one: files in, plan out."""
    actor = _actor(request)
    if actor is None:
        return sign_in_redirect(request)
    error = ""
    if request.method == "POST":
        kept: list[Given] = []
        try:
            kept = _uploaded(request)
            order = request.POST.get("date_order", "")
            move = services.move_create(
                actor=actor,
                files=kept,
                recipe=request.POST.get("recipe", ""),
                date_order=order if order in DATE_ORDERS else "",
            )
        except ImportProblem as problem:
            looking.forget(kept)
            error = str(problem)
        else:
            return redirect("moving:detail", move.key)
    context = {
        "rows": pages.listed(actor),
        "recipes": pages.recipe_choices(),
        "chosen": request.POST.get("recipe", ""),
        "error": error,
        "menu_key": "moving",
    }
    return render(request, "integrations/moving/list.html", context, status=422 if error else 200)


def _uploaded(request: HttpRequest) -> list[Given]:
    """The uploaded files, stored under names of our own; a ZIP is unpacked. Raises ImportProblem."""
    kept: list[Given] = []
    try:
        for file in request.FILES.getlist("files")[: looking.MOST_FILES + 1]:
            path, _size, _digest = storage.keep_upload(file.chunks())
            one = Given((file.name or path.name)[-200:], path, stored=True)
            kept.append(one)
            inside = looking.unpacked(one)
            if inside != [one]:
                kept.remove(one)
                looking.forget([one])
                kept += inside
    except ImportProblem:
        looking.forget(kept)
        raise
    return kept


@require_safe
def detail(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """The plan, how far it is, or what came of it."""
    if _actor(request) is None:
        return sign_in_redirect(request)
    actor, move = _move(request, key)
    return render(request, "integrations/moving/detail.html", pages.of_move(move, actor))


@require_safe
def progress(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The table of steps while something goes on; asked every second. When it ends the page loads anew."""
    actor, move = _move(request, key)
    context = pages.of_move(move, actor)
    if not move.is_active and not context["rehearsing"]:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "integrations/moving/progress.html", context)


def _act(request: HttpRequest, key: uuid.UUID, act: Callable[[Actor, Move], Any]) -> HttpResponse:
    """Do something with a move and go back to its page; what is wrong stands there."""
    actor, move = _move(request, key)
    try:
        act(actor, move)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("moving:detail", key)


@require_POST
def steps(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Which files go in."""
    taken = request.POST.getlist("step")
    return _act(request, key, lambda actor, move: services.steps_choose(move=move, actor=actor, taken=taken))


@require_POST
def type_(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """What a file holds that was not understood."""
    return _act(
        request,
        key,
        lambda actor, move: services.file_set_type(
            move=move,
            actor=actor,
            file=_number(request.POST.get("file", "")) if request.POST.get("file") else -1,
            record_type=request.POST.get("record_type", ""),
        ),
    )


@require_POST
def people(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Who people are."""

    def act(actor: Actor, move: Move) -> None:
        count = len(plan_from_json(move.plan).people)
        said = {
            at: (request.POST[f"act-{at}"], _number(request.POST.get(f"user-{at}", "")) or None)
            for at in range(count)
            if f"act-{at}" in request.POST
        }
        services.people_set(move=move, actor=actor, said=said)
        messages.success(request, _("Saved"))

    return _act(request, key, act)


@require_POST
def fields(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Make own fields of the columns that were ticked."""

    def act(actor: Actor, move: Move) -> None:
        given = [value.replace("\r\n", "\n").partition("\n") for value in request.POST.getlist("field")]
        made = services.fields_make(
            move=move, actor=actor, columns=[(step, column) for step, _between, column in given]
        )
        messages.success(request, _("Own fields made: %(count)s") % {"count": made})

    return _act(request, key, act)


@require_POST
def rehearse(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Try it all."""
    return _act(request, key, lambda actor, move: services.move_rehearse(move=move, actor=actor))


@require_POST
def start(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Begin, or go on."""
    return _act(request, key, lambda actor, move: services.move_start(move=move, actor=actor))


@require_POST
def pause(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Let it rest."""
    return _act(request, key, lambda actor, move: services.move_pause(move=move, actor=actor))


@require_POST
def undo(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Take all of it back."""
    return _act(request, key, lambda actor, move: services.move_undo(move=move, actor=actor))


@require_POST
def remove(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Forget the move and its files."""
    actor, move = _move(request, key)
    try:
        services.move_remove(move=move, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
        return redirect("moving:detail", key)
    messages.success(request, _("The move and its files are forgotten; what it brought in stays."))
    return redirect("moving:list")


def _number(text: str) -> int:
    """A number as forms send it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
