"""Who may see and do what: the one place where it is decided.

What an actor may see of a record type is a filter tree over owner, team and territory. List, search, counts,
API, export, timeline, reports and the lake all take it from here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When

from dangol.identity.actors import Actor, may_administer
from dangol.records import fieldrules, registry
from dangol.records.expressions.guards import Guard
from dangol.records.fields import Field
from dangol.records.fields.own import OwnReference
from dangol.records.filters.tree import EVERYTHING, Compare, Or, Tree
from dangol.records.models import Merged
from dangol.records.own import definitions
from dangol.records.types import RecordType

OWN = frozenset({"own"})


def _conditions(
    actor: Actor, record_type: RecordType, action: str
) -> list[tuple[str, tuple[int, ...]]] | bool:
    """Scope column and the ids it may have; True for every row, False for none."""
    scopes = actor.scopes(record_type.name, action)
    if not scopes or (record_type.scope.administered and not may_administer(actor)):
        return False
    if record_type.append_only and action in ("edit", "delete"):
        return False
    if record_type.scope.governed and action in ("edit", "delete") and not may_administer(actor):
        return False
    if "all" in scopes:
        return True
    if record_type.scope.open:
        # Nobody's in particular: there for all to see and to add to, but nobody's own to change or throw away.
        return action in ("view", "create") or scopes != OWN
    found: list[tuple[str, tuple[int, ...]]] = []
    if "own" in scopes and actor.user_id is not None:
        found.append(("owner", (actor.user_id,)))
    if "team" in scopes and actor.team_ids:
        found.append(("team", tuple(sorted(actor.team_ids))))
    if "territory" in scopes and actor.territory_ids:
        found.append(("territory", tuple(sorted(actor.territory_ids))))
    return found or False


def allowed(actor: Actor, record_type: RecordType, action: str) -> bool:
    """May the actor do this to any record of the type at all. No query."""
    return _conditions(actor, record_type, action) is not False


def visible(actor: Actor, record_type: RecordType, action: str = "view") -> Tree | Literal[False]:
    """The filter tree of what the actor may see (or edit, delete, …); False when nothing at all. No query."""
    conditions = _conditions(actor, record_type, action)
    if conditions is False:
        return False
    if conditions is True:
        return EVERYTHING
    through = record_type.scope.through
    return Or.of(*(Compare((*through, column), "in", ids) for column, ids in conditions))


def visible_q(actor: Actor, record_type: RecordType, action: str = "view", path: str = "") -> Q | bool:
    """The same as the ORM writes it; True for every row, False for none. `path` leads to the record."""
    conditions = _conditions(actor, record_type, action)
    if isinstance(conditions, bool):
        return conditions
    return _within(conditions, path + record_type.scope.prefix())


def _within(conditions: list[tuple[str, tuple[int, ...]]], prefix: str) -> Q:
    condition = Q()
    for column, ids in conditions:
        key, value = (f"{column}_id", ids[0]) if len(ids) == 1 else (f"{column}_id__in", ids)
        condition |= Q(**{prefix + key: value})
    return condition


def visible_to(
    actor: Actor, record_type: RecordType, action: str = "view", *, deleted: bool = False
) -> QuerySet[Any]:
    """The rows the actor may see: those alive, or with `deleted` those in the recycle bin. Lazy, no query yet."""
    rows = record_type.model._default_manager.filter(deleted_at__isnull=not deleted)
    if deleted:  # those that were merged into others wait in no bin: they come back by undoing that
        merged = Merged.objects.filter(record_type=record_type.name, record_id=OuterRef("pk"))
        rows = rows.exclude(Exists(merged))
    return _narrowed(rows, visible_q(actor, record_type, action))


def also(rows: QuerySet[Any], actor: Actor, record_type: RecordType, action: str) -> QuerySet[Any]:
    """Of rows that the actor may see those with which he or she may do this, too. Lazy, no query yet."""
    return rows if action == "view" else _narrowed(rows, visible_q(actor, record_type, action))


def out_of_sight_for(actor: Actor, record_type: RecordType) -> QuerySet[Any]:
    """The rows in the recycle bin and those merged into others, that the actor would see if they were alive: to tell him
    what became of them. Lazy, no query yet."""
    rows = record_type.model._default_manager.filter(deleted_at__isnull=False)
    return _narrowed(rows, visible_q(actor, record_type))


def _narrowed(rows: QuerySet[Any], condition: Q | bool) -> QuerySet[Any]:
    if condition is True:
        return rows
    if condition is False:
        return rows.none()
    return rows.filter(condition)


def may(actor: Actor, record_type: RecordType, action: str, record_id: int) -> bool:
    """May the actor do this to this record. One query, none when the role settles it."""
    condition = visible_q(actor, record_type, action)
    if condition is False:
        return False
    return visible_to(actor, record_type, action).filter(pk=record_id).exists()


def reached(actor: Actor, record_type: RecordType, action: str, ids: Sequence[int]) -> set[int]:
    """Of records that the actor sees, those with which he may do this. One query where that is less than seeing."""
    scopes = actor.scopes(record_type.name, action)
    if not scopes or not ids:
        return set()
    if record_type.append_only and action in ("edit", "delete"):
        return set()
    if record_type.scope.open:
        return set(ids) if allowed(actor, record_type, action) else set()
    if "all" in scopes or scopes >= actor.scopes(record_type.name, "view"):
        return set(ids)
    return set(visible_to(actor, record_type, action).filter(pk__in=ids).values_list("pk", flat=True))


def reaches(actor: Actor, record_type: RecordType, action: str, record: Mapping[str, Any]) -> bool:
    """May the actor do this to records of the type that belong where `record` belongs. No query.

    Args:
        record: as `lists.record_get` returns it, with owner, team and territory – the record itself, or the one
            from which the type inherits its scope (an order's customer).
    """
    conditions = _conditions(actor, record_type, action)
    if isinstance(conditions, bool):
        return conditions
    return any((whose := record.get(column)) is not None and whose.id in ids for column, ids in conditions)


def fields_for(actor: Actor, record_type: RecordType) -> dict[str, Field]:
    """The fields that exist for an actor, as the actor may see them. No query.

    That is all but those hidden by a rule, and those computed from what the actor may see nothing of.
    """
    seen = fieldrules.seen_by(actor, record_type)
    return {name: field for name, field in seen.fields.items() if _readable(actor, field)}


def _readable(actor: Actor, field: Field) -> bool:
    """May the actor read the types that the field is computed from; what rules say of their fields is said already."""
    for name, read in definitions.reads(field):
        source = registry.find(name)
        if source is None or not allowed(actor, source, "view"):
            return False
        needs = source.fields[read].needs if read in source.fields else ""
        if needs and not actor.may(needs, "view"):
            return False
    return not field.needs or actor.may(field.needs, "view")


def guard_of(actor: Actor) -> Guard:
    """What the actor may see, for fields that are computed from other records."""
    return Guard(visible_callback(actor), revealed_callback(actor))


def revealed(actor: Actor, needs: str, path: str = "") -> Q | bool:
    """Where values computed from records of the type `needs` may be shown: True everywhere, False nowhere.

    Asked of the owner, team and territory of the record at `path`, to which those records belong.
    """
    conditions = _conditions(actor, registry.get(needs), "view")
    return conditions if isinstance(conditions, bool) else _within(conditions, path)


def revealed_tree(actor: Actor, needs: str) -> Tree | bool:
    """The same as a filter tree over the record that bears the value. No query."""
    conditions = _conditions(actor, registry.get(needs), "view")
    if isinstance(conditions, bool):
        return conditions
    return Or.of(*(Compare((column,), "in", ids) for column, ids in conditions))


def revealed_callback(actor: Actor) -> Callable[[str, str], Q | bool]:
    """`revealed(needs, path)` for the filter compiler, which asks it for every field that needs another type."""
    return partial(revealed, actor)


def hidden_unless(condition: Q | bool, expression: Any, output_field: Any = None) -> Any:
    """The expression where the condition holds, elsewhere no value."""
    if condition is True:
        return expression
    output_field = output_field or getattr(expression, "output_field", None)
    nothing = Value(None, output_field=output_field)
    if condition is False:
        return nothing
    return Case(When(condition, then=expression), default=nothing, output_field=output_field)


def selected(actor: Actor, field: Field, path: str = "") -> tuple[Any, ...]:
    """The expressions that show a field. What the actor may not see is empty: a reference's title, a computed value."""
    field = field.guarded(guard_of(actor)) if field.computed else field
    expressions = field.select(path)
    if field.needs:
        condition = field.known_where(revealed_callback(actor), path)
        return tuple(hidden_unless(condition, expression) for expression in expressions)
    return (expressions[0], _guarded(actor, field, path, expressions[1])) if field.target else expressions


def sorted_by(actor: Actor, field: Field, path: str = "") -> Any:
    """The expression a list is sorted by; what is hidden counts as none, so that an order tells nothing either."""
    field = field.guarded(guard_of(actor)) if field.computed else field
    expression = field.expression(path)
    if field.needs:
        return hidden_unless(field.known_where(revealed_callback(actor), path), expression)
    return _guarded(actor, field, path, expression) if field.target else expression


def named(actor: Actor, target: str, path: str, column: str = "") -> Any:
    """The title (or another text column) of the record that `path` leads to; no value where the actor may not see it.

    For reading names beside other rows: `rows.annotate(customer_name=named(actor, "customer", "customer"))`.
    """
    record_type = registry.get(target)
    return hidden_unless(
        visible_q(actor, record_type, path=f"{path}__"),
        fieldrules.column_mask(
            actor, record_type, column or record_type.title, F(f"{path}__{column or record_type.title}")
        ),
        TextField(),
    )


def follows(actor: Actor, record_type: RecordType, parent: RecordType) -> bool:
    """Whether the actor sees every record of the type that belongs to a record of `parent` that he sees. No query."""
    scopes = actor.scopes(record_type.name, "view")
    return "all" in scopes or bool(scopes and scopes >= actor.scopes(parent.name, "view"))


def _guarded(actor: Actor, field: Field, path: str, expression: Any) -> Any:
    target = registry.find(field.target or "")
    if isinstance(field, OwnReference):
        if target is None:
            return expression
        seen = visible_q(actor, target)
        rows = target.model._base_manager.all()
        title = field.title_among(
            rows.none() if seen is False else rows if seen is True else rows.filter(seen), path
        )
        return fieldrules.title_mask(actor, target, title)
    condition = visible_q(actor, target, path=f"{path}{field.column}__") if target else True
    if target:
        expression = fieldrules.title_mask(actor, target, expression)
    return hidden_unless(condition, expression, TextField())


def visible_callback(actor: Actor) -> Any:
    """`visible(record_type) -> Q | bool` for the filter compiler, which asks it for every type a filter walks into."""

    def condition(record_type: RecordType) -> Q | bool:
        alive = Q(deleted_at__isnull=True)
        found = visible_q(actor, record_type)
        if found is False:
            return False
        return alive if found is True else alive & found

    return condition
