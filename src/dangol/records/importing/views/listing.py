"""The list of imports."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dangol.identity.actors import may_administer
from dangol.records.importing import runs, saved
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.scheduling import services
from dangol.records.importing.views.access import MENU_KEY, TONES, actor_of, type_labels
from dangol.records.models import ImportState

PAGE = 30


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The runs this actor may see, newest first; `?state=` shows those in one state."""
    actor = actor_of(request)
    found = runs.runs_visible_to(actor).select_related("owner", "schedule").order_by("-id")
    state = request.GET.get("state", "")
    if state in ImportState.values:
        found = found.filter(state=state)
    else:
        state = ""
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    page = list(found[: PAGE + 1])
    more = f"before={page[PAGE - 1].pk}" if len(page) > PAGE else ""
    following = (
        "?" + "&".join(part for part in (f"state={state}" if state else "", more) if part) if more else ""
    )
    tabs = [{"label": _("All"), "url": "?", "on": not state}]
    tabs += [
        {"label": label, "url": f"?state={value}", "on": value == state}
        for value, label in ImportState.choices
    ]
    shown = [{"run": run, "tone": TONES[run.state], "types": type_labels(run)} for run in page[:PAGE]]
    return render(
        request,
        "records/importing/list.html",
        {
            "runs": shown,
            "next_url": following,
            "menu_key": MENU_KEY,
            "sees_all": actor.is_administrator,
            "tabs": tabs,
            "state": state,
            "kept": saved.saved_mappings(known.name for known in runs.importable_types(actor)),
            "may_forget_all": may_administer(actor),
            "own": actor.user_id,
            "stopped": services.schedules_visible_to(actor).filter(state__stopped_at__isnull=False),
        },
    )


@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """Delete a saved mapping."""
    actor = actor_of(request)
    kept = saved.saved_mappings(known.name for known in runs.importable_types(actor))
    one = next((one for one in kept if one.pk == number), None)
    if one is None:
        raise Http404
    try:
        saved.mapping_forget(saved=one, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    return redirect("imports:list")
