"""In-place edit of one field, in a list or on a record's page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dangol.records import permissions, widgets, writing
from dangol.records.fields.masks import Masked, is_there
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, load, locale_of


@require_http_methods(["GET", "POST"])
def cell(request: HttpRequest, record_type: RecordType, record_id: int, field: str) -> HttpResponse:
    """GET: the widget (with `?shown`, the value). POST: save and show the value, or the widget with what is wrong."""
    actor = actor_of(request)
    definition = record_type.fields.get(field)
    if definition is None or not definition.editable:
        raise Http404
    record = load(actor, record_type, record_id, columns=[field])
    locale = locale_of(actor)
    if request.method == "GET" and "shown" in request.GET:
        return HttpResponse(definition.html(record[field], locale))
    if not permissions.may(actor, record_type, "edit", record_id):
        raise Http404
    if request.method == "GET" and isinstance(definition, Masked) and is_there(record[field]):
        return HttpResponse(definition.html(record[field], locale))  # it stays as it is
    control = widgets.stored(definition, record[field], locale, inline=True)
    version = record["version"]
    status = 200
    if request.method == "POST":
        try:
            version = int(request.POST.get("version", ""))
        except ValueError:
            version = record["version"]
        given = widgets.read(definition, request.POST)
        if isinstance(definition, Masked) and given in ("", None):
            # What was not shown is not cleared by leaving it alone.
            return HttpResponse(definition.html(record[field], locale))
        try:
            writing.update(
                record_type,
                record_id,
                {field: given},
                actor=actor,
                version=version,
            )
        except writing.Missing:
            raise Http404 from None
        except writing.WriteError as problem:
            control = widgets.typed(definition, request.POST, str(problem.errors[0].message), inline=True)
            status = 422
        else:
            record = load(actor, record_type, record_id, columns=[field])
            return HttpResponse(definition.html(record[field], locale))
    return render(
        request,
        "records/parts/cell.html",
        {
            "record_type": record_type,
            "record_id": record_id,
            "field": definition,
            "input": control,
            "version": version,
        },
        status=status,
    )
