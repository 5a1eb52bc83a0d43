"""The card of files on a record's page, and the files themselves."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.attachments import rules, selectors, services
from dangol.records.attachments.errors import AttachmentProblem
from dangol.records.attachments.sending import sent, sent_preview
from dangol.records.looks import taking as looks
from dangol.records.models import Attachment, StoredState
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of
from dangol.records.writing import Missing

MOST_AT_ONCE = 20


def _seen(request: HttpRequest, record_type: RecordType, record_id: int) -> Actor:
    """The actor, if the record is there for him. One query, whatever files there are."""
    actor = actor_of(request)
    if record_id >= 2**63 or not permissions.may(actor, record_type, "view", record_id):
        raise Http404
    looks.note("view", record_type, [record_id])
    return actor


def card(actor: Actor, record_type: RecordType, record_id: int) -> dict[str, Any]:
    """What the card's template needs. Two queries at most."""
    found = list(selectors.attachments_of(record_type, record_id)[: selectors.MOST_SHOWN])
    return {
        "record_type": record_type,
        "record_id": record_id,
        "files": found,
        "waiting": any(item.file.state == StoredState.WAITING for item in found),
        "may_attach": permissions.may(actor, record_type, "edit", record_id),
        "largest": rules.largest(),
        "largest_mb": rules.largest() >> 20,
    }


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """GET: the files of a record, as a page or as the card. POST: take files in; 422 says what is wrong with which."""
    actor = _seen(request, record_type, record_id)
    if request.method == "GET":
        return _card(request, actor, record_type, record_id)
    if not permissions.may(actor, record_type, "edit", record_id):
        raise Http404
    problems = []
    files = request.FILES.getlist("file")
    if not files:
        problems.append(_("Choose a file."))
    if len(files) > MOST_AT_ONCE:
        files, problems = [], [_("At most %(limit)s files at once.") % {"limit": MOST_AT_ONCE}]
    for file in files:
        try:
            services.attach(
                actor=actor,
                record_type=record_type,
                record_id=record_id,
                name=file.name or "",
                chunks=file.chunks(),
            )
        except AttachmentProblem as problem:
            problems.append(str(problem.message))
        except Missing:
            raise Http404 from None
    if not request.htmx and "X-Upload" not in request.headers:  # type: ignore[attr-defined]
        for text in problems:
            messages.error(request, text)
        return redirect("records:detail", record_type, record_id)
    return _card(request, actor, record_type, record_id, problems)


def _card(
    request: HttpRequest,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    problems: list[str] | None = None,
    told: str = "",
) -> HttpResponse:
    context = {**card(actor, record_type, record_id), "problems": problems or [], "actor": actor}
    part = getattr(request, "htmx", False) or "X-Upload" in request.headers
    template = "records/attachments/card.html" if part else "records/attachments/page.html"
    response = render(request, template, context, status=422 if problems else 200)
    if told:
        response["HX-Trigger"] = told
    return response


def _one(record_type: RecordType, record_id: int, key: uuid.UUID, *, deleted: bool = False) -> Attachment:
    found = selectors.attachment_of(record_type, record_id, key, deleted=deleted)
    if found is None:
        raise Http404
    return found


@require_GET
def download(
    request: HttpRequest, record_type: RecordType, record_id: int, file_key: uuid.UUID
) -> HttpResponseBase:
    """The file. 404 where the record is not there for this actor, and while the file is not ready. Two queries."""
    _seen(request, record_type, record_id)
    found = _one(record_type, record_id, file_key)
    if found.file.state != StoredState.READY:
        raise Http404
    try:
        return sent(request, found)
    except FileNotFoundError:
        raise Http404 from None


@require_GET
def preview(
    request: HttpRequest, record_type: RecordType, record_id: int, file_key: uuid.UUID
) -> HttpResponseBase:
    """The small picture of a file, by the same rule. Two queries."""
    _seen(request, record_type, record_id)
    found = _one(record_type, record_id, file_key)
    if found.file.state != StoredState.READY or not found.file.has_preview:
        raise Http404
    try:
        return sent_preview(found)
    except FileNotFoundError:
        raise Http404 from None


@require_POST
def delete(
    request: HttpRequest, record_type: RecordType, record_id: int, file_key: uuid.UUID
) -> HttpResponse:
    """Put the file into the bin; the message offers to take it back."""
    actor = _seen(request, record_type, record_id)
    found = _one(record_type, record_id, file_key)
    try:
        services.detach(actor=actor, record_type=record_type, attachment=found)
    except Missing:
        raise Http404 from None
    text = _("%(name)s is in the recycle bin for 30 days.") % {"name": found.name}
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, text)
        return redirect("records:detail", record_type, record_id)
    undo = reverse("records:file_restore", args=[record_type, record_id, file_key])
    told = json.dumps({"toast": {"text": text, "action": {"label": _("Undo"), "url": undo}}})
    return _card(request, actor, record_type, record_id, told=told)


@require_http_methods(["GET", "POST"])
def restore(
    request: HttpRequest, record_type: RecordType, record_id: int, file_key: uuid.UUID
) -> HttpResponse:
    """GET asks, POST takes the file out of the bin."""
    actor = _seen(request, record_type, record_id)
    found = _one(record_type, record_id, file_key, deleted=True)
    if not permissions.may(actor, record_type, "edit", record_id):
        raise Http404
    if request.method == "GET":
        context = {"record_type": record_type, "record_id": record_id, "file": found}
        return render(request, "records/attachments/restore.html", context)
    services.bring_back(actor=actor, record_type=record_type, attachment=found)
    messages.success(request, _("%(name)s is back.") % {"name": found.name})
    return redirect("records:detail", record_type, record_id)
