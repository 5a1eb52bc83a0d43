"""The list of a record type: filter as chips and as text, columns, sort, keyset pages, honest count."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dangol.identity.actors import Actor, may_administer
from dangol.records import filters, groups, permissions
from dangol.records.bulk.acts import acts_for
from dangol.records.bulk.selection import list_token
from dangol.records.exporting import forms as exporting
from dangol.records.fields import Choice, Field, Locale
from dangol.records.fields.masks import Mask
from dangol.records.filters.rows import OPERATOR_LABELS, SEVERAL, Row, text_of
from dangol.records.filters.tree import EVERYTHING, And, Tree
from dangol.records.lists import ListError, Page, record_count, record_list
from dangol.records.matching import reviewing
from dangol.records.merging.acts import offered
from dangol.records.types import RecordType
from dangol.records.views import boards, calendars, grouped, splits
from dangol.records.views.access import actor_of, guard, locale_of
from dangol.records.views.asking import FilterState, columns_asked, read_filter, sort_asked, widths_asked
from dangol.records.views.heads import heads
from dangol.records.views.presenting import Asked
from dangol.records.views.state import PASSING, query, settle, url
from dangol.web import formats, menu

PAGE = 50
SLOW_SECONDS = 0.5
"""A list that took longer proposes an index for the own fields it was filtered or sorted by."""
INLINE = ' data-inline tabindex="0" hx-trigger="inline" hx-swap="innerHTML"'
_OPERATORS = {op: label for op, label in OPERATOR_LABELS.items() if op not in SEVERAL}


@dataclass(frozen=True, slots=True)
class Heading:
    """One column's head: where a click sorts, how it is sorted now (ascending, descending or ""), and how wide it is
    (0: as wide as it needs)."""

    field: Field
    url: str
    sorted: str
    width: int


def index(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The list page; for htmx, the region below the filter box only."""
    actor = actor_of(request)
    guard(actor, record_type)
    locale = locale_of(actor)
    known = permissions.fields_for(actor, record_type)
    shown = settle(request, actor, record_type, known)
    state = read_filter(request, record_type)
    if state.tree is not None and "add_field" in request.GET:
        return _with_condition(request, record_type, state)
    columns = columns_asked(request, record_type, known)
    widths = widths_asked(request, columns)
    problem = ""
    page = Page([], None, None)
    sort = sort_asked(request, record_type, known)
    base = request.GET.copy()
    for passing in PASSING:
        base.pop(passing, None)
    asked = Asked(actor, record_type, known, state.tree or EVERYTHING, sort, columns, base, locale)
    grouping = groups.grouping_of(base.get("group", ""), known) if shown.kind == "table" else None
    is_list = shown.kind in ("table", "split") and grouping is None
    started = perf_counter()
    if state.tree is not None and is_list:
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
    body: dict[str, Any] = {}
    if state.tree is not None and not problem:
        try:
            body = _body(request, asked, shown.kind, grouping, page)
        except ListError as error:
            problem = error.message
    slow = perf_counter() - started > SLOW_SECONDS
    # Rows are picked in the table; other kinds have no place for it.
    bulk_acts = acts_for(actor, record_type) if shown.kind == "table" and grouping is None else []
    context = {
        "record_type": record_type,
        "bulk_acts": bulk_acts,
        "may_merge": bool(bulk_acts) and offered(actor, record_type),
        "list_token": list_token(record_type, actor, filter_text=state.text, sort=sort) if bulk_acts else "",
        "state": state,
        "problem": problem,
        "chips": _chips(record_type, state, base, actor),
        "headings": [
            _heading(record_type, name, sort or record_type.default_sort, base, widths.get(name, 0))
            for name in columns
        ],
        "sized": bool(widths),
        "rows": _rows(
            record_type,
            page.rows,
            columns,
            locale,
            permissions.reached(actor, record_type, "edit", [row["id"] for row in page.rows]),
            bool(bulk_acts),
        ),
        "next_url": url(base, after=page.next) if page.next else "",
        "previous_url": url(base, before=page.previous) if page.previous else "",
        "count_url": f"{reverse('records:count', args=[record_type])}?{query(base)}",
        "live": _live(record_type, page.rows),
        "only_page": is_list and not page.next and not page.previous,
        **body,
        **heads(asked, shown, grouping.key if grouping else ""),
        "shown": len(page.rows),
        "may_create": permissions.allowed(actor, record_type, "create") and bool(record_type.sections),
        "may_delete": permissions.allowed(actor, record_type, "delete"),
        "may_import": actor.may(record_type.name, "import"),
        "export_form": exporting.dialog(actor, record_type, columns),
        "query": query(base),
        "columns": columns,
        "shown_fields": [record_type.fields[name] for name in columns if name != record_type.title],
        "column_choices": _column_choices(
            record_type, record_type.edition, tuple(known), frozenset(columns), actor.language
        ),
        "field_options": _field_options(record_type, record_type.edition, tuple(known), actor.language),
        "operators": _OPERATORS,
        "hidden": [(key, value) for key, value in base.items() if key != "filter"],
        "hidden_but_columns": [(key, value) for key, value in base.items() if key != "cols"],
        "sort": request.GET.get("sort", ""),
        "cleared_url": url(base, filter=None),
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


def _body(
    request: HttpRequest, asked: Asked, kind: str, grouping: groups.Grouping | None, page: Page
) -> dict[str, Any]:
    """What a presentation other than the plain table needs, with the template it stands in as `body`."""
    if kind == "board":
        return boards.content(asked)
    if kind == "calendar":
        return calendars.content(asked)
    if kind == "split":
        return splits.content(asked, page, request.GET.get("at", ""))
    return grouped.content(asked, grouping) if grouping else {}


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
        if field.identity
        and not field.indexed
        and field.kind != "long_text"
        and (not field.computed or field.fixed)
    ]


