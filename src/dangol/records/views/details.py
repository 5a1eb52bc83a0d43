"""A record's page: facts on the left, what happened in the middle, what to do next on the right."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, ports, tombstones
from dangol.records import history as histories
from dangol.records.fields import Choice, DateTime, Field, Locale
from dangol.records.fields.masks import Mask
from dangol.records.layouts import arranging
from dangol.records.looks.reading import may_read_of
from dangol.records.looks.revealing import may_reveal
from dangol.records.looks.taking import is_personal
from dangol.records.merging.acts import offered
from dangol.records.origins import APP
from dangol.records.own import conditions
from dangol.records.persons.erasing import may_erase
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, load, locale_of, title_of
from dangol.records.writing import locks

ORIGINS = {
    "page": "",
    "import": _("Import"),
    "bulk": _("Bulk change"),
    "undo": _("Undone"),
    "merge": _("Merge"),
    "api": _("API"),
    "automation": _("Automation"),
    "mcp": _("Assistant"),
}
"""The ways in, as history names them; a page needs no mention."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a facts card."""

    label: Any
    html: SafeString
    inline: str


def detail(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """The record's page. Its own query, and what the contributed panels cost."""
    actor = actor_of(request)
    try:
        record = load(actor, record_type, record_id)
    except Http404:
        return _survivor(request, actor, record_type, record_id)
    locale = locale_of(actor)
    may_edit = _allowed(actor, record_type, "edit", record)
    beside = fieldrules.facts(record)
    context = {
        "record_type": record_type,
        "record": record,
        "title": title_of(record_type, record, locale),
        "marks": [
            record_type.fields[name].html(record[name], locale)
            for name in record_type.subtitle
            if record.get(name) and isinstance(record_type.fields[name], Choice)
        ],
        "subtitle": [
            (record_type.fields[name].label, record_type.fields[name].html(record[name], locale))
            for name in record_type.subtitle
            if record.get(name) not in (None, "") and not isinstance(record_type.fields[name], Choice)
        ],
        "tags": _tags(record_type, record, locale, may_edit),
        "chips": [chip for chips in ports.chips(record_type.name) for chip in chips(actor, beside)],
        "locks": locks.held(record_type, [record_id]).get(record_id, ()),
        "figures": [
            figure for figures in ports.figures(record_type.name) for figure in figures(actor, beside)
        ],
        "reach": {
            name: value
            for name in ("phone", "email")
            if (value := record.get(name)) and not isinstance(value, Mask)
        },
        "sections": _facts(actor, record_type, record, locale, may_edit),
        "may_edit": may_edit,
        "may_delete": _allowed(actor, record_type, "delete", record),
        "may_erase": may_erase(actor, record_type),
        "may_see_looks": is_personal(record_type) and may_read_of(actor, record_type),
        "may_merge": may_edit and offered(actor, record_type),
        "columns": _panels(request, actor, record_type, beside),
    }
    return render(request, "records/detail.html", context)


def _survivor(request: HttpRequest, actor: Actor, record_type: RecordType, record_id: int) -> HttpResponse:
    """To the record that stands for one that was merged, with a word about it; 404 where there is none. Two queries."""
    found = tombstones.survivor_for(actor, record_type, record_id)
    if found is None:
        raise Http404
    messages.info(request, _("#%(id)s was merged into this record.") % {"id": record_id})
    return redirect("records:detail", record_type, found)


def _tags(
    record_type: RecordType, record: dict[str, Any], locale: Locale, may_edit: bool
) -> dict[str, Any] | None:
    """The line of tags under the title; a click, or Enter, changes them."""
    field = record_type.fields.get("tags")
    borne = record.get("tags")
    may_edit = may_edit and field is not None and field.editable and not isinstance(borne, Mask)
    if field is None or (not borne and not may_edit):
        return None
    shown = field.html(borne, locale)
    if not borne:
        shown = format_html('<span class="chip">+ {}</span>', _("Tag"))
    return {
        "html": shown,
        "text": field.text(borne, locale) or _("none"),
        "inline": f"/{record_type.path}/{record['id']}/cell/tags/" if may_edit else "",
    }


def history(request: HttpRequest, record_type: RecordType, record_id: int) -> HttpResponse:
    """Who changed what, newest first."""
    actor = actor_of(request)
    record = load(actor, record_type, record_id)
    locale = locale_of(actor)
    after = request.GET.get("after", "")
    page = histories.history(
        record_type,
        record_id,
        actor=actor,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None,
    )
    items = [
        (
            item,
            [(change.label, *histories.shown(record_type, change, locale)) for change in item.fields],
            ORIGINS.get(item.origin, _("App") if item.origin.startswith(APP) else item.origin),
            _act_url(item),
        )
        for item in page.items
    ]
    context = {
        "record_type": record_type,
        "record": record,
        "title": title_of(record_type, record, locale),
        "items": items,
        "next": page.next,
        "created_at": fieldrules.facts(record).get("created_at"),
        "created_by": record_type.fields["created_by"].text(record["created_by"], locale)
        if "created_by" in record
        else "",
    }
    return render(request, "records/history.html", context)


def _act_url(item: histories.HistoryItem) -> str:
    """The page of what made the change: a bulk act, its undoing, a rule. Empty for others; who may see it decides there."""
    if url := histories.url_of(item):
        return url
    """The page of the bulk act or merge that made the change, or took it back; empty for others. Who may see it decides there."""
    prefix, _dash, key = item.request_id.partition("-")
    page = {
        ("bulk", "bulk"): "bulk:detail",
        ("bulkundo", "undo"): "bulk:detail",
        ("merge", "merge"): "merging:detail",
        ("unmerge", "undo"): "merging:detail",
    }.get((prefix, item.origin))
    if page is None:
        return ""
    try:
        return reverse(page, args=[uuid.UUID(key)])
    except ValueError:
        return ""


def _allowed(actor: Actor, record_type: RecordType, action: str, record: dict[str, Any]) -> bool:
    """As permissions.may, from the row at hand; one query where the type inherits its scope and the right is narrower."""
    if record_type.scope.open or not permissions.allowed(actor, record_type, action):
        return permissions.allowed(actor, record_type, action)
    if record_type.table.has_scope:
        return permissions.reaches(actor, record_type, action, record)
    if actor.scopes(record_type.name, action) >= actor.scopes(record_type.name, "view"):
        return True
    return permissions.may(actor, record_type, action, record["id"])


def _facts(
    actor: Actor, record_type: RecordType, record: dict[str, Any], locale: Locale, may_edit: bool
) -> list[tuple[Any, list[Fact]]]:
    sections = []
    away = set(conditions.hidden(record_type, record.get, actor))
    reveals = may_reveal(actor)
    for section in arranging.sections(actor, record_type):
        facts = []
        for name in section.fields:
            if name not in record or name in away:
                continue  # computed from what the actor may not see, or off by a condition
            field = record_type.fields[name]
            inline = (
                f"/{record_type.path}/{record['id']}/cell/{name}/"
                if may_edit and _is_open(field, record[name])
                else ""
            )
            html = _fact(field, record[name], locale)
            if reveals and isinstance(record[name], Mask):
                html = _revealing(record_type, record["id"], name, html)
            facts.append(Fact(field.label, html, inline))
        if facts:
            sections.append((section.label, facts))
    return sections


def _revealing(record_type: RecordType, record_id: int, name: str, html: SafeString) -> SafeString:
    """The mask, with the link that asks what the value is wanted for."""
    url = reverse("records:reveal", args=[record_type, record_id, name])
    return format_html(
        '<span class="masked">{} <a class="btnx quiet sm" href="{}" hx-get="{}" hx-target="closest .masked"'
        ' hx-swap="outerHTML">{}</a></span>',
        html, url, url, _("Reveal"),
    )  # fmt: skip


def _is_open(field: Field, value: Any) -> bool:
    """Can the value be replaced: one that is masked stays."""
    return field.editable and not isinstance(value, Mask)


def _fact(field: Field, value: Any, locale: Locale) -> SafeString:
    """The value as a card has room for it: a moment with its time."""
    if isinstance(field, DateTime) and value is not None:
        return format_html(
            '<time datetime="{}">{}</time>', value.isoformat(), _moment(field.text(value, locale))
        )
    return field.html(value, locale)


def _moment(text: str) -> str:
    """Midnight is how a day without a time is stored."""
    return text.removesuffix(" 00:00")


def _panels(
    request: HttpRequest, actor: Actor, record_type: RecordType, record: dict[str, Any]
) -> dict[str, list[tuple[ports.Panel, str]]]:
    columns: dict[str, list[tuple[ports.Panel, str]]] = {"left": [], "middle": [], "right": []}
    for panel in ports.panels(record_type):
        context = panel.build(actor, record)
        if context is None:
            continue
        shared = {"actor": actor, "record": record, "record_type": record_type, "panel": panel}
        columns[panel.column].append(
            (panel, render_to_string(panel.template, {**shared, **context}, request))
        )
    return columns
