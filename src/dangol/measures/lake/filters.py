"""Filter tree → Ibis, with the meaning that `records.filters.orm` gives it in PostgreSQL.

Every condition becomes a boolean that is never missing, so `not` is the exact complement. References and relations
become membership in the ids that meet the inner condition; nothing multiplies rows. What the actor may see is a filter
tree too, and compiled here as well.
"""

import datetime as dt
import operator
from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.measures.fields import ScoreField
from dangol.measures.lake.datasets import OWN, Dataset, of_records
from dangol.measures.lake.own_values import own_value
from dangol.measures.lake.scores import scores_of
from dangol.records import fieldrules
from dangol.records.fields import Field, Ref, Reference
from dangol.records.fields.own import Own, OwnReference
from dangol.records.filters import EVERYTHING, All, And, Compare, Count, FilterError, Not, Or, Relative, Tree
from dangol.records.filters import Any as AnyOf
from dangol.records.filters.meaning import Meaning, false_when_missing, shortened
from dangol.records.filters.names import record_type_named, target_of
from dangol.records.filters.orm import inverse
from dangol.records.filters.relative import PERSONS
from dangol.records.filters.tree import Scalar
from dangol.records.types import RecordType

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.measures.lake.engine import Lake

Visible = Callable[[RecordType], Tree | Literal[False]]
"""What the actor may see of a record type, as `permissions.visible` gives it: a tree, or False for nothing."""
Revealed = Callable[[str], Tree | bool]
"""Where a value computed from records of a type may be known: a tree over the record that bears it, True or False."""

_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matching(
    lake: "Lake",
    tree: Tree,
    record_type: RecordType,
    *,
    actor: Actor | None = None,
    visible: Visible | None = None,
    revealed: Revealed | None = None,
    now: dt.datetime | None = None,
) -> "ir.Table":
    """The rows of the record type's dataset that a filter lets through. Nothing is run yet.

    Args:
        lake: an open lake.
        tree: from `parse` or `from_json`, or a visibility tree.
        record_type: what is filtered.
        actor: who `me` and `mine` are, and whose time zone makes the days; required where they occur.
        visible: guards every reference and relation walked. Without it a tree that walks raises TypeError: a filter
            could otherwise read what its author may not see.
        revealed: the same for fields computed from other records (`Field.needs`).
        now: for relative moments; the present by default.

    Scores, which the lake does not hold, are read from PostgreSQL when a filter first names one (`scores_of`).

    Raises:
        FilterError: the lake does not hold a field or record type that the filter names.
        LakeMissing: the lake was extracted before the dataset was declared.
    """
    compiler = _Compiler(lake, actor, visible, revealed, now or timezone.now())
    rows = compiler.table(record_type)
    return rows.filter(compiler.holds(tree, record_type, rows))


def column_of(lake: "Lake", field: Field, record_type: RecordType, rows: "ir.Table") -> Any:
    """A field's column over rows of the record type's dataset, as filters read it.

    Raises:
        FilterError: the lake does not hold the field.
    """
    return _Compiler(lake, None, None, None, timezone.now()).column(field, record_type, rows)


def is_kept(field: Field, record_type: RecordType) -> bool:
    """Whether the record type's dataset holds the field, so that filters on the lake may name it."""
    try:
        dataset = of_records(record_type.name)
    except LookupError:
        return False
    names = {column.name for column in dataset.columns}
    if isinstance(field, Own):
        return not field.computed and OWN in names
    return _name_of(field, dataset) in names and _is_plain(field)


def _name_of(field: Field, dataset: Dataset) -> str:
    return dataset.fields.get(field.name) or {
        "reference": f"{field.column}_id",
    }.get(field.kind, "id" if field.column == "pk" else field.column)


def everything(record_type: RecordType) -> Tree:
    """A `visible` for work that belongs to nobody: all that is in the lake."""
    return EVERYTHING


