"""The pages on which the mails of dashboards and reports are set."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.insight.mailing import keeping
from dangol.insight.mailing.subjects import DASHBOARD, REPORT, MailingError, Subject
from dangol.insight.models import Mailing, MailingCopy, Rhythm
from dangol.records.views.access import actor_of

SHOWN_COPIES = 20


def weekdays() -> list[tuple[int, str]]:
    """The days of the week by their number in ISO 8601."""
    return [
        (1, _("Monday")), (2, _("Tuesday")), (3, _("Wednesday")), (4, _("Thursday")), (5, _("Friday")),
        (6, _("Saturday")), (7, _("Sunday")),
    ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def of_dashboard(request: HttpRequest, dashboard_id: int) -> HttpResponseBase:
    """The mails of a dashboard."""
    return _mailings(request, DASHBOARD, dashboard_id)


@require_http_methods(["GET", "HEAD", "POST"])
def of_report(request: HttpRequest, report_id: int) -> HttpResponseBase:
    """The mails of a report."""
    return _mailings(request, REPORT, report_id)


@require_POST
def act_of_dashboard(request: HttpRequest, dashboard_id: int, mailing_id: int) -> HttpResponseBase:
    """End a mailing of a dashboard, or have one's own copy sent at once."""
    return _act(request, DASHBOARD, dashboard_id, mailing_id)


@require_POST
def act_of_report(request: HttpRequest, report_id: int, mailing_id: int) -> HttpResponseBase:
    """End a mailing of a report, or have one's own copy sent at once."""
    return _act(request, REPORT, report_id, mailing_id)


def _found(actor: Actor, subject: Subject, row_id: int) -> Any:
    thing = subject.find(actor, row_id)
    if thing is None:
        raise Http404
    return thing


def _mailings(request: HttpRequest, subject: Subject, row_id: int) -> HttpResponseBase:
    """What goes out to whom, what became of the last mails, and the form for another one."""
    actor = actor_of(request)
    thing = _found(actor, subject, row_id)
    context: dict[str, Any] = {
        "errors": {},
        "given": {"rhythm": Rhythm.WEEK, "day": "1", "weekday": "1", "hour": "8"},
    }
    status = 200
    if request.method == "POST":
        try:
            _create(request, actor, subject, thing)
        except MailingError as error:
            context = {"errors": {error.field: error.message}, "given": request.POST}
            status = 422
        else:
            messages.success(request, _("The mail is scheduled."))
            return redirect(subject.mailings(row_id))
    rows = list(keeping.mailings_for(actor, subject, thing))
    copies = (
        MailingCopy.objects.filter(mailing__in=rows).select_related("user").order_by("-pk")[:SHOWN_COPIES]
    )
    context |= {
        "thing": thing,
        "page": subject.page(row_id),
        "rows": [{"mailing": row, "when": _when(row), "act": subject.act(row_id, row.pk)} for row in rows],
        "copies": copies,
        "people": keeping.may_get(actor, thing)[:500],
        "asks_reason": subject.asks_reason(actor, thing),
        "chosen": {str(actor.user_id), *request.POST.getlist("people")},
        "rhythms": Rhythm.choices,
        "weekdays": weekdays(),
        "hours": range(24),
        "days": range(1, 32),
        "menu_key": f"{subject.field}s",
    }
    return render(request, "insight/mailing/mailings.html", context, status=status)


def _act(request: HttpRequest, subject: Subject, row_id: int, mailing_id: int) -> HttpResponseBase:
    actor = actor_of(request)
    thing = _found(actor, subject, row_id)
    mailing = keeping.mailings_for(actor, subject, thing).filter(pk=mailing_id).first()
    if mailing is None or actor.seen_by is not None:
        raise Http404
    if request.POST.get("do") == "end":
        keeping.mailing_end(actor=actor, mailing=mailing)
        messages.success(request, _("This mail goes out no more."))
    elif request.POST.get("do") == "now":
        keeping.copy_now(actor=actor, mailing=mailing)
        messages.success(request, _("Your copy is on its way."))
    else:
        raise Http404
    return redirect(subject.mailings(row_id))


def _create(request: HttpRequest, actor: Actor, subject: Subject, thing: Any) -> None:
    given = request.POST
    rhythm = given.get("rhythm", "")
    keeping.mailing_create(
        actor=actor,
        subject=subject,
        thing=thing,
        people=[_number(text, "people") for text in given.getlist("people")],
        rhythm=rhythm,
        day=_number(given.get("weekday" if rhythm == Rhythm.WEEK else "day", "1"), "day"),
        hour=_number(given.get("hour", ""), "hour"),
        reason=given.get("reason", ""),
    )


def _number(text: str, field: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 18:
        return int(text)
    raise MailingError(field, _("Enter a whole number."))


def _when(mailing: Mailing) -> str:
    """How often it goes out, in words."""
    hour = f"{mailing.hour:02d}:00"
    if mailing.rhythm == Rhythm.WEEK:
        return _("every %(day)s at %(hour)s") % {"day": dict(weekdays())[mailing.day], "hour": hour}
    if mailing.rhythm == Rhythm.MONTH:
        return _("on day %(day)s of every month at %(hour)s") % {"day": mailing.day, "hour": hour}
    return _("every day at %(hour)s") % {"hour": hour}
