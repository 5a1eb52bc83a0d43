"""Metrics for programs."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import problem, unauthorized
from dangol.insight.policies import can_see_value, sight_of
from dangol.measures import metrics, selectors


@csrf_exempt
@require_safe
def metric_list(request: HttpRequest) -> HttpResponseBase:
    """`GET /api/v1/metrics`: all metrics with their meaning."""
    refused = _refusal(request)
    if refused is not None:
        return refused
    return _json({"items": [_described(metric) for metric in metrics.registered()]})


@csrf_exempt
@require_safe
def metric(request: HttpRequest, name: str) -> HttpResponseBase:
    """`GET /api/v1/metrics/{name}?from=2026-01&to=2026-11`: a metric by month, of what the caller may see.

    Values are strings, exact to the last decimal. Months without rows are left out.
    """
    refused = _refusal(request)
    if refused is not None:
        return refused
    wanted = metrics.find(name)
    if wanted is None:
        known = ", ".join(one.name for one in metrics.registered())
        return problem(
            status=404,
            code="unknown_metric",
            title=_("Not found"),
            detail=_("There is no metric of this name. There are: %(names)s.") % {"names": known},
        )
    borders = {}
    for parameter in ("from", "to"):
        text = request.GET.get(parameter, "")
        try:
            borders[parameter] = _month(text) if text else None
        except ValueError:
            return problem(
                status=400,
                code="invalid_month",
                title=_("Not understood"),
                detail=_("“%(parameter)s” must be a month such as 2026-11 or a day such as 2026-11-20.")
                % {"parameter": parameter},
            )
    actor: Actor = request.actor  # type: ignore[attr-defined]
    sight = sight_of(actor)
    run = selectors.run_last_done()
    figures = selectors.metric_by_month(
        metric=wanted,
        start=borders["from"],
        end=borders["to"],
        records=None if sight.everything else sight.customers,
    )
    return _json(
        {
            **_described(wanted),
            "as_of": run.as_of.isoformat() if run and run.as_of else None,
            "currency": (run.facts.get("currency") or None) if run and wanted.unit == "money" else None,
            "items": [
                {"period": month.strftime("%Y-%m"), "value": _plain(figures[month])}
                for month in sorted(figures)
            ],
        }
    )


def _refusal(request: HttpRequest) -> HttpResponse | None:
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return unauthorized(code="sign_in_needed", detail=_("Sign in, or send an API token."))
    if not can_see_value(actor):
        return problem(
            status=403,
            code="not_allowed",
            title=_("Not allowed"),
            detail=_("Metrics need the permission to see customers and orders."),
        )
    return None


def _described(metric: metrics.Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "label": str(metric.label),
        "unit": metric.unit,
        "meaning": str(metric.meaning),
        "good": metric.good,
    }


def _month(text: str) -> date:
    form = "%Y-%m-%d" if len(text) > 7 else "%Y-%m"
    return datetime.strptime(text, form).date()  # noqa: DTZ007 - a month has no time zone


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _json(data: dict[str, Any]) -> JsonResponse:
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False})
