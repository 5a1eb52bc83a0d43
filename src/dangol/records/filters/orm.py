"""Tree → Django `Q`, without joins that multiply rows and without a third truth value.

Every condition is first turned into one that is false where a value is missing, with a sign; `not` is then
`IS NOT TRUE`, or `NOT EXISTS` where a reference or relation is walked. So a filter and its complement always
share out the rows. A record that the actor may not see counts as missing: it answers no question about its
values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from typing import Any as Anything

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import BigIntegerField, BooleanField, Exists, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual
from django.utils import timezone

from dangol.records import fieldrules
from dangol.records.expressions.guards import Guard
from dangol.records.fields import Ref, Reference
from dangol.records.filters.meaning import Meaning, false_when_missing, given, shortened
from dangol.records.filters.names import record_type_named, target_of
from dangol.records.filters.relative import PERSONS
from dangol.records.filters.tree import (
    EVERYTHING,
    All,
    And,
    Any,
    Compare,
    Count,
    Not,
    Or,
    Relative,
    Scalar,
    Tree,
)

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.fields import Field
    from dangol.records.types import RecordType

Visible = Callable[["RecordType"], Q | bool]
"""Gives what the actor may see of a record type, without deleted records: a condition, True or False."""
Revealed = Callable[[str, str], Q | bool]
"""Gives where a value computed from records of a type may be known, for the record at a path."""

_COUNT_LOOKUPS = {
    "=": Exact, "<": LessThan, "<=": LessThanOrEqual, ">": GreaterThan, ">=": GreaterThanOrEqual,
}  # fmt: skip


def compile(  # noqa: A001 - the word of the language's users
    tree: Tree,
    record_type: RecordType,
    path: str = "",
    *,
    actor: Actor | None = None,
    visible: Visible | None = None,
    revealed: Revealed | None = None,
    now: dt.datetime | None = None,
) -> Q:
    """The condition for `QuerySet.filter` on the model of `record_type`.

    Args:
        tree: from `parse` or `from_json`.
        record_type: what is filtered.
        path: ORM prefix where the filtered record is reached from the queryset's model (`"customer__"`).
        actor: who `me` and `mine` are, and whose time zone makes the days; required where they occur.
        visible: guards every reference and relation walked; must leave out deleted records. Without it a tree
            that walks raises TypeError: a filter could otherwise read what its author may not see.
        revealed: the same for fields computed from other records (`Field.needs`).
        now: for relative moments; the present by default.

    Costs no queries; references and relations become EXISTS subqueries of the caller's one query.
    """
    return _Compiler(actor, visible, revealed, now or timezone.now()).q(
        tree, fieldrules.whole(record_type), path, positive=True
    )


class IsNotTrue(Func):
    """False or unknown: the complement of a condition."""

    template = "((%(expressions)s) IS NOT TRUE)"
    arity = 1
    output_field = BooleanField()
    conditional = True

    def as_sql(  # type: ignore[override]
        self, compiler: Anything, connection: Anything, **extra: Anything
    ) -> tuple[str, tuple[Anything, ...]]:
        try:
            sql, params = compiler.compile(self.get_source_expressions()[0])
        except EmptyResultSet:
            raise FullResultSet from None
        except FullResultSet:
            raise EmptyResultSet from None
        return f"(({sql}) IS NOT TRUE)", params


class CountRows(Subquery):
    """How many rows a subquery has."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = BigIntegerField()


