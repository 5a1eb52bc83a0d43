"""The pages of the dictionary of metrics."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import sign_in_redirect
from dangol.insight.dictionary import pages
from dangol.insight.dictionary.asking import asked
from dangol.insight.policies import can_refresh
from dangol.measures.metrics import NotAllowed, NotHere, QuestionError, UnknownMetric
from dangol.measures.metrics.explaining import AGAINST
from dangol.measures.metrics.questions import Wanted, every_for, metric_for


@require_safe
def dictionary(request: HttpRequest) -> HttpResponseBase:
    """All metrics that the reader may ask for, with a search."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)
    if not every_for(actor):
        raise Http404
    sought = (request.GET.get("q") or "")[:100].replace("\x00", "")
    return render(
        request, "insight/metrics/dictionary.html", {**pages.dictionary(actor, sought), "menu_key": "metrics"}
    )


@require_safe
def metric(request: HttpRequest, name: str) -> HttpResponseBase:
    """One metric: meaning, chart, split, contributors. What cannot be answered is said above the form, with a way out."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)
    try:
        wanted = metric_for(actor, name)
    except (UnknownMetric, NotAllowed) as error:
        raise Http404 from error
    against = request.GET.get("against", "")
    against = against if against in AGAINST else "before"
    context: dict[str, Any] = {"asked": request.GET, "menu_key": "metrics", "can_refresh": can_refresh(actor)}
    status = 200
    try:
        context |= pages.of_metric(actor, wanted, asked(request.GET), against)
    except NotHere as error:
        context |= {"metric": wanted, "missing": error.message}
    except QuestionError as error:
        status = 400
        context["problem"] = error.message
        try:
            context |= pages.of_metric(actor, wanted, Wanted(), against)
        except NotHere as missing:
            context |= {"metric": wanted, "missing": missing.message}
    return render(request, "insight/metrics/metric.html", context, status=status)
