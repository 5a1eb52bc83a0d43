"""A filter as rows of field, comparison and value, as people click it together; and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from typing import Any as Anything

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records import fieldrules
from dangol.records.fields import Choice, Field, MultiChoice, Reference
from dangol.records.fields.base import Label
from dangol.records.filters.canonical import value_text
from dangol.records.filters.messages import FilterError
from dangol.records.filters.names import allowed_operators
from dangol.records.filters.parser import parse
from dangol.records.filters.tree import EVERYTHING, And, Compare, Or, Scalar, Tree
from dangol.records.filters.values import relative_word

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType

ALL, ONE = "and", "or"
JOINTS: dict[str, Label] = {
    ALL: gettext_lazy("All of these hold"),
    ONE: gettext_lazy("At least one of these holds"),
}
OPERATOR_LABELS: dict[str, Label] = {
    "=": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "not in": gettext_lazy("is none of"),
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
    "contains": gettext_lazy("contains"),
    "not contains": gettext_lazy("does not contain"),
    "starts with": gettext_lazy("starts with"),
    "ends with": gettext_lazy("ends with"),
    "is empty": gettext_lazy("is empty"),
    "is not empty": gettext_lazy("is not empty"),
}
SEVERAL = frozenset({"in", "not in"})
MOST_ROWS = 20
_RELATIVE = re.compile(r"(\w+(?: \w+)?)(?:\s*[+-]\s*\d{1,6}\s*[^\W\d_]+)?")

Titles = Callable[[Reference, int], str]
"""The title of a referred record, given the reference field and the id; empty where it must not be shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as it stands in the form. `value` is what was written or chosen (of a reference its id), `title` what a
    reference is called, `values` the codes where several can be chosen."""

    field: str = ""
    op: str = "="
    value: str = ""
    title: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """Conditions that hold all together (`and`) or one of which is enough (`or`)."""

    rows: tuple[Row, ...] = ()
    joint: str = ALL


def operators_of(field: Field) -> dict[str, Label]:
    """The comparisons that a row offers for a field, with their words; several values at once only for choices."""
    allowed = set(allowed_operators(field))
    if not isinstance(field, Choice | MultiChoice):
        allowed -= SEVERAL
    return {op: label for op, label in OPERATOR_LABELS.items() if op in allowed}


def text_of(row: Row, field: Field | None) -> str:
    """The condition as the filter language writes it, not yet checked. `field` is the one it names, where there is such.

    A value is quoted, whatever stands in it, but for a moment, period or person ("today - 30d", "me") of a field that can
    be compared with one.
    """
    if row.op.startswith("is "):
        return f"{row.field} {row.op}"
    if row.op in SEVERAL:
        return f"{row.field} {row.op} ({', '.join(map(quote, row.values))})"
    spoken = _RELATIVE.fullmatch(row.value.strip())
    if spoken and field is not None and relative_word(field, "".join(spoken[1].split())):
        return f"{row.field} {row.op} {row.value.strip()}"
    return f"{row.field} {row.op} {quote(row.value)}"


def quote(value: str) -> str:
    """A value as the filter language writes it, whatever stands in it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def joined_text(rows: Rows, record_type: RecordType) -> str:
    """All of it as text, for whoever goes on by hand; not yet checked."""
    known = record_type.fields
    return f" {rows.joint} ".join(text_of(row, known.get(row.field)) for row in rows.rows if row.field)


def tree_of(rows: Rows, record_type: RecordType, *, actor: Actor | None = None) -> Tree:
    """The filter that the rows mean; rows without a field are left out. Raises FilterError for the first that is wrong."""
    found = [condition_of(row, record_type, actor=actor) for row in rows.rows if row.field]
    if not found:
        return EVERYTHING
    return Or.of(*found) if rows.joint == ONE else And.of(*found)


