"""The page of customer value."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import sign_in_redirect
from dangol.insight.defection_pages import SHOWN, leaving_part
from dangol.insight.pages import value_page
from dangol.insight.policies import can_refresh, can_see_models, can_see_value, sight_of
from dangol.insight.retention_pages import retention_page
from dangol.insight.segmentation.policies import can_make
from dangol.insight.services import refresh_request
from dangol.measures.models import RefreshRun
from dangol.measures.selectors import run_last_done, run_latest
from dangol.web import formats

UNDER_WAY = (RefreshRun.State.WAITING, RefreshRun.State.RUNNING)


@require_safe
def value(request: HttpRequest) -> HttpResponse:
    """Customer value: key figures, segments, concentration, months, customers about to leave, lifetime value. Fifteen queries."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)  # type: ignore[return-value]
    if not can_see_value(actor):
        raise Http404
    done, latest = run_last_done(), run_latest()
    context: dict[str, Any] = {"can_refresh": can_refresh(actor), "done": done, **_run_context(latest)}
    context["can_make_segment"] = can_make(actor)
    if done is not None and done.as_of is not None:
        context |= value_page(actor=actor, run=done)
    elif actor.may("order", "import"):
        context["import_url"] = "/imports/new/"
    return render(request, "insight/value.html", context)


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Who may leave, of the customers the actor may see; who comes back and how long customers stay, the whole company's,
    for those who see all of it. Six queries."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)  # type: ignore[return-value]
    if not can_see_value(actor):
        raise Http404
    done = run_last_done()
    context: dict[str, Any] = {"menu_key": "insight", "can_see_models": can_see_models(actor)}
    if done is not None and done.as_of is not None:
        sight = sight_of(actor)
        currency = done.facts.get("currency") or formats.HOME_CURRENCY
        context |= {
            "as_of": done.as_of,
            "limited": not sight.everything,
            **leaving_part(actor=actor, run=done, sight=sight, currency=currency, limit=SHOWN),
        }
        if context["can_see_models"] and done.facts.get("retention"):
            context |= retention_page(actor, done.facts["retention"])
        if "leaving_kpi" in context:
            context["kpis"] = [context["leaving_kpi"], *context.get("kpis", [])]
    return render(request, "insight/retention.html", context)


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """How far the refresh is; asked every second. When it ends the page loads anew."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)  # type: ignore[return-value]
    if not can_see_value(actor):
        raise Http404
    latest = run_latest()
    if latest is None or latest.state not in UNDER_WAY:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(
        request, "insight/parts/run.html", {"can_refresh": can_refresh(actor), **_run_context(latest)}
    )


@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Ask for a refresh, and go back to the page, which shows how far it is."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)  # type: ignore[return-value]
    if not can_refresh(actor):
        raise Http404
    refresh_request(actor=actor, reason="page")
    return redirect("insight:value")


def _run_context(run: RefreshRun | None) -> dict[str, Any]:
    if run is None:
        return {"run": None}
    return {
        "run": run,
        "running": run.state in UNDER_WAY,
        "stopped": run.state == RefreshRun.State.STOPPED,
        "failed": run.state == RefreshRun.State.FAILED,
        "step": _step_label(run),
        "percent": round(run.part * 100),
    }


def _step_label(run: RefreshRun) -> str:
    if run.state == RefreshRun.State.WAITING:
        return _("Waiting for the analytics worker")
    step = run.step.partition(" ")[0]
    return {
        "extract": _("Copying orders"),
        "score": _("Computing segments"),
        "learn": _("Learning models"),
        "value": _("Valuing customers"),
        "publish": _("Publishing results"),
    }.get(step, _("Starting"))