class _Compiler(Meaning):
    def __init__(
        self, actor: Actor | None, visible: Visible | None, revealed: Revealed | None, now: dt.datetime
    ) -> None:
        super().__init__(actor, now)
        self.visible = visible
        self.revealed = revealed

    def q(self, tree: Tree, record_type: RecordType, path: str, *, positive: bool) -> Q:
        """The condition that `tree` holds, or (not `positive`) that it does not."""
        while isinstance(tree, Not):
            tree, positive = tree.node, not positive
        if tree == EVERYTHING:
            return Q() if positive else _nothing(path)
        if isinstance(tree, And | Or):
            return self.joined(
                tree.nodes, isinstance(tree, And) == positive, record_type, path, positive=positive
            )
        return self.joined((tree,), True, record_type, path, positive=positive)

    def joined(
        self, nodes: Iterable[Tree], conjunction: bool, record_type: RecordType, path: str, *, positive: bool
    ) -> Q:
        """Members of one and/or. Conditions behind the same reference share one subquery.

        The reference leads to at most one record, so ∃a ∧ ∃b = ∃(a ∧ b), and ¬∃a ∧ ¬∃b = ¬∃(a ∨ b).
        """
        found: list[Q] = []
        behind: dict[tuple[str, bool], list[Tree]] = {}
        for node in nodes:
            sign = positive
            while isinstance(node, Not):
                node, sign = node.node, not sign
            if isinstance(node, And | Or):
                found.append(self.q(node, record_type, path, positive=sign))
                continue
            if isinstance(node, All) and node.where == EVERYTHING:
                found.append(Q() if sign else _nothing(path))
                continue
            leaf, sign = false_when_missing(node, sign)
            if len(leaf.path) > 1:
                behind.setdefault((leaf.path[0], sign), []).append(shortened(leaf))
            else:
                found.append(self.leaf(leaf, record_type, path, positive=sign))
        for (name, sign), leaves in behind.items():
            inner = And.of(*leaves) if conjunction == sign else Or.of(*leaves)
            found.append(self.walk(name, inner, record_type, path, positive=sign))
        condition = found[0]
        for other in found[1:]:
            condition = condition & other if conjunction else _either(condition, other)
        return condition

    def leaf(self, leaf: Tree, record_type: RecordType, path: str, *, positive: bool) -> Q:
        if isinstance(leaf, Compare):
            return self.compare(leaf, record_type, path, positive=positive)
        if isinstance(leaf, Any | Count):
            return self.related(leaf, record_type, path, positive=positive)
        raise TypeError(f"not a filter: {leaf!r}")

    # to one

    def walk(self, name: str, inner: Tree, record_type: RecordType, path: str, *, positive: bool) -> Q:
        field = record_type.fields[name]
        target = target_of(field)
        if target is None or not isinstance(field, Reference):
            raise LookupError(f"{record_type.name}.{name} leads to no record type")
        rows = self.rows(target) if fieldrules.answers(self.actor, record_type, name, "=") else None
        if rows is None:
            return _nothing(path) if positive else Q()
        rows = rows.filter(self.q(inner, target, "", positive=True), pk=field.pointer(path))
        return Q(Exists(rows)) if positive else Q(~Exists(rows))

    # to many

    def related(self, leaf: Any | Count, record_type: RecordType, path: str, *, positive: bool) -> Q:
        relation = record_type.relations[leaf.path[0]]
        target = record_type_named(relation.target)
        if target is None:
            raise LookupError(f"{record_type.name}.{relation.name} leads to no record type")
        seen = fieldrules.seen_by(self.actor, record_type)
        rows = self.rows(target) if relation.name in seen.relations else None
        if rows is None:
            # Nothing is visible: no record meets anything, and every count is none.
            return _nothing(path) if positive else Q()
        rows = rows.filter(self.q(leaf.where, target, "", positive=True))
        rows = rows.filter(**{inverse(record_type.model, relation.path): OuterRef(f"{path}pk")})
        if isinstance(leaf, Any):
            return Q(Exists(rows)) if positive else Q(~Exists(rows))
        # One row more than asked for decides every comparison, so large relations are not counted out.
        counted = CountRows(rows.order_by().values("pk")[: leaf.value + 1])
        held = Q(_COUNT_LOOKUPS[leaf.op](counted, leaf.value))
        return held if positive else Q(IsNotTrue(held))

    def rows(self, target: RecordType) -> QuerySet[Anything] | None:
        """What the actor may see of `target`; None for nothing."""
        if self.visible is None:
            raise TypeError("a filter that walks to other records needs visible=")
        seen = self.visible(target)
        if seen is False:
            return None
        rows = target.model._base_manager.order_by()
        return rows if seen is True else rows.filter(seen)

    # own fields

    def compare(self, leaf: Compare, record_type: RecordType, path: str, *, positive: bool) -> Q:
        field = self.guarded(fieldrules.as_told(self.actor, record_type, record_type.fields[leaf.path[0]]))
        known = (
            self.known(field, path)
            if fieldrules.answers(self.actor, record_type, field.name, leaf.op)
            else False
        )
        if known is False:
            return _nothing(path) if positive else Q()
        if leaf.op == "is not empty" and known is True:
            return field.q("is not empty" if positive else "is empty", None, path)
        held = (
            field.q("is not empty", None, path) if leaf.op == "is not empty" else self.held(field, leaf, path)
        )
        if known is not True:
            held &= known
        return held if positive else Q(IsNotTrue(held))

    def guarded(self, field: Field) -> Field:
        """A computed field reads of other records no more than the actor may see."""
        if not field.computed:
            return field
        if self.visible is None or self.revealed is None:
            return field  # says itself where it needs more
        return field.guarded(Guard(self.visible, self.revealed))

    def known(self, field: Field, path: str) -> Q | bool:
        """Where the actor may know the value; elsewhere it counts as missing."""
        if not field.needs:
            return True
        if self.revealed is None:
            raise TypeError(f"a filter on {field.name} needs revealed=")
        return field.known_where(self.revealed, path)

    def held(self, field: Field, leaf: Compare, path: str) -> Q:
        if isinstance(leaf.value, tuple) and leaf.op == "in":
            return self.one_of(field, leaf.value, path)
        if isinstance(leaf.value, tuple):
            low, high = leaf.value
            return self.bound(field, ">=", low, path) & self.bound(field, "<=", high, path)
        if leaf.value is None:
            raise TypeError(f"{leaf.op} needs a value")
        if leaf.op in ("<", "<=", ">", ">="):
            return self.bound(field, leaf.op, leaf.value, path)
        return self.equal(field, leaf.op, leaf.value, path)

    def one_of(self, field: Field, values: tuple[Scalar, ...], path: str) -> Q:
        plain = [
            value for value in values if not self.is_span(field, value) and not isinstance(value, Relative)
        ]
        titles = [value for value in plain if field.kind == "reference" and isinstance(value, str)]
        plain = [value for value in plain if value not in titles]
        found: Q | None = (
            field.q("in", tuple(given(field, value) for value in plain), path) if plain else None
        )
        for value in values:
            if value in plain:
                continue
            condition = self.equal(field, "=", value, path)
            found = condition if found is None else _either(found, condition)
        return _nothing(path) if found is None else found

    def equal(self, field: Field, op: str, value: Scalar, path: str) -> Q:
        """`=`, or a search inside a text."""
        if isinstance(value, Relative) and value.name in PERSONS:
            people = self.people(field, value)
            return field.q("in", people, path) if people else _nothing(path)
        if self.is_span(field, value):
            first, after = self.borders(field, value)
            return field.q(">=", first, path) & field.q("<", after, path)
        if isinstance(value, Relative):
            return field.q(op, self.borders(field, value)[0], path)
        if field.kind == "reference" and isinstance(value, str):
            return self.titled(field, value, path)
        return field.q(op, given(field, value), path)

    def titled(self, field: Field, title: str, path: str) -> Q:
        """A reference named by its title: only among what the actor may see."""
        target = target_of(field)
        if target is None or not isinstance(field, Reference):
            return field.q("=", Ref(title=title), path)
        rows = self.rows(target) if fieldrules.title_answers(self.actor, target) else None
        if rows is None:
            return _nothing(path)
        return Q(Exists(rows.filter(**{field.title: title}, pk=field.pointer(path))))

    def bound(self, field: Field, op: str, value: Scalar, path: str) -> Q:
        """An order comparison; a day or period is before or after as a whole, and `<=`/`>=` include it."""
        if isinstance(value, Relative) or self.is_span(field, value):
            first, after = self.borders(field, value)
            if first == after:
                return field.q(op, first, path)
            return field.q(
                {">": ">=", ">=": ">=", "<": "<", "<=": "<"}[op], after if op in (">", "<=") else first, path
            )
        return field.q(op, value, path)


def inverse(model: Anything, path: str) -> str:
    """The ORM path back from the end of a relation (`"orders"` → `"customer"`)."""
    back: list[str] = []
    for name in path.split("__"):
        field = model._meta.get_field(name)
        back.append(field.remote_field.name if field.auto_created else field.related_query_name())
        model = field.related_model
    return "__".join(reversed(back))


def _either(left: Q, right: Q) -> Q:
    """Django takes an empty Q for nothing said; in an "or" it must stay "everything"."""
    return Q() if not left or not right else left | right


def _nothing(path: str) -> Q:
    return Q(**{f"{path}pk__in": []})
