"""How a list's page is presented: what all kinds share, and which ones a type can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.records import boards, calendars, groups
from dangol.records.fields import Field, Locale
from dangol.records.fields.base import EMPTY_MARK
from dangol.records.filters.tree import Tree
from dangol.records.types import RecordType
from dangol.records.views.state import url

SPAN_LABELS = {
    "month": gettext_lazy("by month"),
    "quarter": gettext_lazy("by quarter"),
    "year": gettext_lazy("by year"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kind of presentation is made of."""

    actor: Actor
    record_type: RecordType
    known: dict[str, Field]
    tree: Tree
    sort: tuple[str, ...]
    columns: Sequence[str]
    base: QueryDict
    locale: Locale

    @property
    def order(self) -> tuple[str, ...]:
        """How lanes are sorted: as asked, else the type's own way, which has an index."""
        return self.sort if self.base.get("sort") else self.record_type.default_sort


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of presentation in the line above the list."""

    key: str
    label: str
    icon: str
    url: str
    on: bool


def kinds(record_type: RecordType, known: dict[str, Field], base: QueryDict, on: str) -> list[Kind]:
    """The kinds that the type can be presented in; the address keeps everything else."""
    found = [("table", _("Table"), "table")]
    if boards.board_field(record_type, known, "") is not None:
        found.append(("board", _("Board"), "layout-kanban"))
    if calendars.calendar_field(record_type, known, "") is not None:
        found.append(("calendar", _("Calendar"), "calendar"))
    found.append(("split", _("Side by side"), "layout-sidebar-right"))
    other = {"by": None, "day": None, "span": None}
    return [
        Kind(key, label, icon, url(base, as_=None if key == "table" else key, **other), key == on)
        for key, label, icon in found
    ]


def group_choices(known: dict[str, Field], base: QueryDict, on: str) -> list[tuple[str, str, bool]]:
    """What a table can be grouped by: label, address, whether it is now. First: by nothing."""
    found = [(_("Not grouped"), url(base, group=None), not on)]
    for field in known.values():
        if not groups.groupable(field):
            continue
        spans = groups.SPANS if field.kind in ("date", "datetime") else ("",)
        for span in spans:
            key = f"{field.name}:{span}" if span else field.name
            label = f"{field.label} {SPAN_LABELS[span]}" if span else str(field.label)
            found.append((label, url(base, group=key), key == on))
    return found


def title_text(record_type: RecordType, row: Mapping[str, Any], locale: Locale) -> str:
    return record_type.title_field.text(row[record_type.title], locale) or f"#{row['id']}"


def card_fields(asked: Asked, *further: Field | None) -> list[Field]:
    """What a card shows below its title: the type's subtitle, then what is asked for."""
    names = [name for name in asked.record_type.subtitle if name in asked.known]
    names = names or [name for name in asked.record_type.list_fields if name in asked.known]
    fields = [asked.known[name] for name in names if name != asked.record_type.title][:3]
    return list(dict.fromkeys([*fields, *(one for one in further if one is not None)]))


def names_of(asked: Asked, fields: Sequence[Field]) -> list[str]:
    """The columns to read: the title's and those of the fields."""
    return list(dict.fromkeys([asked.record_type.title, *(field.name for field in fields)]))


def shown_values(fields: Sequence[Field], row: Mapping[str, Any], locale: Locale) -> list[tuple[Any, Any]]:
    """Label and markup of the values that there are."""
    found = []
    for field in fields:
        markup = field.html(row[field.name], locale)
        if markup != EMPTY_MARK:
            found.append((field.label, markup))
    return found