def count(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """How many records the list has, as a fragment, so that the list itself need not wait for it; and how many pairs of them
    may be the same, for those who may decide it."""
    actor = actor_of(request)
    guard(actor, record_type)
    state = read_filter(request, record_type)
    if state.tree is None:
        return HttpResponse("")
    found = record_count(actor=actor, record_type=record_type, tree=state.tree, seen=PAGE)
    number = formats.number(found.value, actor.language) + ("" if found.exact else "+")
    text = format_html("{}", _("%(count)s records") % {"count": number})
    return HttpResponse(text + _doubles(actor, record_type))


def _doubles(actor: Actor, record_type: RecordType) -> SafeString:
    """The way to the pairs of possible duplicates, where some wait for this person."""
    pairs = reviewing.waiting(actor, record_type)
    if not pairs:
        return SafeString("")
    number = formats.number(pairs, actor.language) + ("+" if pairs == reviewing.HINTED else "")
    return format_html(
        ' <a class="chip b" href="{}">{}</a>',
        reverse("records:duplicates", args=[record_type]),
        ngettext("%(count)s possible duplicate", "%(count)s possible duplicates", pairs) % {"count": number},
    )


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
    text = text_of(Row(name, op, value), record_type.fields.get(name))
    try:
        added = filters.parse(text, record_type, actor=actor_of(request))
    except filters.FilterError:
        joined = f"({state.text}) and {text}" if state.text else text
        return HttpResponseRedirect(url(base, filter=joined))
    return HttpResponseRedirect(url(base, filter=filters.to_text(And.of(state.tree or EVERYTHING, added))))


def _chips(
    record_type: RecordType, state: FilterState, base: QueryDict, actor: Actor
) -> list[tuple[str, str]]:
    """Label of each condition, and the list without it."""
    if state.tree is None or state.tree == EVERYTHING:
        return []
    return [
        (chip.label_text, url(base, filter=chip.text_without_this or None))
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


def _heading(record_type: RecordType, name: str, sort: Sequence[str], base: QueryDict, width: int) -> Heading:
    field = record_type.fields[name]
    first = sort[0] if sort else ""
    sorted_ = {name: "ascending", f"-{name}": "descending"}.get(first, "")
    start = f"-{name}" if field.numeric or field.kind in ("date", "datetime") else name
    following = {name: f"-{name}", f"-{name}": name}.get(first, start)
    return Heading(field, url(base, sort=following) if field.sortable else "", sorted_, width)


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
            if field.name == title.name:
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


def choice_options(field: Field, locale: Locale) -> list[tuple[str, str]]:
    """Codes and labels where the field has a fixed set of values."""
    return field.options(locale.language) if isinstance(field, Choice) else []
