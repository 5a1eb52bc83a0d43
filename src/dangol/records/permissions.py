"""Who may see and do what: the one place where it is decided.

What an actor may see of a record type is a filter tree over owner, team and territory. List, search, counts,
API, export, timeline, reports and the lake all take it from here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from django.db.models import Case, Q, QuerySet, TextField, Value, When

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.fields import Field
from dangol.records.filters.tree import EVERYTHING, Compare, Or, Tree
from dangol.records.types import RecordType


def _conditions(
    actor: Actor, record_type: RecordType, action: str
) -> list[tuple[str, tuple[int, ...]]] | bool:
    """Scope column and the ids it may have; True for every row, False for none."""
    scopes = actor.scopes(record_type.name, action)
    if not scopes:
        return False
    if "all" in scopes or record_type.scope.open:
        return True
    found: list[tuple[str, tuple[int, ...]]] = []
    if "own" in scopes and actor.user_id is not None:
        found.append(("owner", (actor.user_id,)))
    if "team" in scopes and actor.team_ids:
        found.append(("team", tuple(sorted(actor.team_ids))))
    if "territory" in scopes and actor.territory_ids:
        found.append(("territory", tuple(sorted(actor.territory_ids))))
    return found or False


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
    prefix = path + record_type.scope.prefix()
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
    condition = visible_q(actor, record_type, action)
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


def selected(actor: Actor, field: Field, path: str = "") -> tuple[Any, ...]:
    """The expressions that show a field. A reference's title is empty where the actor may not see the record."""
    expressions = field.select(path)
    return (expressions[0], _guarded(actor, field, path, expressions[1])) if field.target else expressions


def sorted_by(actor: Actor, field: Field, path: str = "") -> Any:
    """The expression a list is sorted by; hidden titles count as none, so that an order tells nothing either."""
    expression = field.expression(path)
    return _guarded(actor, field, path, expression) if field.target else expression


def _guarded(actor: Actor, field: Field, path: str, expression: Any) -> Any:
    target = registry.find(field.target or "")
    condition = visible_q(actor, target, path=f"{path}{field.column}__") if target else True
    if condition is True:
        return expression
    if condition is False:
        return Value(None, output_field=TextField())
    return Case(When(condition, then=expression), default=Value(None), output_field=TextField())


def visible_callback(actor: Actor) -> Any:
    """`visible(record_type) -> Q | bool` for the filter compiler, which asks it for every type a filter walks into."""

    def condition(record_type: RecordType) -> Q | bool:
        alive = Q(deleted_at__isnull=True)
        found = visible_q(actor, record_type)
        if found is False:
            return False
        return alive if found is True else alive & found

    return condition
