"""The rights of a person: what there is handed over, or erased."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.records import registry, writing
from dangol.records.exporting.views import as_download
from dangol.records.models import Erasure
from dangol.records.persons import erasing, handing
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, load, locale_of, title_of


def _guarded(request: HttpRequest, record_type: RecordType) -> None:
    if not erasing.may_erase(actor_of(request), record_type):
        raise Http404


@require_safe
def person(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """What there is about somebody, what of it would go, and the two acts."""
    _guarded(request, record_type)
    return _page(request, record_type, record_id)


def _page(
    request: HttpRequest,
    record_type: RecordType,
    record_id: int,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The page, with what is wrong beside each field and what was typed kept."""
    actor = actor_of(request)
    record = load(actor, record_type, record_id, columns=[record_type.title])
    preview = erasing.preview(actor=actor, record_type=record_type, record_id=record_id)
    context = {
        "record_type": record_type,
        "record": record,
        "title": title_of(record_type, record, locale_of(actor)),
        "preview": preview,
        "goes": [(registry.get(name).label_plural, count) for name, count in preview.goes.items()],
        "kept": [(registry.get(name).label_plural, count) for name, count in preview.kept.items()],
        "because": erasing.KEPT_BECAUSE,
        "erasures": Erasure.objects.filter(record_type=record_type.name, record_id=record_id),
        "errors": errors or {},
        "given": request.POST,
    }
    return render(request, "records/persons/person.html", context, status=422 if errors else 200)


@require_POST
def export(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponseBase:
    """Everything about the person as a ZIP file."""
    _guarded(request, record_type)
    reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())[:500]
    if len(reason) < erasing.REASON_LEAST:
        message = _("Say what for, in at least %(least)s characters.") % {"least": erasing.REASON_LEAST}
        return _page(request, record_type, record_id, {"export_reason": message})
    try:
        file = handing.person_export(
            actor=actor_of(request), record_type=record_type, record_id=record_id, reason=reason
        )
    except writing.Missing:
        raise Http404 from None
    return as_download(
        FileResponse(file, content_type="application/zip"), f"{record_type.name}-{record_id}.zip"
    )


@require_POST
def erase(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """Have the person erased; where the title is typed again, and a reason given."""
    _guarded(request, record_type)
    actor = actor_of(request)
    record = load(actor, record_type, record_id, columns=[record_type.title])
    if request.POST.get("title", "").strip() != str(record[record_type.title]):
        message = _("Type the name as it stands here, so that nobody else is erased.")
        return _page(request, record_type, record_id, {"title": message})
    try:
        erasing.erasure_ask(
            actor=actor,
            record_type=record_type,
            record_id=record_id,
            reason=request.POST.get("reason", ""),
            everywhere=request.POST.get("everywhere") == "on",
        )
    except ValidationError as error:
        return _page(request, record_type, record_id, {"erase_reason": " ".join(error.messages)})
    except writing.Missing:
        raise Http404 from None
    messages.success(
        request, _("The erasure has begun. Its certificate stands under Settings, Personal data.")
    )
    return redirect("records:person", record_type, record_id)
