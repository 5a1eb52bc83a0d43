"""What filters mean, whatever they are compiled to: missing values, and what moments, periods and persons stand for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING
from typing import Any as Anything
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.records.fields import Ref
from dangol.records.filters.messages import FilterError
from dangol.records.filters.relative import PERSONS, days, midnight, span
from dangol.records.filters.tree import (
    NEGATIVE,
    All,
    Any,
    Compare,
    Count,
    NoneOf,
    Not,
    Relative,
    Scalar,
    Tree,
)
from dangol.records.filters.values import refers_to

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.fields import Field


class Meaning:
    """What values stand for when `actor` asks at the moment `now`; days are those of the actor's time zone."""

    def __init__(self, actor: Actor | None, now: dt.datetime) -> None:
        self.actor = actor
        self.now = now
        self.zone = ZoneInfo(actor.time_zone) if actor is not None else timezone.get_default_timezone()

    def is_span(self, field: Field, value: Scalar) -> bool:
        """Whether `value` covers more than one value of `field`: a period, or a day on a field with times."""
        if isinstance(value, Relative):
            return value.name not in PERSONS and value.name != "now"
        return field.kind == "datetime" and isinstance(value, dt.date) and not isinstance(value, dt.datetime)

    def borders(self, field: Field, value: Scalar) -> tuple[Anything, Anything]:
        if isinstance(value, Relative):
            if field.kind == "date":
                return days(value, self.now.astimezone(self.zone).date())
            return span(value, self.now, self.zone)
        if not isinstance(value, dt.date):
            raise TypeError(f"not a day: {value!r}")
        return midnight(value, self.zone), midnight(value + dt.timedelta(days=1), self.zone)

    def people(self, field: Field, value: Relative) -> tuple[Anything, ...]:
        if self.actor is None:
            raise FilterError(
                _("“%(word)s” needs somebody who is signed in.") % {"word": value.name}, code="actor"
            )
        if value.name == "me":
            ids: Iterable[int | None] = (self.actor.user_id,)
        else:
            ids = self.actor.team_ids if refers_to(field) == "team" else self.actor.territory_ids
        return tuple(given(field, identity) for identity in sorted(i for i in ids if i is not None))


def false_when_missing(leaf: Tree, positive: bool) -> tuple[Anything, bool]:
    """An equal condition, with a sign, that is false where the path leads to no record or no value."""
    match leaf:
        case Compare(path, op, value) if op in NEGATIVE:
            return Compare(path, NEGATIVE[op], value), not positive
        case NoneOf(path, where):
            return Any(path, where), not positive
        case All(path, where):
            return Any(path, where.node if isinstance(where, Not) else Not(where)), not positive
        case Count(path, "!=", value, where):
            return false_when_missing(Count(path, "=", value, where), not positive)
        case Count(path, "=", 0, where):
            return Any(path, where), not positive
        case Count(_path, "<", 0, _where):
            # Never true, and so it has to stay: turned round it would be asked of records that have some.
            return leaf, positive
        case Count(path, "<" | "<=" as op, value, where):
            return Count(path, ">=" if op == "<" else ">", value, where), not positive
        case Count(path, ">=", 0, where):
            return Count(path, "<", 0, where), not positive
    return leaf, positive


def shortened(leaf: Anything) -> Tree:
    if isinstance(leaf, Compare):
        return Compare(leaf.path[1:], leaf.op, leaf.value)
    if isinstance(leaf, Count):
        return Count(leaf.path[1:], leaf.op, leaf.value, leaf.where)
    return Any(leaf.path[1:], leaf.where)


def given(field: Field, value: Scalar) -> Anything:
    """A value in the shape that `field.q` takes: references by `Ref`."""
    if field.kind == "reference" and isinstance(value, int):
        return Ref(id=value)
    return value
