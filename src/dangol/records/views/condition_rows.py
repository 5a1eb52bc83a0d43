"""A condition built of rows, as the template `records/parts/condition.html` draws it; as text for whoever wants it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules, filters, permissions, registry
from dangol.records.fields import Choice, Field, MultiChoice, Reference
from dangol.records.fields.base import Label
from dangol.records.filters import FilterError, Tree, rows
from dangol.records.filters.rows import Row, Rows
from dangol.records.types import RecordType

Entered = str | Rows
"""A condition as it stands in a form: as text, or as rows."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row with what can be chosen in it. `widget` is none, choice, choices, reference or text."""

    name: str
    row: Row
    operators: Sequence[tuple[str, Label]]
    widget: str
    options: Sequence[tuple[str, Label]] = ()
    lookup_url: str = ""
    error: str = ""
    is_new: bool = False

    @property
    def id(self) -> str:
        return f"c-{self.name}"


@dataclass(frozen=True, slots=True)
class ShownCondition:
    """A condition with all its rows, or its text."""

    name: str
    is_text: bool
    text: str
    rows: Sequence[ShownRow]
    joint: str
    joints: Sequence[tuple[str, Label]]
    fields: Sequence[tuple[str, Label]]
    suggest_url: str
    error: str
    can_grow: bool


def entered(tree: Tree, record_type: RecordType, actor: Actor) -> Entered:
    """A kept filter as the form shows it: rows where rows can say it. A query for each reference among its values."""

    def title(field: Reference, record_id: int) -> str:
        return _title(field, record_id, actor)

    found = rows.rows_of(tree, record_type, actor=actor, titles=title)
    return filters.to_text(tree) if found is None else found


def _title(field: Reference, record_id: int, actor: Actor) -> str:
    target = registry.find(field.target) if field.target else None
    found: Any = permissions.visible_to(actor, target) if target else field.model._default_manager.all()
    title = found.filter(pk=record_id).values_list(field.title, flat=True).first()
    if title is not None and target is not None:
        return str(fieldrules.masked_title(actor, target, str(title)))
    return "" if title is None else str(title)


def read(data: QueryDict, name: str, record_type: RecordType, actor: Actor) -> Entered:
    """The condition as a form sent it, with what its button asks for done to it.

    Buttons are called `do`: `row-add:NAME`, `row-drop:NAME:2`, `row-text:NAME` (go on as text) and `row-rows:NAME`.
    """
    do = str(data.get("do", ""))
    if data.get(f"{name}-how") != "rows":
        text = str(data.get(name, ""))
        if do != f"row-rows:{name}":
            return text
        try:
            return entered(filters.parse(text, record_type, actor=actor), record_type, actor)
        except FilterError:
            return text
    found = rows.read(data, name)
    if do == f"row-add:{name}":
        return rows.with_one_more(found)
    if do == f"row-text:{name}":
        try:
            return filters.to_text(rows.tree_of(found, record_type, actor=actor))
        except FilterError:
            return rows.joined_text(found, record_type)
    verb, _colon, place = do.rpartition(":")
    if verb == f"row-drop:{name}" and place.isascii() and place.isdigit():
        return rows.without(found, int(place[:3]))
    return found


def tree_of(given: Entered, record_type: RecordType, actor: Actor | None) -> Tree:
    """The filter that was entered, in whichever way; nothing entered lets everything through. Raises FilterError."""
    if isinstance(given, Rows):
        return rows.tree_of(given, record_type, actor=actor)
    return filters.parse(given, record_type, actor=actor) if given.strip() else filters.EVERYTHING


def shown(
    given: Entered, name: str, record_type: RecordType, actor: Actor, *, error: str = "", do: str = ""
) -> ShownCondition:
    """What the template draws. With an error also what is wrong with which row; no query."""
    known = {
        key: field for key, field in permissions.fields_for(actor, record_type).items() if field.operators
    }
    errors = rows.errors_of(given, record_type, actor=actor) if error and isinstance(given, Rows) else {}
    is_text = isinstance(given, str)
    held = Rows() if isinstance(given, str) else given
    last = len(held.rows) - 1
    added = do == f"row-add:{name}"
    return ShownCondition(
        name=name,
        is_text=is_text,
        text=given if isinstance(given, str) else "",
        rows=[
            _shown(f"{name}-rows-{at}", row, known, errors.get(at, ""), is_new=added and at == last)
            for at, row in enumerate(held.rows)
        ],
        joint=held.joint,
        joints=list(rows.JOINTS.items()),
        fields=[(key, field.label) for key, field in known.items()],
        suggest_url=reverse("records:suggest", args=[record_type]),
        error="" if errors else error,
        can_grow=len(held.rows) < rows.MOST_ROWS,
    )


def _shown(name: str, row: Row, known: dict[str, Field], error: str, *, is_new: bool) -> ShownRow:
    field = known.get(row.field)
    if field is None:
        return ShownRow(name, Row(), [], "none", error=error, is_new=is_new)
    operators = rows.operators_of(field)
    if row.op not in operators:
        row = Row(row.field, next(iter(operators)), row.value, row.title, row.values)
    widget, options = _widget(field, row)
    lookup = ""
    if widget == "reference" and isinstance(field, Reference):
        lookup = reverse("records:lookup", args=[field.target or field.model.__name__.lower()])
    return ShownRow(name, row, list(operators.items()), widget, options, lookup, error, is_new)


def _widget(field: Field, row: Row) -> tuple[str, Sequence[tuple[str, Label]]]:
    if row.op.startswith("is "):
        return "none", ()
    if isinstance(field, Choice | MultiChoice):
        options = field.options(get_language() or "ko")
        if row.op in rows.SEVERAL:
            return "choices", options
        if row.op in ("=", "!="):
            return "choice", [("", _("Choose …")), *options]
    if field.kind == "boolean":
        return "choice", [("", _("Choose …")), ("true", _("yes")), ("false", _("no"))]
    return ("reference", ()) if isinstance(field, Reference) else ("text", ())
