"""The list of a record type: filter as chips and as text, columns, sort, keyset pages, honest count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor, may_administer
from dangol.records import filters, permissions
from dangol.records.bulk.acts import acts_for
from dangol.records.bulk.selection import list_token
from dangol.records.exporting import forms as exporting
from dangol.records.fields import Choice, Field, Locale
from dangol.records.fields.masks import Mask
from dangol.records.filters.tree import EVERYTHING, And, Tree
from dangol.records.lists import ListError, Page, record_count, record_list
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard, locale_of
from dangol.web import formats, menu

PAGE = 50
SLOW_SECONDS = 0.5
"""A list that took longer proposes an index for the own fields it was filtered or sorted by."""
INLINE = ' data-inline tabindex="0" hx-trigger="inline" hx-swap="innerHTML"'
OPERATOR_LABELS = {
    "=": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
    "contains": gettext_lazy("contains"),
    "not contains": gettext_lazy("does not contain"),
    "starts with": gettext_lazy("starts with"),
    "is empty": gettext_lazy("is empty"),
    "is not empty": gettext_lazy("is not empty"),
}


@dataclass(frozen=True, slots=True)
class Heading:
    """One column's head: where a click sorts, and how it is sorted now (ascending, descending or "")."""

    field: Field
    url: str
    sorted: str


@dataclass(frozen=True, slots=True)
class FilterState:
    """The filter as asked for, and what is wrong with it."""

    text: str
    tree: Tree | None
    error: str = ""
    pointed: str = ""


def read_filter(request: HttpRequest, record_type: RecordType) -> FilterState:
    """The filter of the address: text or JSON in `filter`."""
    text = request.GET.get("filter", "").strip()
    try:
        if text.startswith("{"):
            tree = filters.from_json(orjson.loads(text), record_type, actor=actor_of(request))
            return FilterState(filters.to_text(tree), tree)
        return FilterState(text, filters.parse(text, record_type, actor=actor_of(request)))
    except filters.FilterError as problem:
        return FilterState(text, None, str(problem), filters.point(problem, text))
    except orjson.JSONDecodeError:
        return FilterState(text, None, _("This is not valid JSON."))


