"""The rules of a type: what is compared, from when a pair counts, and what may happen by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor, may_administer
from dangol.methods.matching.weights import Model
from dangol.records import fieldrules, registry
from dangol.records.matching import comparing
from dangol.records.matching.comparing import Compare
from dangol.records.models import MatchingRule
from dangol.records.types import RecordType

LOWEST = 0.3
HIGHEST = 0.99
SURE = 0.9
"""Below this nothing is merged without somebody looking."""


class RuleError(ValueError):
    """A setting that makes no sense; `field` says which."""

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Rules:
    """What holds for one type now."""

    record_type: RecordType
    compares: tuple[Compare, ...]
    row: MatchingRule = field(repr=False)

    @cached_property
    def model(self) -> Model:
        """The weights: as learnt by the last whole scan, else as is usual."""
        kinds = {one.name: one.kind for one in self.compares}
        if self.row.model:
            return Model.from_json(self.row.model, kinds)
        return Model.untaught(kinds, self.row.records)

    @property
    def threshold(self) -> float:
        return self.row.threshold

    @property
    def is_on(self) -> bool:
        """Whether records of the type are compared at all."""
        return bool(self.compares)

    def fields(self) -> tuple[str, ...]:
        """The fields that are read, each once."""
        return tuple(dict.fromkeys(name for one in self.compares for name in one.fields))


def rules_of(record_type: RecordType) -> Rules:
    """The rules of a type. One query."""
    whole = fieldrules.whole(record_type)
    row = MatchingRule.objects.filter(record_type=whole.name).first() or MatchingRule(record_type=whole.name)
    return _rules(whole, row)


def _rules(whole: RecordType, row: MatchingRule) -> Rules:
    declared = tuple(whole.matching)
    compares = declared or comparing.chosen(whole.fields, whole.title, row.fields)
    return Rules(whole, compares, row)


def matching_types() -> list[RecordType]:
    """The types whose records are compared, in the order of the menu. One query."""
    rows = {row.record_type: row for row in MatchingRule.objects.all()}
    found = []
    for record_type in registry.all_types():
        row = rows.get(record_type.name) or MatchingRule(record_type=record_type.name)
        if _rules(record_type, row).is_on:
            found.append(record_type)
    return found


def can_choose(record_type: RecordType) -> bool:
    """Whether administrators say what is compared: of own objects, and of types that declare nothing."""
    return not fieldrules.whole(record_type).matching


def choosable(record_type: RecordType) -> list[str]:
    whole = fieldrules.whole(record_type)
    return [name for name, one in whole.fields.items() if comparing.comparable(one)]


def rules_save(
    *,
    actor: Actor,
    record_type: RecordType,
    threshold: float,
    asks: bool,
    tells_of_others: bool,
    merges_alone: bool,
    merge_from: float,
    merge_same: Iterable[str],
    fields: Iterable[str] = (),
) -> Rules:
    """Set the rules of a type. Raises RuleError; PermissionError for those who do not administer the company."""
    if not may_administer(actor):
        raise PermissionError
    rules = rules_of(record_type)
    row = rules.row
    if not LOWEST <= threshold <= HIGHEST:
        raise RuleError("threshold", _("Write a number from 30 to 99."))
    if merges_alone and not SURE <= merge_from <= 1:
        raise RuleError("merge_from", _("Write a number from 90 to 100."))
    if can_choose(record_type):
        possible = choosable(record_type)
        row.fields = [name for name in possible if name in set(fields)]
        rules = _rules(rules.record_type, row)
    known = {one.name for one in rules.compares}
    row.merge_same = [name for name in dict.fromkeys(merge_same) if name in known]
    telling = [one for one in rules.compares if one.name in row.merge_same and one.kind.leading]
    if merges_alone and not telling:
        raise RuleError(
            "merge_same",
            _(
                "Choose at least one number, phone or mail address that must be the same: names are shared by many."
            ),
        )
    row.threshold, row.asks, row.tells_of_others = threshold, asks, tells_of_others
    row.merges_alone, row.merge_from = merges_alone, merge_from
    row.save()
    return rules