class _Compiler(Meaning):
    def __init__(
        self,
        lake: "Lake",
        actor: Actor | None,
        visible: Visible | None,
        revealed: Revealed | None,
        now: dt.datetime,
    ) -> None:
        super().__init__(actor, now)
        self.lake = lake
        self.visible = visible
        self.revealed = revealed

    def holds(self, tree: Tree, record_type: RecordType, rows: "ir.Table") -> Any:
        """A boolean over `rows`, never missing."""
        import ibis

        match tree:
            case And(nodes):
                parts = [self.holds(node, record_type, rows) for node in nodes]
                return reduce(operator.and_, parts) if parts else ibis.literal(True)
            case Or(nodes):
                return reduce(operator.or_, (self.holds(node, record_type, rows) for node in nodes))
            case Not(node):
                return ~self.holds(node, record_type, rows)
            case All(_path, where) if where == EVERYTHING:
                return ibis.literal(True)
        leaf, positive = false_when_missing(tree, True)
        if len(leaf.path) > 1:
            found = self.walk(leaf, record_type, rows)
        elif isinstance(leaf, Compare):
            found = self.compare(leaf, record_type, rows)
        else:
            found = self.related(leaf, record_type, rows)
        return found if positive else ~found

    # other records

    def walk(self, leaf: Any, record_type: RecordType, rows: "ir.Table") -> Any:
        import ibis

        field = record_type.fields[leaf.path[0]]
        if not fieldrules.answers(self.actor, record_type, field.name, "="):
            return ibis.literal(False)
        target = target_of(field)
        if target is None:
            raise LookupError(f"{record_type.name}.{field.name} leads to no record type")
        link = self.column(field, record_type, rows)
        seen = self.seen(target)
        return _within(link, seen.filter(self.holds(shortened(leaf), target, seen)).id)

    def related(self, leaf: AnyOf | Count, record_type: RecordType, rows: "ir.Table") -> Any:
        import ibis

        relation = record_type.relations[leaf.path[0]]
        if relation.name not in fieldrules.seen_by(self.actor, record_type).relations:
            return ibis.literal(False)
        target = record_type_named(relation.target)
        if target is None:
            raise LookupError(f"{record_type.name}.{relation.name} leads to no record type")
        seen = self.seen(target)
        found = seen.filter(self.holds(leaf.where, target, seen))
        owners = self.owners(found, target, inverse(record_type.model, relation.path).split("__"))
        if isinstance(leaf, Count):
            counted = owners.group_by("owner").aggregate(number=owners.count())
            owners = counted.filter(_COMPARISONS[leaf.op](counted.number, leaf.value))
        return _within(rows.id, owners.owner)

    def owners(self, found: "ir.Table", record_type: RecordType, back: list[str]) -> "ir.Table":
        """For every row the id that a chain of references leads to, as `owner`; rows that lead nowhere are left out."""
        names = iter(back)
        field = self.reference(record_type, next(names))
        linked = found.select(owner=self.column(field, record_type, found))
        for name in names:
            target = target_of(field)
            if target is None:
                raise LookupError(f"{record_type.name}.{field.name} leads to no record type")
            record_type, field = target, self.reference(target, name)
            step = self.table(target)
            step = step.select(step_id=step.id, next_id=self.column(field, target, step))
            joined = linked.inner_join(step, linked.owner == step.step_id)
            linked = joined.select(owner=joined.next_id)
        return linked.filter(linked.owner.notnull())

    def reference(self, record_type: RecordType, column: str) -> Field:
        for field in record_type.fields.values():
            if field.kind == "reference" and field.column == column:
                return field
        raise LookupError(f"{record_type.name} has no reference {column}")

    def table(self, record_type: RecordType) -> "ir.Table":
        return self.lake.table(_dataset(record_type).name).view()

    def seen(self, target: RecordType) -> "ir.Table":
        """What the actor may see of `target`."""
        if self.visible is None:
            raise TypeError("a filter that walks to other records needs visible=")
        rows, tree = self.table(target), self.visible(target)
        if tree is False:
            return rows.filter(rows.id.isnull())
        return rows if tree == EVERYTHING else rows.filter(self.unguarded(tree, target, rows))

    def unguarded(self, tree: Tree, record_type: RecordType, rows: "ir.Table") -> Any:
        """A visibility tree: it says itself what may be seen, so nothing stands before what it walks to."""
        free = _Compiler(self.lake, self.actor, everything, lambda needs: True, self.now)
        return free.holds(tree, record_type, rows)

    # own fields

    def compare(self, leaf: Compare, record_type: RecordType, rows: "ir.Table") -> Any:
        import ibis

        field = record_type.fields[leaf.path[0]]
        if not fieldrules.answers(self.actor, record_type, field.name, leaf.op):
            return ibis.literal(False)
        if isinstance(field, ScoreField) and not _holds(record_type, field):
            held = self.scored(field, leaf, record_type, rows)
        else:
            held = self.held(field, leaf, record_type, self.column(field, record_type, rows)).fill_null(False)
        if not field.needs:
            return held
        if self.revealed is None:
            raise TypeError(f"a filter on {field.name} needs revealed=")
        known = self.revealed(field.needs)
        if known is True:
            return held
        return ibis.literal(False) if known is False else held & self.unguarded(known, record_type, rows)

    def scored(self, field: Any, leaf: Compare, record_type: RecordType, rows: "ir.Table") -> Any:
        """A score is none of the dataset's columns: the records are those whose score meets the condition."""
        scores = scores_of(self.lake, field.record_type, field.score_name or field.name).view()
        if leaf.op != "is not empty":
            column = scores[field.score_column]
            scores = scores.filter(self.held(field, leaf, record_type, column).fill_null(False))
        return _within(rows.id, scores.record_id)

    def column(self, field: Field, record_type: RecordType, rows: "ir.Table") -> Any:
        """The field's column in its dataset. Raises FilterError where there is none."""
        dataset = _dataset(record_type)
        # Ibis reads JSON on Spark by a Python function for each value, which needs libraries on every machine there.
        reads_json = self.lake.backend.name != "pyspark"
        if isinstance(field, Own) and not field.computed and OWN in rows.columns and reads_json:
            return own_value(field, rows)
        name = _name_of(field, dataset)
        if name not in rows.columns or isinstance(field, Own) or not _is_plain(field):
            raise FilterError(
                _("“%(field)s” of “%(type)s” is not kept for analysis; filter by another field.")
                % {"field": field.label, "type": record_type.label},
                code="lake",
            )
        return rows[name]

    def held(self, field: Field, leaf: Compare, record_type: RecordType, column: Any) -> Any:
        value = leaf.value
        if leaf.op == "is not empty":
            if column.type().is_array():
                return column.notnull()
            is_text = column.type().is_string() and not isinstance(field, ScoreField)
            return column.notnull() & (column != "") if is_text else column.notnull()
        if isinstance(value, tuple) and leaf.op == "in":
            return reduce(operator.or_, (self.equal(field, "=", each, column) for each in value))
        if isinstance(value, tuple):
            low, high = value
            return self.bound(field, ">=", low, column) & self.bound(field, "<=", high, column)
        if value is None:
            raise TypeError(f"{leaf.op} needs a value")
        if leaf.op in ("<", "<=", ">", ">="):
            return self.bound(field, leaf.op, value, column)
        return self.equal(field, leaf.op, value, column)

    def equal(self, field: Field, op: str, value: Scalar, column: Any) -> Any:
        """`=`, or a search inside a text."""
        import ibis

        if isinstance(value, Relative) and value.name in PERSONS:
            people = [given.id if isinstance(given, Ref) else given for given in self.people(field, value)]
            return column.isin(people) if people else ibis.literal(False)
        if self.is_span(field, value):
            first, after = self.borders(field, value)
            return (column >= _literal(first)) & (column < _literal(after))
        if isinstance(value, Relative):
            return column == _literal(self.borders(field, value)[0])
        if field.kind == "reference" and isinstance(value, str):
            return self.titled(field, value, column)
        if column.type().is_array():  # one of several values
            return column.contains(str(value))
        if op == "=":
            return column == _literal(value)
        # Both sides by the engine, so that one table of letters decides.
        sought = ibis.literal(str(value))
        if not isinstance(field, ScoreField):
            column, sought = column.upper(), sought.upper()
        match op:
            case "contains":
                return column.contains(sought)
            case "starts with":
                return column.startswith(sought)
            case "ends with":
                return column.endswith(sought)
        raise ValueError(f"{field.name} has no operator {op!r}")

    def titled(self, field: Field, title: str, column: Any) -> Any:
        """A reference named by its title: only among what the actor may see."""
        import ibis

        target = target_of(field)
        if target is None or not isinstance(field, Reference):
            raise FilterError(
                _("“%(field)s” can only be filtered by number here.") % {"field": field.label}, code="lake"
            )
        if not fieldrules.title_answers(self.actor, target):
            return ibis.literal(False)
        seen = self.seen(target)
        named = next((each for each in target.fields.values() if each.column == field.title), None)
        if named is None:
            raise LookupError(f"{target.name} has no field {field.title}")
        return _within(column, seen.filter(self.column(named, target, seen) == title).id)

    def bound(self, field: Field, op: str, value: Scalar, column: Any) -> Any:
        """An order comparison; a day or period is before or after as a whole, and `<=`/`>=` include it."""
        if isinstance(value, Relative) or self.is_span(field, value):
            first, after = self.borders(field, value)
            if first != after:
                op, value = {">": (">=", after), ">=": (">=", first), "<": ("<", first), "<=": ("<", after)}[
                    op
                ]
            else:
                value = first
        return _COMPARISONS[op](column, _literal(value))


