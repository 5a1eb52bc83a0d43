"""Personal data: the log of looks, its seals, the monthly review, and what the company has set."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.forms import show_errors
from dangol.administration.privacy_forms import LooksForm, PrivacyForm, ReasonForm, ReviewForm
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.records import registry
from dangol.records.exporting.views import as_download
from dangol.records.formulas import guarded
from dangol.records.looks import reading, reviewing, sealing
from dangol.records.looks import settings as privacy
from dangol.records.models import Erasure, LookReview, LookSeal
from dangol.records.persons.erasing import is_genuine

PER_PAGE = 50
ACTS = {
    "removed": gettext_lazy("Removed"),
    "emptied": gettext_lazy("Emptied"),
    "swept": gettext_lazy("Blacked out"),
    "files": gettext_lazy("Files removed"),
    "": gettext_lazy("Removed"),
}
NAMES = {
    "history": gettext_lazy("Lines of history"),
    "records_change": gettext_lazy("Lines of history"),
    "attachments": gettext_lazy("Files"),
    "shared": gettext_lazy("Shared with others"),
}
PEOPLE = ("most", "night", "weekend", "downloads", "refused", "revealed")


def tabs(at: str) -> list[dict[str, Any]]:
    """The pages about personal data."""
    known = [
        ("looks", _("Who looked at whose data")),
        ("reviews", _("Monthly review")),
        ("erasures", _("Erasures")),
        ("privacy", _("Settings")),
    ]
    pages = [
        {"label": label, "url": reverse(f"administration:{name}"), "on": name == at} for name, label in known
    ]
    lists = [registry.get(name) for name in ("consent_purpose", "consent_wording", "retention_rule")]
    return [*pages, *({"label": one.label_plural, "url": f"/{one.path}/", "on": False} for one in lists)]


@require_safe
@administrators_only
def looks(request: SignedInRequest) -> HttpResponse:
    """The log, newest first, with a question. Four queries."""
    form = LooksForm(request.GET)
    page: list[Any] = []
    if form.is_valid():
        rows = reading.looks(request.actor, form.asked())
        before = request.GET.get("before", "")
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
        page = list(rows[: PER_PAGE + 1])
    question = request.GET.copy()
    question.pop("before", None)
    more = question.copy()
    if len(page) > PER_PAGE:
        more["before"] = str(page[PER_PAGE - 1].pk)
    context = {
        "form": form,
        "rows": reading.lines(page[:PER_PAGE], reading.names_of(page)),
        "next_url": f"?{more.urlencode()}" if len(page) > PER_PAGE else "",
        "question": question.urlencode(),
        "asked": any(question.values()),
        "reason": ReasonForm(auto_id="export-%s"),
        "seal": LookSeal.objects.order_by("-id").first(),
        "tabs": tabs("looks"),
    }
    return render(request, "administration/looks.html", context, status=422 if form.errors else 200)


@require_POST
@administrators_only
def looks_export(request: SignedInRequest) -> HttpResponse:
    """What was asked for, as CSV; that it went out stands in the log with the reason."""
    form, reason = LooksForm(request.GET), ReasonForm(request.POST)
    if not form.is_valid() or not reason.is_valid():
        messages.error(request, _("Say what for, in at least %(least)s characters.") % {"least": 5})
        return redirect(f"{reverse('administration:looks')}?{request.GET.urlencode()}")
    rows = reading.exported(request.actor, form.asked(), reason=reason.cleaned_data["reason"])
    first = next(rows)  # writes the line of the log before anything is sent
    response = StreamingHttpResponse(_csv(first, rows), content_type="text/csv; charset=utf-8")
    return cast(HttpResponse, as_download(response, "access-log.csv"))


def _csv(first: list[str], rows: Iterator[list[str]]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    yield b"\xef\xbb\xbf"
    for row in (first, *()):
        writer.writerow(row)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


@require_POST
@administrators_only
def verify(request: SignedInRequest) -> HttpResponse:
    """Compute every seal of the log anew, and say what came of it."""
    verdict = sealing.verify()
    return render(request, "administration/looks_verified.html", {"verdict": verdict, "tabs": tabs("looks")})


@require_safe
@administrators_only
def reviews(request: SignedInRequest) -> HttpResponse:
    """The months: which is due, which were signed off. Three queries."""
    month = reviewing.due()
    context = {
        "due": month,
        "due_number": month.year * 100 + month.month if month else None,
        "rows": [(one, one.month.year * 100 + one.month.month) for one in LookReview.objects.all()[:60]],
        "tabs": tabs("reviews"),
    }
    return render(request, "administration/reviews.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def review(request: SignedInRequest, month: int) -> HttpResponse:
    """A month's figures, and the sign-off; of one that was signed off, what the reviewer saw and said."""
    year, number = divmod(month, 100)
    if not (2000 <= year <= 9000 and 1 <= number <= 12):
        raise Http404
    first = date(year, number, 1)
    done = LookReview.objects.filter(month=first).first()
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and done is None and form.is_valid():
        try:
            reviewing.review_sign(actor=request.actor, month=first, note=form.cleaned_data["note"])
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("The month is signed off."))
            return redirect("administration:review", month=month)
    figures = done.figures if done else reviewing.figures(request.actor, first)
    labels = {
        "most": _("Most records seen"),
        "night": _("Looks between 22:00 and 06:00"),
        "weekend": _("Looks at weekends"),
        "downloads": _("Records downloaded"),
        "refused": _("Looks refused"),
        "revealed": _("Masked values revealed"),
    }
    context = {
        "month": first,
        "done": done,
        "form": form,
        "numbers": [
            {"label": _("Looks"), "value": f"{figures['looks']:,}"},
            {"label": _("Records seen"), "value": f"{figures['records']:,}"},
        ],
        "people": [(labels[key], figures["people"].get(key, [])) for key in PEOPLE],
        "log_url": f"{reverse('administration:looks')}?since={first:%Y-%m-%d}",
        "tabs": tabs("reviews"),
    }
    return render(request, "administration/review.html", context, status=422 if form.errors else 200)


