"""The members of a filter as a person reads them, each with the filter that remains when it is taken away."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any as Anything
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dangol.records import fieldrules
from dangol.records.fields import Field, Locale, MultiChoice
from dangol.records.filters.canonical import to_json, to_text, value_text
from dangol.records.filters.names import record_type_named
from dangol.records.filters.parser import locale_of
from dangol.records.filters.tree import (
    EVERYTHING,
    All,
    And,
    Any,
    Compare,
    Count,
    NoneOf,
    Not,
    Or,
    Path,
    Relative,
    Scalar,
    Tree,
)
from dangol.records.filters.values import SUBSTRING
from dangol.web import formats

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType

Titles = Callable[[Anything, int], str]
"""The title of a referred record, given the reference field and the id; empty where it must not be shown."""

_SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥", "in": "=", "not in": "≠"}
_OFFSET = re.compile(r"([+-])(\d+)(\w+)")


@dataclass(frozen=True, slots=True)
class Chip:
    """One member of the filter: what it says, and the canonical JSON and text of all the others."""

    label_text: str
    json_without_this: dict[str, Anything]
    text_without_this: str


def to_chips(
    tree: Tree, record_type: RecordType, *, actor: Actor | None = None, titles: Titles | None = None
) -> list[Chip]:
    """A chip for each member of the outermost "and", in the active language.

    `actor` gives the time zone of times; `titles` names referred records (without it they are shown as `#7`).
    """
    record_type = fieldrules.whole(record_type)
    members = tree.nodes if isinstance(tree, And) else (tree,)
    writer = _Writer(locale_of(actor) if actor is not None else _active(), titles)
    chips = []
    for index, member in enumerate(members):
        rest = And.of(*members[:index], *members[index + 1 :])
        chips.append(Chip(writer.sentence(member, record_type), to_json(rest), to_text(rest)))
    return chips


def _active() -> Locale:
    return Locale(translation.get_language() or "ko", ZoneInfo(timezone.get_current_timezone_name()))


class _Writer:
    def __init__(self, locale: Locale, titles: Titles | None) -> None:
        self.locale = locale
        self.titles = titles

    def sentence(self, tree: Tree, record_type: RecordType, *, inner: bool = False) -> str:
        match tree:
            case And(nodes) | Or(nodes):
                joint = _(" and ") if isinstance(tree, And) else _(" or ")
                text = joint.join(self.sentence(node, record_type, inner=True) for node in nodes)
                return f"({text})" if inner else text
            case Not(node):
                return _("not: %(condition)s") % {"condition": self.sentence(node, record_type, inner=True)}
            case Compare(path, op, value):
                return self.comparison(path, op, value, record_type)
            case Any(path, where) | All(path, where) | NoneOf(path, where) | Count(path, _, _, where):
                return self.related(tree, path, where, record_type)
        raise TypeError(f"not a filter: {tree!r}")

    def related(
        self, tree: Any | All | NoneOf | Count, path: Path, where: Tree, record_type: RecordType
    ) -> str:
        label, relation = self.follow(path, record_type, many=True)
        target = _known_type(relation.target)
        condition = "" if where == EVERYTHING else self.sentence(where, target)
        if isinstance(tree, Count):
            shown = f"{_SIGNS[tree.op]} {formats.number(tree.value, self.locale.language)}"
            if condition:
                return _("%(records)s (%(condition)s): number %(count)s") % {
                    "records": label, "condition": condition, "count": shown,
                }  # fmt: skip
            return _("%(records)s: number %(count)s") % {"records": label, "count": shown}
        if not condition:
            if isinstance(tree, NoneOf):
                return _("%(records)s: none") % {"records": label}
            return _("%(records)s: at least one") % {"records": label}
        sentence = {
            Any: _("%(records)s: at least one with %(condition)s"),
            All: _("%(records)s: each with %(condition)s"),
            NoneOf: _("%(records)s: none with %(condition)s"),
        }[type(tree)]
        return sentence % {"records": label, "condition": condition}

    def comparison(self, path: Path, op: str, value: Anything, record_type: RecordType) -> str:
        label, field = self.follow(path, record_type)
        match op:
            case "is empty":
                return _("%(field)s is empty") % {"field": label}
            case "is not empty":
                return _("%(field)s is not empty") % {"field": label}
            case "contains":
                shown = self.value(field, value, op)
                return _("%(field)s contains “%(value)s”") % {"field": label, "value": shown}
            case "not contains":
                shown = self.value(field, value, op)
                return _("%(field)s does not contain “%(value)s”") % {"field": label, "value": shown}
            case "starts with":
                return _("%(field)s starts with “%(value)s”") % {"field": label, "value": value}
            case "ends with":
                return _("%(field)s ends with “%(value)s”") % {"field": label, "value": value}
            case "between":
                low, high = (self.value(field, item, op) for item in value)
                return f"{label} {low} – {high}"
        values = value if isinstance(value, tuple) else (value,)
        return f"{label} {_SIGNS[op]} {', '.join(self.value(field, item, op) for item in values)}"

    def follow(self, path: Path, record_type: RecordType, *, many: bool = False) -> tuple[str, Anything]:
        """Labels of the path, and the field or relation it ends in."""
        labels = []
        item: Anything = None
        for index, name in enumerate(path):
            last = index == len(path) - 1
            item = record_type.relations[name] if many and last else record_type.fields[name]
            labels.append(str(item.label))
            if not last:
                record_type = _known_type(item.target)
        return " › ".join(labels), item

    def value(self, field: Field, value: Scalar, op: str) -> str:
        if isinstance(value, Relative):
            return relative_text(value)
        if op in SUBSTRING and not isinstance(field, MultiChoice):
            return str(value)
        if field.kind == "reference":
            if isinstance(value, str):
                return value
            title = self.titles(field, int(value)) if self.titles and isinstance(value, int) else ""
            return title or f"#{value}"
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return formats.day(value, self.locale.language)
        return str(field.text(value, self.locale)) or value_text(value)


def relative_text(value: Relative) -> str:
    """A moment, period or person in the active language: "30일 전", "이번 달", "나"."""
    names = {
        "now": _("now"),
        "today": _("today"),
        "yesterday": _("yesterday"),
        "tomorrow": _("tomorrow"),
        "this_week": _("this week"),
        "last_week": _("last week"),
        "next_week": _("next week"),
        "this_month": _("this month"),
        "last_month": _("last month"),
        "next_month": _("next month"),
        "this_quarter": _("this quarter"),
        "last_quarter": _("last quarter"),
        "this_year": _("this year"),
        "last_year": _("last year"),
        "me": _("me"),
        "mine": _("mine"),
    }
    match = _OFFSET.fullmatch(value.offset)
    if match is None:
        return names[value.name]
    sign, count, unit = match.groups()
    distance = {
        "min": _("%(count)s minutes"),
        "h": _("%(count)s hours"),
        "d": _("%(count)s days"),
        "w": _("%(count)s weeks"),
        "mo": _("%(count)s months"),
        "y": _("%(count)s years"),
    }[unit] % {"count": count}
    if value.name in ("now", "today"):
        return (_("%(distance)s ago") if sign == "-" else _("in %(distance)s")) % {"distance": distance}
    before = _("%(distance)s before %(period)s") if sign == "-" else _("%(distance)s after %(period)s")
    return before % {"distance": distance, "period": names[value.name]}


def _known_type(name: str) -> RecordType:
    record_type = record_type_named(name)
    if record_type is None:
        raise LookupError(name)
    return record_type
