"""The recycle bin."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.records import permissions, writing
from dangol.records.bulk.acts import acts_for
from dangol.records.bulk.selection import list_token
from dangol.records.fields import Locale
from dangol.records.lists import ListError, record_get, record_list
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard, load, locale_of, title_of
from dangol.records.views.lists import _style
from dangol.records.views.state import url


def index(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """What was deleted, the last first."""
    actor = actor_of(request)
    guard(actor, record_type, "delete")
    columns = [name for name in record_type.list_fields if name in permissions.fields_for(actor, record_type)]
    try:
        page = record_list(
            actor=actor,
            record_type=record_type,
            sort=("-updated_at",),
            columns=columns,
            after=request.GET.get("after") or None,
            before=request.GET.get("before") or None,
            deleted=True,
        )
    except ListError:
        raise Http404 from None
    base = request.GET.copy()
    return render(
        request,
        "records/bin.html",
        {
            "record_type": record_type,
            "bulk_acts": acts_for(actor, record_type, in_bin=True),
            "list_token": list_token(record_type, actor, in_bin=True),
            "fields": [record_type.fields[name] for name in columns],
            "rows": [_shown(record_type, row, columns, locale_of(actor)) for row in page.rows],
            "next_url": url(base, after=page.next, before=None) if page.next else "",
            "previous_url": url(base, before=page.previous, after=None) if page.previous else "",
        },
    )


def _shown(
    record_type: RecordType, row: dict[str, Any], columns: list[str], locale: Locale
) -> tuple[int, str, list[tuple[SafeString, SafeString]]]:
    """Id, title, and the cells with their class."""
    fields = [record_type.fields[name] for name in columns]
    cells = [(mark_safe(_style(field)), field.html(row[field.name], locale)) for field in fields]  # noqa: S308
    return row["id"], record_type.title_field.text(row[record_type.title], locale), cells


@require_POST
def delete(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """Into the bin; the message offers the way back."""
    actor = actor_of(request)
    record = load(actor, record_type, record_id)
    title = title_of(record_type, record, locale_of(actor))
    try:
        writing.delete(record_type, [record_id], actor=actor)
    except writing.Missing:
        raise Http404 from None
    except writing.WriteError as problem:
        messages.error(request, str(problem.errors[0].message))
        return redirect("records:detail", record_type, record_id)
    messages.success(
        request,
        format_html(
            '{} <a href="/{}/bin/">{}</a>',
            _("%(title)s is in the recycle bin.") % {"title": title},
            record_type.path,
            _("Open the recycle bin"),
        ),
    )
    return redirect("records:list", record_type)


@require_POST
def restore(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """Out of the bin."""
    actor = actor_of(request)
    guard(actor, record_type, "delete")
    record = record_get(actor=actor, record_type=record_type, record_id=record_id, deleted=True)
    if record is None:
        raise Http404
    try:
        writing.restore(record_type, [record_id], actor=actor)
    except writing.Missing:
        raise Http404 from None
    messages.success(
        request, _("%(title)s is back.") % {"title": title_of(record_type, record, locale_of(actor))}
    )
    return redirect("records:detail", record_type, record_id)