@require_safe
@administrators_only
def erasures(request: SignedInRequest) -> HttpResponse:
    """Who was erased – as numbers –, newest first. One query."""
    rows = [(one, _called(one.record_type)) for one in Erasure.objects.all()[:200]]
    return render(request, "administration/erasures.html", {"rows": rows, "tabs": tabs("erasures")})


@require_safe
@administrators_only
def certificate(request: SignedInRequest, key: UUID) -> HttpResponse:
    """The certificate of an erasure. One query."""
    done = get_object_or_404(Erasure, key=key)
    what = []
    for name, number in done.counts.items():
        act, _colon, subject = name.rpartition(":")
        what.append((ACTS.get(act, act), _called(subject), number))
    context = {
        "done": done,
        "label": _called(done.record_type),
        "what": what,
        "kept": [(_called(name), number) for name, number in done.kept.items()],
        "genuine": is_genuine(done) if done.hash else None,
        "tabs": tabs("erasures"),
    }
    return render(request, "administration/certificate.html", context)


def _called(name: str) -> str:
    """A type, a table of a type, or what else the certificate counts, in words."""
    record_type = registry.find(name)
    if record_type is None:
        record_type = next((one for one in registry.all_types() if one.table.name == name), None)
    return str(record_type.label_plural) if record_type else str(NAMES.get(name, name))


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def settings(request: SignedInRequest) -> HttpResponse:
    """What the company has set about personal data."""
    form = PrivacyForm(request.POST if request.method == "POST" else None, current=privacy.current())
    if request.method == "POST" and form.is_valid():
        try:
            privacy.save(actor=request.actor, values=form.values())
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("administration:privacy")
    context = {"form": form, "tabs": tabs("privacy")}
    return render(request, "administration/privacy.html", context, status=422 if form.errors else 200)
