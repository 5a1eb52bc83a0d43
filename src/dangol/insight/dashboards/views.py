"""The pages of dashboards: the list, one dashboard with its tiles, and how it is built."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.identity.actors import Actor
from dangol.insight.dashboards import grid, keeping, pages, ranges
from dangol.insight.dashboards.answering import Lens, day_of_data, show
from dangol.insight.dashboards.changes import changes
from dangol.insight.dashboards.offers import first_tiles, first_values
from dangol.insight.dashboards.tiles import TileError, read
from dangol.insight.models import Dashboard
from dangol.records import sharing
from dangol.records.views.access import actor_of

MENU: dict[str, Any] = {"menu_key": "dashboards"}


def _user(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not keeping.can_use(actor):
        raise Http404
    return actor


@require_safe
def dashboards(request: HttpRequest) -> HttpResponseBase:
    """The dashboards that the reader finds. Where there is none yet, a first one is offered. One query."""
    actor = _user(request)
    rows = [
        {"dashboard": row, "tiles": len(row.tiles), "mine": row.owner_id == actor.user_id}
        for row in keeping.found_by(actor).order_by("name", "pk")[:500]
    ]
    rows.sort(key=lambda row: not row["mine"])
    context = {
        "rows": rows,
        "offer": bool(first_tiles(actor)) and not any(row["mine"] for row in rows),
        **MENU,
    }
    return render(request, "insight/dashboards/list.html", context)


@require_POST
def new(request: HttpRequest) -> HttpResponseBase:
    """Make a dashboard: empty, or the one that is offered first. Then it is open for building."""
    actor = _user(request)
    values: dict[str, Any] = {"name": request.POST.get("name") or _("New dashboard")}
    if request.POST.get("first"):
        values = first_values(actor)
    try:
        row = keeping.dashboard_create(actor=actor, values=values)
    except TileError as error:
        messages.error(request, error.message)
        return redirect("insight:dashboards")
    return redirect(_building(row.pk) if not request.POST.get("first") else _address(row.pk))


@require_safe
def dashboard(request: HttpRequest, dashboard_id: int) -> HttpResponseBase:
    """One dashboard; its tiles come by themselves. Two queries, one more while it is built."""
    actor = _user(request)
    row = pages.found(actor, dashboard_id)
    can_change = sharing.can_change(actor, row)
    problem = ""
    status = 200
    try:
        lens = pages.lens_of(request.GET, row)
        if lens.filter and lens.filter != row.filter:
            keeping.check_filter(actor, lens.filter)
    except TileError as error:
        lens, problem, status = Lens(row.period, "", row.filter), error.message, 400
    editing = can_change and "edit" in request.GET
    told = can_change or lens.filter != row.filter or keeping.reads(actor, row.filter, keeping.ABOUT)
    context: dict[str, Any] = {
        "dashboard": row,
        "lens": lens,
        "shown_filter": lens.filter if told else "",
        "kept_filter": not told,
        "problem": problem,
        "frames": pages.tiles_of(actor, row, lens),
        "can_change": can_change,
        "editing": editing,
        "can_undo": editing and keeping.can_undo(row),
        "can_filter": pages.can_filter(actor),
        "periods": list(ranges.labels().items()),
        "custom": lens.period.split("..") if ".." in lens.period else ["", ""],
        **MENU,
    }
    return render(request, "insight/dashboards/dashboard.html", context, status=status)


@require_safe
def tile(request: HttpRequest, dashboard_id: int, tile_id: str) -> HttpResponseBase:
    """What stands in one tile, for this reader."""
    actor = _user(request)
    row = pages.found(actor, dashboard_id)
    try:
        one = keeping.tile_of(row, tile_id)
    except keeping.DashboardMissing:
        raise Http404 from None
    width, height = pages.size_of(request, one)
    try:
        lens = pages.lens_of(request.GET, row)
    except TileError as error:
        context: dict[str, Any] = {"tile": one, "lens_problem": error.message}
        return render(request, "insight/dashboards/tile.html", context)
    shown = show(actor, one, lens, day=day_of_data(), author=sharing.can_change(actor, row))
    return render(request, "insight/dashboards/tile.html", pages.content(shown, width, height))


@require_http_methods(["GET", "HEAD", "POST"])
def tile_form(request: HttpRequest, dashboard_id: int, tile_id: str = "") -> HttpResponseBase:
    """Choose what a tile shows, with a live preview; keep it."""
    actor = _user(request)
    row = _changeable(actor, dashboard_id)
    try:
        old = keeping.tile_of(row, tile_id) if tile_id else None
    except keeping.DashboardMissing:
        raise Http404 from None
    given = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = {"dashboard": row, "old": old, "errors": {}, "version": row.version, **MENU}
    status = 200
    if request.method == "POST":
        values = {name: given[name] for name in pages.FORM if name in given}
        try:
            keeping.tile_save(
                actor=actor,
                dashboard_id=row.pk,
                version=_version(given.get("version")),
                values=values,
                tile_id=tile_id,
            )
            return _done(request, row.pk)
        except TileError as error:
            context["errors"] = {error.field: error.message}
            context["version"] = given.get("version")
            status = 409 if error.code == "conflict" else 422
    context |= pages.form_of(actor, {name: given[name] for name in given}, old)
    template = "tile_form" if request.headers.get("HX-Request") else "tile_page"
    return render(request, f"insight/dashboards/{template}.html", context, status=status)


@require_POST
def place(request: HttpRequest, dashboard_id: int) -> HttpResponseBase:
    """Move or resize a tile: answers with the places of all, and the sentence to be read out."""
    actor = _user(request)
    given = request.POST
    numbers = {}
    for name in ("x", "y", "w", "h"):
        text = given.get(name, "")
        if not (text.isascii() and text.isdigit() and len(text) <= 3):
            return JsonResponse({"detail": _("This place is not on the grid.")}, status=400)
        numbers[name] = min(int(text), 300)
    box = grid.Box(given.get("tile", "")[:16], **numbers)
    try:
        row = keeping.tile_place(
            actor=actor, dashboard_id=dashboard_id, version=_version(given.get("version")), box=box
        )
    except keeping.DashboardMissing:
        raise Http404 from None
    except TileError as error:
        return JsonResponse({"detail": error.message}, status=409 if error.code == "conflict" else 400)
    frames = pages.tiles_of(actor, row, Lens())
    moved = next(frame for frame in frames if frame["tile"].id == box.key)
    tiles = {one.id: [one.x, one.y, one.w, one.h] for one in read(row.tiles)}
    return JsonResponse(
        {"version": row.version, "tiles": tiles, "said": f"{moved['title']}: {moved['place']}"}
    )


@require_POST
def act(request: HttpRequest, dashboard_id: int) -> HttpResponseBase:
    """Up, down, away with a tile, or the last change taken back; then the page again."""
    actor = _user(request)
    given = request.POST
    version = _version(given.get("version"))
    tile_id = given.get("tile", "")[:16]
    try:
        match given.get("do"):
            case "up" | "down":
                step = -1 if given["do"] == "up" else 1
                keeping.tile_order(
                    actor=actor, dashboard_id=dashboard_id, version=version, tile_id=tile_id, step=step
                )
            case "remove":
                keeping.tile_remove(actor=actor, dashboard_id=dashboard_id, version=version, tile_id=tile_id)
                messages.success(request, _("The tile is gone. “Undo” brings it back."))
            case "undo":
                if not keeping.tiles_undo(actor=actor, dashboard_id=dashboard_id, version=version):
                    messages.info(request, _("There is nothing to take back."))
            case _:
                raise Http404
    except keeping.DashboardMissing:
        raise Http404 from None
    except TileError as error:
        messages.error(request, error.message)
    return redirect(_building(dashboard_id))


@require_http_methods(["GET", "HEAD", "POST"])
def settings_form(request: HttpRequest, dashboard_id: int) -> HttpResponseBase:
    """Name, description, who finds it, and what it opens with."""
    actor = _user(request)
    row = _changeable(actor, dashboard_id)
    names = ("name", "description", "audience", "period", "filter")
    values = {name: request.POST.get(name, getattr(row, name)) for name in names}
    context: dict[str, Any] = {
        "dashboard": row,
        "values": values,
        "errors": {},
        "version": row.version,
        **MENU,
    }
    status = 200
    if request.method == "POST":
        version = _version(request.POST.get("version"))
        try:
            keeping.dashboard_change(actor=actor, dashboard_id=row.pk, version=version, values=values)
            return _done(request, row.pk, editing=False)
        except TileError as error:
            context |= {"errors": {error.field: error.message}, "version": request.POST.get("version")}
            status = 409 if error.code == "conflict" else 422
    context |= {
        "audiences": sharing.audiences_for(actor, row.audience),
        "periods": list(ranges.labels().items()),
        "can_filter": pages.can_filter(actor),
    }
    template = "settings_form" if request.headers.get("HX-Request") else "settings_page"
    return render(request, f"insight/dashboards/{template}.html", context, status=status)


@require_safe
def history(request: HttpRequest, dashboard_id: int) -> HttpResponseBase:
    """Who changed what, newest first; for those who may change it. Five queries."""
    actor = _user(request)
    row = _changeable(actor, dashboard_id)
    given = request.GET.get("after", "")
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
    context = {"dashboard": row, "page": changes(actor, row, after=after), **MENU}
    return render(request, "insight/dashboards/history.html", context)


@require_POST
def delete(request: HttpRequest, dashboard_id: int) -> HttpResponseBase:
    """Take a dashboard away."""
    actor = _user(request)
    row = _changeable(actor, dashboard_id)
    keeping.dashboard_delete(actor=actor, dashboard_id=row.pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": row.name})
    return redirect("insight:dashboards")


def _changeable(actor: Actor, dashboard_id: int) -> Dashboard:
    row = pages.found(actor, dashboard_id)
    if not sharing.can_change(actor, row):
        raise Http404
    return row


def _version(text: str | None) -> int:
    """The version that a form was made from; one that is none conflicts with every dashboard."""
    if text and text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    return 0


def _address(dashboard_id: int) -> str:
    return reverse("insight:dashboard", args=[dashboard_id])


def _building(dashboard_id: int) -> str:
    return f"{_address(dashboard_id)}?edit=1"


def _done(request: HttpRequest, dashboard_id: int, *, editing: bool = True) -> HttpResponse:
    address = _building(dashboard_id) if editing else _address(dashboard_id)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