def index(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The list page; for htmx, the region below the filter box only."""
    actor = actor_of(request)
    guard(actor, record_type)
    locale = locale_of(actor)
    state = read_filter(request, record_type)
    if state.tree is not None and "add_field" in request.GET:
        return _with_condition(request, record_type, state)
    known = permissions.fields_for(actor, record_type)
    columns = columns_asked(request, record_type, known)
    problem = ""
    page = Page([], None, None)
    sort = sort_asked(request, record_type, known)
    started = perf_counter()
    if state.tree is not None:
        try:
            page = record_list(
                actor=actor,
                record_type=record_type,
                tree=state.tree,
                sort=sort,
                limit=PAGE,
                after=request.GET.get("after") or None,
                before=request.GET.get("before") or None,
                columns=[*columns, *({record_type.title} - set(columns))],
            )
        except ListError as error:
            problem = error.message
    slow = perf_counter() - started > SLOW_SECONDS
    base = request.GET.copy()
    for passing in ("after", "before", "_"):
        base.pop(passing, None)
    bulk_acts = acts_for(actor, record_type)
    context = {
        "record_type": record_type,
        "bulk_acts": bulk_acts,
        "list_token": list_token(record_type, actor, filter_text=state.text, sort=sort) if bulk_acts else "",
        "state": state,
        "problem": problem,
        "chips": _chips(record_type, state, base, actor),
        "headings": [_heading(record_type, name, sort or record_type.default_sort, base) for name in columns],
        "rows": _rows(
            record_type, page.rows, columns, locale, _editable(actor, record_type, page.rows), bool(bulk_acts)
        ),
        "next_url": _url(base, after=page.next) if page.next else "",
        "previous_url": _url(base, before=page.previous) if page.previous else "",
        "count_url": f"{reverse('records:count', args=[record_type])}?{_query(base)}",
        "live": _live(record_type, page.rows),
        "only_page": not page.next and not page.previous,
        "shown": len(page.rows),
        "may_create": permissions.allowed(actor, record_type, "create") and bool(record_type.sections),
        "may_delete": permissions.allowed(actor, record_type, "delete"),
        "may_import": actor.may(record_type.name, "import"),
        "export_form": exporting.dialog(actor, record_type, columns),
        "query": _query(base),
        "columns": columns,
        "shown_fields": [record_type.fields[name] for name in columns if name != record_type.title],
        "column_choices": _column_choices(
            record_type, record_type.edition, tuple(known), frozenset(columns), actor.language
        ),
        "field_options": _field_options(record_type, record_type.edition, tuple(known), actor.language),
        "operators": OPERATOR_LABELS,
        "hidden": [(key, value) for key, value in base.items() if key not in ("filter", "cols")],
        "sort": request.GET.get("sort", ""),
        "cleared_url": _url(base, filter=None),
        "filtered": state.text != "",
        "slow_fields": _slow_fields(actor, record_type, state.tree, sort) if slow else [],
        "example": _example(record_type, actor.language),
    }
    template = (
        "records/parts/list.html" if request.headers.get("HX-Target") == "list" else "records/list.html"
    )
    status = 200 if state.tree is not None and not problem else 422
    return render(
        request,
        template,
        context,
        status=200 if template == "records/list.html" and status == 200 else status,
    )


def _slow_fields(
    actor: Actor, record_type: RecordType, tree: Tree | None, sort: Sequence[str]
) -> list[tuple[Any, str]]:
    """Own fields without an index that this list is filtered or sorted by, for whoever could have one built."""
    if not menu.routes.own_field or not may_administer(actor):
        return []
    names = {item.removeprefix("-") for item in sort}
    names |= {path[0] for path in filters.paths(tree)} if tree is not None else set()
    asked = (record_type.own_fields[name] for name in names if name in record_type.own_fields)
    return [
        (field.label, reverse(menu.routes.own_field, args=[field.identity]))
        for field in asked
        if field.identity and not field.indexed and field.kind != "long_text"
    ]


def count(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """How many records the list has, as a fragment, so that the list itself need not wait for it."""
    actor = actor_of(request)
    guard(actor, record_type)
    state = read_filter(request, record_type)
    if state.tree is None:
        return HttpResponse("")
    found = record_count(actor=actor, record_type=record_type, tree=state.tree, seen=PAGE)
    number = formats.number(found.value, actor.language) + ("" if found.exact else "+")
    return HttpResponse(format_html("{}", _("%(count)s records") % {"count": number}))


def suggest(request: HttpRequest, record_type: RecordType) -> JsonResponse:
    """What could stand at the cursor of the filter box."""
    actor = actor_of(request)
    guard(actor, record_type)
    text = request.GET.get("q", "")[: filters.tree.MAX_TEXT]
    try:
        cursor = int(request.GET.get("cursor", len(text)))
    except ValueError:
        cursor = len(text)
    found = filters.suggest(text, cursor, record_type, actor=actor)
    return JsonResponse({"items": [asdict(item) for item in found]})


def _with_condition(request: HttpRequest, record_type: RecordType, state: FilterState) -> HttpResponse:
    """Join the condition made in the dialog to the filter, and go to the list with it."""
    name, op = request.GET["add_field"], request.GET.get("add_op", "=")
    value = request.GET.get("add_value", "")
    base = request.GET.copy()
    for passing in ("after", "before", "add_field", "add_op", "add_value"):
        base.pop(passing, None)
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = f"{name} {op}" if op.startswith("is ") else f"{name} {op} {quoted}"
    try:
        added = filters.parse(text, record_type, actor=actor_of(request))
    except filters.FilterError:
        joined = f"({state.text}) and {text}" if state.text else text
        return HttpResponseRedirect(_url(base, filter=joined))
    return HttpResponseRedirect(_url(base, filter=filters.to_text(And.of(state.tree or EVERYTHING, added))))


def sort_asked(request: HttpRequest, record_type: RecordType, known: Mapping[str, Field]) -> tuple[str, ...]:
    """How the address wants the list sorted; empty for the type's own order."""
    sort = tuple(item for item in request.GET.get("sort", "").split(",") if item)
    if not sort and all(item.removeprefix("-") in known for item in record_type.page_sort):
        sort = record_type.page_sort
    return sort


def columns_asked(request: HttpRequest, record_type: RecordType, known: Mapping[str, Field]) -> list[str]:
    """The columns that the address names, else those the type shows unasked; always with the title."""
    chosen = request.GET.getlist("cols")
    names = [name for item in chosen for name in item.split(",") if name in known]
    names = list(dict.fromkeys(names)) or [name for name in record_type.list_fields if name in known]
    if record_type.title not in names:
        names.insert(0, record_type.title)
    return names


def _chips(
    record_type: RecordType, state: FilterState, base: QueryDict, actor: Actor
) -> list[tuple[str, str]]:
    """Label of each condition, and the list without it."""
    if state.tree is None or state.tree == EVERYTHING:
        return []
    return [
        (chip.label_text, _url(base, filter=chip.text_without_this or None))
        for chip in filters.to_chips(state.tree, record_type, actor=actor)
    ]


# Kept, since they are the same on every page and longer than most lists. Labels speak the language of the request, which
# is the reader's.
@lru_cache(maxsize=128)
def _field_options(
    record_type: RecordType, edition: int, names: tuple[str, ...], language: str
) -> SafeString:
    """The fields that can be filtered, as options."""
    fields = [record_type.fields[name] for name in names]
    return format_html_join(
        "",
        '<option value="{}">{}</option>',
        ((field.name, field.label) for field in fields if field.operators),
    )


@lru_cache(maxsize=128)
def _column_choices(
    record_type: RecordType, edition: int, names: tuple[str, ...], chosen: frozenset[str], language: str
) -> SafeString:
    """A checkbox for each field that can be a column and is none yet; the title always is one."""
    return format_html_join(
        "",
        '<div class="pickline"><label><input type="checkbox" name="cols" value="{}"> {}</label></div>',
        (
            (name, record_type.fields[name].label)
            for name in names
            if name != record_type.title and name not in chosen
        ),
    )


def _heading(record_type: RecordType, name: str, sort: Sequence[str], base: QueryDict) -> Heading:
    field = record_type.fields[name]
    first = sort[0] if sort else ""
    sorted_ = {name: "ascending", f"-{name}": "descending"}.get(first, "")
    start = f"-{name}" if field.numeric or field.kind in ("date", "datetime") else name
    following = {name: f"-{name}", f"-{name}": name}.get(first, start)
    return Heading(field, _url(base, sort=following) if field.sortable else "", sorted_)


def _editable(actor: Actor, record_type: RecordType, rows: Sequence[dict[str, Any]]) -> Collection[int]:
    """Ids of the rows whose cells the actor may change; one query where one may change less than one sees."""
    ids = [row["id"] for row in rows]
    scopes = actor.scopes(record_type.name, "edit")
    if not scopes or not ids:
        return ()
    if record_type.scope.open:
        return set(ids) if permissions.allowed(actor, record_type, "edit") else ()
    if "all" in scopes or scopes >= actor.scopes(record_type.name, "view"):
        return set(ids)
    reached = permissions.visible_to(actor, record_type, "edit").filter(pk__in=ids)
    return set(reached.values_list("pk", flat=True))


def _example(record_type: RecordType, language: str) -> str:
    """A filter that this very list understands, in the reader's words."""
    if "updated_at" not in record_type.fields:
        return ""
    for name in record_type.list_fields:
        field = record_type.fields[name]
        if isinstance(field, Choice) and len(field.options(language)) > 1:
            code, label = field.options(language)[-2]
            value = label if label.isalnum() else code
            return f"{field.label} = {value} and {record_type.fields['updated_at'].label} >= today - 30d"
    return f"{record_type.fields['updated_at'].label} >= today - 30d"


def _rows(
    record_type: RecordType,
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str],
    locale: Locale,
    editable: Collection[int],
    picked: bool,
) -> SafeString:
    """The body of the table. Written here: a template takes many times as long for some hundred cells."""
    fields = [record_type.fields[name] for name in columns]
    title = record_type.title_field
    plan = [(field, _style(field), field.editable and field.kind != "long_text") for field in fields]
    shown = []
    pick = escape(_("Select")) if picked else ""
    for row in rows:
        address = f"/{record_type.path}/{row['id']}/"
        shown.append("<tr>")
        if picked:
            name = escape(title.text(row[title.name], locale) or f"#{row['id']}")
            shown[-1] = (
                f'<tr data-id="{row["id"]}"><td class="pick">'
                f'<input type="checkbox" autocomplete="off" aria-label="{pick}: {name}"></td>'
            )
        reached = row["id"] in editable
        for field, style, is_editable in plan:
            if field is title:
                text = escape(field.text(row[field.name], locale) or f"#{row['id']}")
                shown.append(f'<td{style}><a class="strong" href="{address}">{text}</a></td>')
                continue
            value = row[field.name]
            is_open = reached and is_editable and not isinstance(value, Mask)
            edit = f'{INLINE} hx-get="{address}cell/{field.name}/"' if is_open else ""
            shown.append(f"<td{style}{edit}>{conditional_escape(field.html(value, locale))}</td>")
        shown.append("</tr>\n")
    return mark_safe("".join(shown))  # noqa: S308 - markup of fields, all else is escaped


def _live(record_type: RecordType, rows: Sequence[dict[str, Any]]) -> str:
    """Which versions of which records the page shows, for its stream: `customer:12@3,13@7`."""
    shown = ",".join(f"{row['id']}@{row['version']}" for row in rows if "version" in row)
    return f"{record_type.name}:{shown}" if shown else ""


def _style(field: Field) -> str:
    if field.numeric:
        return ' class="num"'
    return ' class="clip"' if field.kind in ("text", "long_text") else ""


def _query(base: QueryDict, **changes: str | None) -> str:
    query = base.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = value
    return query.urlencode()


def _url(base: QueryDict, **changes: str | None) -> str:
    query = _query(base, **changes)
    return f"?{query}" if query else "?"


def choice_options(field: Field, locale: Locale) -> list[tuple[str, str]]:
    """Codes and labels where the field has a fixed set of values."""
    return field.options(locale.language) if isinstance(field, Choice) else []
