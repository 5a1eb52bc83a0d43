"""The table in groups: counts and totals of each, opened to its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dangol.records import filters, groups
from dangol.records.fields import Field
from dangol.records.fields.references import HIDDEN
from dangol.records.filters.tree import And
from dangol.records.groups import Group, Grouping, Groups
from dangol.records.types import RecordType
from dangol.records.views.asking import asked_of
from dangol.records.views.presenting import Asked
from dangol.records.views.state import query, url
from dangol.web import formats

PATIENCE_MS = 90
LATE_PATIENCE_MS = 4_000
TEMPLATE = "records/parts/groups.html"


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """One group as the page shows it. `rows_url` brings its first records."""

    label: str
    count: str
    totals: list[tuple[Any, str, str]]
    list_url: str
    rows_url: str


def content(asked: Asked, grouping: Grouping) -> dict[str, Any]:
    """What the template of the groups needs. One statement, where that is quick enough; else the page asks again."""
    read = _read(asked, grouping, PATIENCE_MS)
    address = reverse("records:groups", args=[asked.record_type])
    late = "" if read is not None and read.exact else f"{address}?{query(asked.base)}"
    return {"body": TEMPLATE, "late_url": late, **_shown(asked, grouping, None if late else read)}


@require_GET
def index(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The groups, with more patience: a fragment."""
    asked = asked_of(request, record_type)
    grouping = groups.grouping_of(asked.base.get("group", ""), asked.known)
    if grouping is None:
        raise Http404
    read = _read(asked, grouping, LATE_PATIENCE_MS)
    context = {"late_url": "", "too_late": read is None, **_shown(asked, grouping, read)}
    return render(request, TEMPLATE, context)


def _read(asked: Asked, grouping: Grouping, patience: int) -> Groups | None:
    return groups.group_list(
        actor=asked.actor,
        record_type=asked.record_type,
        tree=asked.tree,
        grouping=grouping,
        totals=groups.totals_of(asked.known, list(asked.columns)),
        patience=patience,
    )


def _shown(asked: Asked, grouping: Grouping, read: Groups | None) -> dict[str, Any]:
    totals = groups.totals_of(asked.known, list(asked.columns))
    return {
        "groups": [_group(asked, grouping, totals, one, read.exact) for one in read.groups] if read else [],
        "exact": read.exact if read else True,
        "more_groups": bool(read and read.more),
        "grouping": grouping,
    }


def _group(asked: Asked, grouping: Grouping, totals: list[Field], group: Group, exact: bool) -> ShownGroup:
    count = formats.number(group.count, asked.actor.language) + ("" if exact else "+")
    shown = []
    for field, total in zip(totals, group.totals, strict=False):
        if total.mixed:
            shown.append((field.label, _("several currencies"), ""))
        elif total.sum is not None:
            average = field.text(total.average, asked.locale) if total.average is not None else ""
            shown.append((field.label, field.text(total.sum, asked.locale), average))
    here = rows = ""
    if group.tree is not None:
        text = filters.to_text(And.of(asked.tree, group.tree))
        here = url(asked.base, group=None, filter=text)
        address = reverse("records:list", args=[asked.record_type])
        rows = f"{address}{here}"
    return ShownGroup(_label(asked, grouping, group), count, shown, here, rows)


def _label(asked: Asked, grouping: Grouping, group: Group) -> str:
    if group.hidden:
        return str(HIDDEN)
    if group.value is None:
        return _("No value")
    if grouping.span == "month":
        return formats.month(group.value, asked.actor.language)
    if grouping.span == "quarter":
        quarter = (group.value.month - 1) // 3 + 1
        return _("%(year)s, quarter %(quarter)s") % {"year": group.value.year, "quarter": quarter}
    if grouping.span == "year":
        return str(group.value.year)
    return grouping.field.text(group.value, asked.locale)
