"""Who looked at a record."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dangol.records.looks import reading
from dangol.records.looks.taking import is_personal
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, load, locale_of, title_of

PAGE = 50


@require_safe
def index(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """The log of this record and what belongs to it, newest first, for those who administer. Three queries."""
    actor = actor_of(request)
    if not is_personal(record_type) or not reading.may_read_of(actor, record_type):
        raise Http404
    record = load(actor, record_type, record_id, columns=[record_type.title])
    before = request.GET.get("before", "")
    rows = reading.looks_at(actor, record_type, record_id)
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows[: PAGE + 1])
    names = reading.names_of(page)
    context = {
        "record_type": record_type,
        "record": record,
        "title": title_of(record_type, record, locale_of(actor)),
        "rows": reading.lines(page[:PAGE], names),
        "next": page[PAGE - 1].pk if len(page) > PAGE else None,
    }
    return render(request, "records/looks.html", context)
