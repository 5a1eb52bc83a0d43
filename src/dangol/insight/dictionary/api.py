"""Metrics for programs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import problem, unauthorized
from dangol.insight.dictionary.asking import asked
from dangol.measures.metrics import Metric, NotAllowed, NotHere, QuestionError, UnknownMetric, ask, base_of
from dangol.measures.metrics.answer import Answer, Compared, Part, Row
from dangol.measures.metrics.dimensions import dimensions_for
from dangol.measures.metrics.explaining import explain, explained_by
from dangol.measures.metrics.questions import every_for

View = Callable[..., HttpResponseBase]


def _answering(view: View) -> View:
    """A view for programs: whoever may ask for no metric is refused, and a question that is wrong is told what is."""

    @csrf_exempt
    @require_safe
    @wraps(view)
    def answering(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        actor: Actor | None = request.actor  # type: ignore[attr-defined]
        if actor is None:
            return unauthorized(code="sign_in_needed", detail=_("Sign in, or send an API token."))
        if not every_for(actor):
            return problem(
                status=403,
                code="not_allowed",
                title=_("Not allowed"),
                detail=_("Metrics need the permission to see the records that they are computed from."),
            )
        try:
            return view(request, actor, **parts)
        except UnknownMetric as error:
            return problem(status=404, code=error.code, title=_("Not found"), detail=error.message)
        except NotAllowed as error:
            return problem(status=403, code=error.code, title=_("Not allowed"), detail=error.message)
        except NotHere as error:
            return problem(status=503, code=error.code, title=_("Not computed yet"), detail=error.message)
        except QuestionError as error:
            return problem(
                status=400,
                code=error.code,
                title=_("Not understood"),
                detail=error.message,
                parameter=error.parameter,
            )

    return answering


@_answering
def metric_list(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """`GET /api/v1/metrics`: the metrics that the caller may ask for, with their meaning and dimensions."""
    return _json({"items": [_described(metric, actor) for metric in every_for(actor)]})


@_answering
def metric(request: HttpRequest, actor: Actor, name: str) -> HttpResponseBase:
    """`GET /api/v1/metrics/{name}?by=&filter=&from=&to=&grain=`: a metric of what the caller may see.

    Values are strings, exact; null is unknown or undefined, never nothing.
    """
    wanted = asked(request.GET)
    answer = ask(
        actor,
        name,
        by=wanted.by,
        filter=wanted.filter,
        since=wanted.since,
        until=wanted.until,
        grain=wanted.grain,
    )
    return _json(
        {
            **_described(answer.metric, actor),
            **_about(answer),
            "total": {"value": _plain(answer.total), "url": answer.url},
            "compared": [_compared(answer, one) for one in answer.compared],
            "items": [_row(answer, row) for row in answer.rows],
            "parts": [_part(answer, part) for part in answer.parts],
            "more": answer.more,
        }
    )


@_answering
def change(request: HttpRequest, actor: Actor, name: str) -> HttpResponseBase:
    """`GET /api/v1/metrics/{name}/change?by=&against=before|year`: what a change is made of, the largest first."""
    wanted = asked(request.GET)
    found = explain(
        actor,
        name,
        by=wanted.by or "",
        against=request.GET.get("against") or "before",
        filter=wanted.filter,
        since=wanted.since,
        until=wanted.until,
        grain=wanted.grain,
    )
    return _json(
        {
            **_described(found.answer.metric, actor),
            **_about(found.answer),
            "against": found.against,
            "now": _plain(found.now),
            "then": _plain(found.then),
            "change": _plain(found.change),
            "mix": _plain(found.mix),
            "rate": _plain(found.rate),
            "contributions": [
                {
                    "member": None if one.member is None else str(one.member),
                    "label": one.label,
                    "now": _plain(one.now),
                    "then": _plain(one.then),
                    "contribution": _plain(one.amount),
                    "mix": _plain(one.mix),
                    "rate": _plain(one.rate),
                }
                for one in found.contributions
            ],
        }
    )


def _described(metric: Metric, actor: Actor) -> dict[str, Any]:
    explains = set(explained_by(actor, metric))
    return {
        "name": metric.name,
        "label": str(metric.label),
        "unit": metric.unit,
        "meaning": str(metric.meaning),
        "formula": str(metric.in_words),
        "owner": str(metric.owner),
        "good": metric.good,
        "filters": base_of(metric).lists or None,
        "dimensions": [
            {"name": name, "label": str(one.label), "adds_up": name in explains}
            for name, one in dimensions_for(actor, metric).items()
        ],
    }


def _about(answer: Answer) -> dict[str, Any]:
    span = answer.question.span
    return {
        "as_of": answer.as_of.isoformat() if answer.as_of else None,
        "taken_at": answer.taken_at.isoformat() if answer.taken_at else None,
        "currency": answer.currency or None,
        "grain": answer.grain or None,
        "from": span.since.isoformat() if span else None,
        "to": span.until.isoformat() if span else None,
        "by": answer.by.name if answer.by else None,
        "filter": answer.question.text,
        "limited": answer.limited,
    }


def _compared(answer: Answer, one: Compared) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "from": one.since.isoformat(),
        "to": one.until.isoformat(),
        "value": _plain(one.value),
        "change": _plain(one.change),
        "ratio": _plain(one.ratio),
        "known": one.known,
        "url": answer.url_of(one),
    }


def _row(answer: Answer, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {
        "period": row.period.isoformat() if row.period else None,
        "to": row.until.isoformat() if row.until else None,
        "value": _plain(row.value),
        "complete": row.complete,
    }
    if answer.by is not None:
        return {**found, "member": None if row.member is None else str(row.member), "label": row.label}
    return {**found, "year_before": _plain(row.year), "url": answer.url_of(row)}


def _part(answer: Answer, part: Part) -> dict[str, Any]:
    return {
        "member": None if part.member is None else str(part.member),
        "label": part.label,
        "value": _plain(part.value),
        "before": _plain(part.before),
        "share": _plain(part.share),
        "url": answer.url_of(part),
    }


def _plain(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _json(data: dict[str, Any]) -> JsonResponse:
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False})
