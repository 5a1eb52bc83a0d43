"""The field in which a customer has its segments: `segment = "이탈 위험 VIP"`, or as it was on a day,
`segment = "이탈 위험 VIP@2026-10-01"`.

A filter asks a segment's condition at this moment, as the reader may ask it; what a row shows, and what was, is read from
the stays that the last snapshot kept.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from dangol.identity.models import Rule
from dangol.insight.models import Segment, SegmentStay
from dangol.insight.segmentation import conditions, index
from dangol.insight.segmentation.index import Known
from dangol.records import filters, registry
from dangol.records.expressions.guards import Guard
from dangol.records.fields import Field, FieldError
from dangol.records.fields.base import Locale
from dangol.records.fields.tags import TagMark, Tags
from dangol.records.fields.text import Text

DATED: Final = re.compile(r"(.+)@(\d{4}-\d{2}-\d{2})", re.DOTALL)
KEPT_FROM: Final = frozenset({Rule.HIDDEN.value, Rule.MASKED.value})
_ONE: Final = Text(max_length=80)
_ALIVE: Final = Q(deleted_at__isnull=True)
RuleOf = Callable[[str], str]


def on_day(name: str) -> tuple[str, date | None]:
    """A value of the field as name and day; no day means now. Raises ValueError for a day that is none."""
    found = DATED.fullmatch(name)
    return (found[1], date.fromisoformat(found[2])) if found else (name, None)


def stays_on(segments: Iterable[int], day: date | None) -> QuerySet[SegmentStay]:
    """The stays in any of the segments on a day; without one, those that last. Lazy."""
    rows = SegmentStay.objects.filter(segment_id__in=list(segments)).order_by()
    if day is None:
        return rows.filter(left_on__isnull=True)
    return rows.filter(entered_on__lte=day).filter(Q(left_on__isnull=True) | Q(left_on__gt=day))


def known_where(segment: Known, guard: Guard, rule_of: RuleOf | None, path: str = "") -> Q | bool:
    """Of which customers a reader may know whether they were in the segment: True all he sees, False none.

    What a snapshot kept was computed from all there is. It is told only where the reader may see everything that it was
    computed from; a segment whose condition asks a field that is hidden from or masked for him is told nowhere.
    """
    if segment.fixed:
        return True
    tree = segment.tree
    if tree is None:
        return False
    if rule_of is not None:
        walks = segment.types - {"order"} or any(len(one) > 1 for one in filters.paths(tree))
        if walks or any(rule_of(name) in KEPT_FROM for name in conditions.fields_of(tree)):
            return False
    customer = registry.get(conditions.CUSTOMER)
    found: Q | bool = True
    for name in segment.types:
        target = registry.find(name)
        if target is not None and target.scope.through[:1] == (conditions.CUSTOMER,):
            where = guard.revealed(name, path)
        else:
            where = guard.visible(target or customer) == _ALIVE
        if where is False:
            return False
        if isinstance(where, Q):
            found = found & where if isinstance(found, Q) else where
    return found


class SegmentField(Tags):
    """The segments that a customer is in; read only."""

    computed = True
    guard: Guard | None = None
    rule_of: RuleOf | None = None

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, record_type=conditions.CUSTOMER, editable=False, **options)

    # for whom

    def guarded(self, guard: Guard) -> Field:
        field = copy.copy(self)
        field.guard = guard
        return field

    def under_rules(self, rule_of: RuleOf) -> Field:
        field = copy.copy(self)
        field.rule_of = rule_of
        return field

    # in

    def one(self, raw: Any, locale: Locale) -> str | None:
        if not isinstance(raw, str):
            raise FieldError("type", _("Write the name of a segment as text."))
        name: str | None = _ONE.parse(raw.strip(), locale)
        try:
            on_day(name or "")
        except ValueError:
            raise FieldError(
                "day", _("Write a segment's name, or its name and a day such as VIP@2026-10-01.")
            ) from None
        return name

    # out

    def select(self, path: str = "") -> tuple[Any, ...]:
        """One subselect for the segments that may be told of everywhere, and one for each other condition."""
        guard = self.guard
        groups: list[tuple[Q | bool, list[int]]] = []
        if guard is None:
            return (_nobody(),)
        for segment in index.everyone():
            where = known_where(segment, guard, self.rule_of, path)
            if where is False:
                continue
            at = next((group for group in groups if group[0] == where), None)
            if at is None:
                groups.append((where, [segment.id]))
            else:
                at[1].append(segment.id)
        found = [self._among(ids, where, path) for where, ids in groups]
        return tuple(one for one in found if one is not None) or (_nobody(),)

    def _among(self, ids: Sequence[int], where: Q | bool, path: str) -> Any:
        stays = stays_on(ids, None).filter(customer_id=OuterRef(f"{path}pk"))
        seen = self._seen()
        if seen is False:
            return None
        if isinstance(seen, Q):
            stays = stays.filter(segment_id__in=Segment.objects.filter(seen).order_by().values("pk"))
        value = ArraySubquery(stays.order_by("segment_id").values("segment_id"))
        if where is True:
            return value
        return Case(When(where, then=value), default=_nobody(), output_field=ArrayField(BigIntegerField()))

    def _seen(self) -> Q | bool:
        """Which segments the reader sees at all."""
        if self.guard is None:
            return False
        seen = self.guard.visible(registry.get("segment"))
        return True if seen == _ALIVE else seen

    def expression(self, path: str = "") -> Any:
        return self.select(path)[0]

    def value_of(self, columns: Sequence[Any]) -> tuple[TagMark, ...]:
        ids = {number for column in columns for number in column or ()}
        known = [one for number in ids if (one := index.of_id(number)) is not None]
        return tuple(
            TagMark(one.id, one.label()) for one in sorted(known, key=lambda one: (one.family, one.id))
        )

    # filter

    def is_empty(self, path: str = "") -> Q:
        return ~self._any_of([(one, None) for one in index.everyone()], path, kept=True)

    def q(self, op: str, value: Any, path: str = "") -> Q:
        """The condition: the customer is in the segment, or was on the day that the value names."""
        match op:
            case "is empty":
                return self.is_empty(path)
            case "is not empty":
                return ~self.is_empty(path)
            case "!=" | "not in":
                return ~self.q({"!=": "=", "not in": "in"}[op], value, path)
            case "=" | "in":
                asked = [
                    on_day(name) for given in ([value] if op == "=" else value) for name in _names(given)
                ]
                return self._any_of([(one, day) for name, day in asked for one in index.named(name)], path)
        raise ValueError(f"{self.name} has no operator {op!r}")

    def _any_of(self, asked: Sequence[tuple[Known, date | None]], path: str, *, kept: bool = False) -> Q:
        seen = self._seen()
        if not asked or seen is False:
            return Q(**{f"{path}pk__in": []})
        return reduce(or_, (self._member(segment, day, seen, path, kept) for segment, day in asked))

    def _member(self, segment: Known, day: date | None, seen: Q | bool, path: str, kept: bool) -> Q:
        guard = self.guard
        where = False if guard is None else known_where(segment, guard, self.rule_of, path)
        if guard is None or (where is False and (kept or day or segment.fixed or self.rule_of is not None)):
            return Q(**{f"{path}pk__in": []})
        tree = segment.tree
        if segment.fixed or day is not None or kept:
            held = Q(**{f"{path}pk__in": stays_on([segment.id], day).values("customer_id")})
            if isinstance(where, Q):
                held &= where
        elif tree is None:
            return Q(**{f"{path}pk__in": []})
        else:
            held = filters.compile(
                tree,
                registry.get(conditions.CUSTOMER),
                path,
                visible=guard.visible,
                revealed=guard.revealed,
            )
        if isinstance(seen, Q):
            held &= Q(Exists(Segment.objects.filter(seen, pk=segment.id).order_by()))
        return held


def _names(given: Any) -> tuple[str, ...]:
    return tuple(given) if isinstance(given, list | tuple) else (str(given),)


def _nobody() -> Any:
    return Value([], output_field=ArrayField(BigIntegerField()))