def condition_of(row: Row, record_type: RecordType, *, actor: Actor | None = None) -> Tree:
    """What one row means. Raises FilterError."""
    field = fieldrules.seen_by(actor, record_type).fields.get(row.field)
    if field is None:
        raise FilterError(_("Choose a field."), code="unknown_field")
    if row.op not in operators_of(field):
        raise FilterError(_("Choose how to compare."), code="operator")
    if row.op in SEVERAL and not row.values:
        raise FilterError(_("Choose at least one value."), code="value")
    if not row.op.startswith("is ") and row.op not in SEVERAL and not row.value.strip():
        raise FilterError(_("Write a value, or choose “is empty”."), code="value")
    return parse(text_of(row, field), record_type, actor=actor)


def errors_of(rows: Rows, record_type: RecordType, *, actor: Actor | None = None) -> dict[int, str]:
    """What is wrong with which row."""
    found = {}
    for place, row in enumerate(rows.rows):
        try:
            if row.field:
                condition_of(row, record_type, actor=actor)
        except FilterError as error:
            found[place] = error.message
    return found


def rows_of(
    tree: Tree, record_type: RecordType, *, actor: Actor | None = None, titles: Titles | None = None
) -> Rows | None:
    """The filter as rows; None where rows cannot say it: brackets within brackets, related records, several periods.

    Reading the rows gives the same filter again. Costs what `titles` costs, once for each reference among the values.
    """
    if tree == EVERYTHING:
        return Rows()
    members = tree.nodes if isinstance(tree, And | Or) else (tree,)
    known = fieldrules.seen_by(actor, record_type).fields
    rows = []
    for member in members:
        row = _row(member, known, titles) if isinstance(member, Compare) else None
        if row is None:
            return None
        rows.append(row)
    found = Rows(tuple(rows), ONE if isinstance(tree, Or) else ALL)
    try:
        return found if tree_of(found, record_type, actor=actor) == tree else None
    except FilterError:
        return None


def _row(node: Compare, known: Mapping[str, Field], titles: Titles | None) -> Row | None:
    name = ".".join(node.path)
    field = known.get(name)
    if field is None or node.op not in operators_of(field):
        return None
    row = Row(name, node.op)
    if node.value is None:
        return row
    if isinstance(node.value, tuple):
        return replace(row, values=tuple(_written(value) for value in node.value))
    title = ""
    if isinstance(field, Reference):
        title = (titles(field, node.value) if titles and isinstance(node.value, int) else "") or _written(
            node.value
        )
    return replace(row, value=_written(node.value), title=title)


def _written(value: Scalar) -> str:
    """A value as somebody would write it: texts without quotation marks."""
    return value if isinstance(value, str) else value_text(value)


def read(data: Anything, name: str) -> Rows:
    """The rows as a form sent them under this name (`NAME-rows-0-field`, …); `data` is a QueryDict.

    The id of a reference counts only while its visible text stands.
    """
    rows: list[Row] = []
    while len(rows) < MOST_ROWS and f"{name}-rows-{len(rows)}-field" in data:
        at = f"{name}-rows-{len(rows)}"
        title = str(data.get(f"{at}-title", "")).strip()
        value = str(data.get(f"{at}-value", ""))
        if f"{at}-title" in data and not (title and value):
            value = title
        rows.append(
            Row(
                str(data.get(f"{at}-field", "")),
                str(data.get(f"{at}-op", "=")),
                value,
                title,
                tuple(str(one) for one in data.getlist(f"{at}-values")),
            )
        )
    return Rows(tuple(rows), ONE if data.get(f"{name}-joint") == ONE else ALL)


def without(rows: Rows, place: int) -> Rows:
    """All but one."""
    return replace(rows, rows=tuple(row for at, row in enumerate(rows.rows) if at != place))


def with_one_more(rows: Rows) -> Rows:
    """With an empty row at the end, as long as there is room."""
    return rows if len(rows.rows) >= MOST_ROWS else replace(rows, rows=(*rows.rows, Row()))
