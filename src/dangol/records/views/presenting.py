"""How a list's page is presented: what all kinds share, and which ones a type can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.records import boards, calendars, groups
from dangol.records.fields import Field, Locale
from dangol.records.fields.base import EMPTY_MARK
from dangol.records.filters.tree import Tree
from dangol.records.types import RecordType
from dangol.records.views.state import url

CURRENT = ' aria-current="true"'
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


def group_menu(
    record_type: RecordType, known: dict[str, Field], base: QueryDict, on: str, language: str
) -> tuple[str, SafeString]:
    """By what the table is grouped, and the links to group it otherwise; the first groups by nothing."""
    choices = _group_choices(record_type, record_type.edition, tuple(known), language)
    rest = base.copy()
    rest.pop("group", None)
    prefix = escape(f"?{rest.urlencode()}&group=")
    links = [f'<a href="{prefix}{key}"{CURRENT if key == on else ""}>{label}</a>' for key, label in choices]
    return dict(choices).get(on, "") if on else "", mark_safe("".join(links))  # noqa: S308 - labels are escaped


# Kept, since it is the same on every page. Labels speak the language of the request, which is the reader's.
@lru_cache(maxsize=128)
def _group_choices(
    record_type: RecordType, edition: int, names: tuple[str, ...], language: str
) -> list[tuple[str, SafeString]]:
    found = [("", escape(_("Not grouped")))]
    for field in (record_type.fields[name] for name in names):
        if not groups.groupable(field):
            continue
        if field.kind in ("date", "datetime"):
            found += [
                (f"{field.name}:{span}", escape(f"{field.label} {SPAN_LABELS[span]}"))
                for span in groups.SPANS
            ]
        else:
            found.append((field.name, escape(field.label)))
    return found


def title_text(record_type: RecordType, row: Mapping[str, Any], locale: Locale) -> str:
    return record_type.title_field.text(row[record_type.title], locale) or f"#{row['id']}"


def board_fields(asked: Asked, *further: Field | None) -> list[Field]:
    """What a card of the board shows below its title, then what is asked for: as declared, or as elsewhere."""
    names = [name for name in asked.record_type.card_fields if name in asked.known]
    if not names:
        return card_fields(asked, *further)
    fields = [asked.known[name] for name in names]
    return list(dict.fromkeys([*fields, *(one for one in further if one is not None)]))


def card_fields(asked: Asked, *further: Field | None) -> list[Field]:
    """What a small card shows below its title: the type's subtitle, then what is asked for."""
    names = [name for name in asked.record_type.subtitle if name in asked.known]
    names = names or [name for name in asked.record_type.list_fields if name in asked.known]
    fields = [asked.known[name] for name in names if name != asked.record_type.title][:3]
    return list(dict.fromkeys([*fields, *(one for one in further if one is not None)]))


def names_of(asked: Asked, fields: Sequence[Field]) -> list[str]:
    """The columns to read: the title's and those of the fields."""
    return list(dict.fromkeys([asked.record_type.title, *(field.name for field in fields)]))


def shown_values(
    fields: Sequence[Field], row: Mapping[str, Any], locale: Locale, *, strong: str = ""
) -> list[tuple[Any, Any]]:
    """Label and markup of the values that there are; those of the kind `strong` stand out."""
    found = []
    for field in fields:
        markup = field.html(row[field.name], locale)
        if markup != EMPTY_MARK:
            found.append((field.label, format_html("<b>{}</b>", markup) if field.kind == strong else markup))
    return found
