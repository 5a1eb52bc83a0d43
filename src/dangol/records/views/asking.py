"""What the address of a list asks for: filter, sort, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from dangol.records import filters, permissions
from dangol.records.fields import Field
from dangol.records.filters.tree import Tree
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard, locale_of
from dangol.records.views.presenting import Asked
from dangol.records.views.state import PASSING

NARROWEST, MIDDLING, WIDEST = 48, 160, 900
"""Widths of columns, in pixels."""


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


def widths_asked(request: HttpRequest, columns: Sequence[str]) -> dict[str, int]:
    """How wide the address wants each column, in pixels; empty where it says nothing and columns are as wide as they need.

    Columns that it does not name, since they were chosen later, are of middling width.
    """
    asked: dict[str, int] = {}
    for item in request.GET.get("widths", "").split(","):
        name, _colon, width = item.strip().partition(":")
        if name in columns and width.isascii() and width.isdigit() and len(width) < 5:
            asked[name] = min(max(int(width), NARROWEST), WIDEST)
    return {name: asked.get(name, MIDDLING) for name in columns} if asked else {}


def asked_of(request: HttpRequest, record_type: RecordType) -> Asked:
    """What a fragment of a list's page is asked for; the whole state stands in its address. 404 where it is broken."""
    actor = actor_of(request)
    guard(actor, record_type)
    known = permissions.fields_for(actor, record_type)
    state = read_filter(request, record_type)
    if state.tree is None:
        raise Http404
    base = request.GET.copy()
    for passing in (*PASSING, "lane"):
        base.pop(passing, None)
    columns = columns_asked(request, record_type, known)
    sort = sort_asked(request, record_type, known)
    return Asked(actor, record_type, known, state.tree, sort, columns, base, locale_of(actor))