def _dataset(record_type: RecordType) -> Dataset:
    try:
        return of_records(record_type.name)
    except LookupError:
        raise FilterError(
            _("“%(type)s” is not kept for analysis.") % {"type": record_type.label}, code="lake"
        ) from None


def _holds(record_type: RecordType, field: Field) -> bool:
    """Whether the type's dataset has a column of this name for the field."""
    return field.name in _dataset(record_type).fields


def _is_plain(field: Field) -> bool:
    """Whether the field means by its operators what every field means; others cannot be said in another language."""
    return type(field).q in (Field.q, Reference.q, Own.q, OwnReference.q) or isinstance(field, ScoreField)


def _within(column: Any, ids: Any) -> Any:
    return column.isin(ids).fill_null(False)


def _literal(value: Any) -> Any:
    """A value as the engine reads it: moments in UTC, amounts exact."""
    import ibis

    if isinstance(value, dt.datetime):
        return ibis.literal(value.astimezone(dt.UTC), type="timestamp('UTC', 6)")
    if isinstance(value, dt.date):
        return ibis.literal(value, type="date")
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        _sign, digits, exponent = value.as_tuple()
        places = max(0, -exponent) if isinstance(exponent, int) else 0
        whole = max(len(digits) + (exponent if isinstance(exponent, int) else 0), 1)
        return ibis.literal(value, type=f"decimal({whole + places}, {places})")
    return ibis.literal(value)
