"""Checked trees → expressions that Django puts into any statement: list, filter, sort, export, index.

Behind a reference stands a subquery over what the reader may see: a record that he may not see counts as missing, and so
answers nothing about its values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    DateTimeField,
    DecimalField,
    F,
    Func,
    JSONField,
    Subquery,
    TextField,
    Value,
    When,
)
from django.utils.translation import get_language

from dangol.records import registry
from dangol.records.expressions import kinds
from dangol.records.expressions.guards import UNGUARDED, Guard
from dangol.records.expressions.kinds import Kind
from dangol.records.expressions.tree import TYPES, Apply, Checked, Constant, Input
from dangol.records.fields import Choice, Reference
from dangol.records.fields.own import COLUMN, Own, OwnValue

if TYPE_CHECKING:
    from dangol.records.fields import Field
    from dangol.records.types import RecordType

OUTPUT: dict[str, Any] = {
    kinds.NUMBER: DecimalField(max_digits=60, decimal_places=20),
    kinds.TEXT: TextField(),
    kinds.CHOICE: TextField(),
    kinds.CHOICES: JSONField(),
    kinds.DATE: DateField(),
    kinds.DATETIME: DateTimeField(),
    kinds.BOOLEAN: BooleanField(),
}


class Term(Func):
    """SQL with other expressions between its pieces."""

    def __init__(self, pieces: tuple[str, ...], *arguments: Any, output_field: Any) -> None:
        self.pieces = pieces
        super().__init__(*arguments, output_field=output_field)

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:  # type: ignore[override]
        sql, parameters = [self.pieces[0]], []
        for piece, source in zip(self.pieces[1:], self.get_source_expressions(), strict=True):
            part, given = compiler.compile(source)
            sql += [part, piece]
            parameters += given
        return "".join(sql), tuple(parameters)


def expression(tree: Checked, record_type: RecordType, guard: Guard, path: str = "") -> Any:
    """The expression for the record that the ORM path leads to.

    Raises:
        LookupError: a field or type that the formula names is gone.
    """
    match tree:
        case Constant(value, kind):
            return _constant(value, kind)
        case Input():
            return _input(tree, record_type, tree.steps, guard, path)
        case Apply(("label", ""), (choice,)):
            return _labelled(choice, expression(choice, record_type, guard, path))
    arguments = [expression(part, record_type, guard, path) for part in tree.arguments]
    return Term(tree.pieces, *arguments, output_field=OUTPUT[tree.kind.name])


def behind(
    record_type: RecordType,
    steps: Sequence[str],
    guard: Guard,
    path: str,
    inner: Callable[[RecordType, str], Any],
    output_field: Any,
) -> Any:
    """What `inner` makes of the record that references lead to, where the reader may see it; else no value."""
    if not steps:
        return inner(record_type, path)
    reference = record_type.fields[steps[0]]
    if not isinstance(reference, Reference):
        raise LookupError(f"{record_type.name}.{steps[0]} is no reference")
    target = registry.get(reference.target or "")
    seen = guard.visible(target)
    if seen is False:
        return Value(None, output_field=output_field)
    rows = target.model._base_manager.order_by().filter(pk=reference.pointer(path))
    if seen is not True:
        rows = rows.filter(seen)
    value = behind(target, steps[1:], guard, "", inner, output_field)
    return Subquery(rows.annotate(_v=value).values("_v")[:1], output_field=output_field)


def _constant(value: Any, kind: Kind) -> Any:
    output = OUTPUT.get(kind.name, OUTPUT[kinds.TEXT])
    cast = TYPES.get(kind.name, "text")
    if value is None:
        return Term((f"NULL::{cast}",), output_field=output)
    if isinstance(value, bool):
        return Term(("true" if value else "false",), output_field=output)
    written = (
        value if isinstance(value, str) else format(value, "f") if cast == "numeric" else value.isoformat()
    )
    return Term(("", f"::{cast}"), Value(written, output_field=TextField()), output_field=output)


def _input(tree: Input, record_type: RecordType, steps: Sequence[str], guard: Guard, path: str) -> Any:
    output = OUTPUT[tree.kind.name]

    def inner(owner: RecordType, at: str) -> Any:
        return _value(owner.fields[tree.name], tree.kind, guard, at, output)

    return behind(record_type, steps, guard, path, inner, output)


def plain_value(field: Field, name: str) -> Any:
    """The value of a field that stands in the record's own row, in the form that formulas calculate with."""
    return _value(field, Kind(name), UNGUARDED, "", OUTPUT[name])


def _value(field: Field, kind: Kind, guard: Guard, path: str, output: Any) -> Any:
    """One field's value in the form that formulas calculate with."""
    field = field.guarded(guard)
    known = field.known_where(guard.revealed, path)
    if known is False:
        return _constant(None, kind)
    if isinstance(field, Reference):
        value = _title(field, guard, path)
    elif isinstance(field, Own) and not field.computed and kind.name in (kinds.DATE, kinds.DATETIME):
        value = OwnValue(F(path + COLUMN), name=field.name, storage="text")
    else:
        value = field.expression(path)
    pieces = {
        kinds.NUMBER: ("(", ")::numeric"),
        kinds.BOOLEAN: ("COALESCE(", ", false)"),
        kinds.DATE: ("(", ")"),
        kinds.DATETIME: ("(", ")"),
        kinds.CHOICES: ("(", ")"),
    }.get(kind.name, ("nullif((", ")::text COLLATE \"C\", '')"))
    if isinstance(value, OwnValue) and kind.name == kinds.DATE:
        pieces = ("dangol_day(", ")")
    elif isinstance(value, OwnValue) and kind.name == kinds.DATETIME:
        pieces = ("dangol_moment(", ")")
    made = Term(pieces, value, output_field=output)
    if known is True:
        return made
    return Case(When(known, then=made), default=_constant(None, kind), output_field=output)


def _title(field: Reference, guard: Guard, path: str) -> Any:
    """The title of the record referred to, where the reader may see it."""
    target = registry.find(field.target) if field.target else None
    rows = field.model._base_manager.order_by()
    if target is not None:
        seen = guard.visible(target)
        if seen is False:
            return Value(None, output_field=TextField())
        rows = rows if seen is True else rows.filter(seen)
    return Subquery(rows.filter(pk=field.pointer(path)).values(field.title)[:1], output_field=TextField())


def _labelled(choice: Checked, value: Any) -> Any:
    """The name of a code in the language that is active now."""
    field = choice.kind.field
    if not isinstance(field, Choice):
        raise LookupError("label() is asked of no choice")
    language = (get_language() or "ko")[:2]
    texts = [text for code in field.codes() for text in (code, field.label_of(code, language))]
    if not texts:
        return _constant(None, kinds.PLAIN_TEXT)
    between = ["::text THEN " if place % 2 == 0 else "::text WHEN " for place in range(len(texts) - 1)]
    given = [Value(text, output_field=TextField()) for text in texts]
    return Term(("CASE ", " WHEN ", *between, "::text END"), value, *given, output_field=TextField())
