"""What is expected of the records of a type: rules, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dangol.records import fieldrules, registry
from dangol.records.objects.types import OwnObjectType
from dangol.records.types import Label, RecordType

if TYPE_CHECKING:
    Condition = str | Callable[[RecordType], Q]
else:
    Condition = Any

HEAVIEST: Final = 5


class Dimension(models.TextChoices):
    """The sides of data quality, in the order in which `Score.parts` has them."""

    COMPLETENESS = "completeness", _("Completeness")
    VALIDITY = "validity", _("Validity")
    FRESHNESS = "freshness", _("Freshness")
    UNIQUENESS = "uniqueness", _("Uniqueness")
    CONSISTENCY = "consistency", _("Consistency")


DIMENSIONS: Final = tuple(Dimension)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is expected of a record.

    `fails` says which records do not meet it: a filter in the filter language, or a condition for the ORM. `applies` is
    the same for the records of which it is expected at all ("": of all). `weight` is from 0 (off, unless an
    administrator switches it on) to 5; the score is the weight of what is met, in percent of the weight of what applies.
    `fields` are those it looks at, the one to mend first; who may not read one of them is not told of the finding.
    `whole`: it can only be told by looking at all records; between two nights it stays as it was. `label` names the
    finding: "No phone number".
    """

    code: str
    dimension: Dimension
    label: Label
    fails: Condition
    applies: Condition = ""
    weight: int = 1
    fields: tuple[str, ...] = ()
    whole: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= HEAVIEST:
            raise ValueError(f"rule {self.code}: a weight is from 0 to {HEAVIEST}")


Source = Callable[[RecordType], Iterable[Rule]]


@dataclass(slots=True)
class _Declared:
    rules: list[Rule]
    expected: dict[str, int]


_declared: dict[str, _Declared] = {}
_sources: list[Source] = []
_kept: dict[str, tuple[int, int, dict[str, Rule]]] = {}


def register(record_type: str, *rules: Rule, expect: Mapping[str, int] | None = None) -> None:
    """Have the records of a type looked at.

    Args:
        record_type: its name. Own objects are looked at without being registered.
        rules: what is expected beside what follows from the fields; one with the code of such a rule takes its place.
        expect: weights of rules that follow from the fields, by code (`missing_phone`), where they differ.
    """
    known = _declared.setdefault(record_type, _Declared([], {}))
    known.rules.extend(rules)
    known.expected.update(expect or {})
    _kept.clear()


def register_source(source: Source) -> None:
    """Have rules for every type that the source gives any for, also for types that are made while the project runs."""
    _sources.append(source)
    _kept.clear()


def forget() -> None:
    """Collect the rules anew when asked next: what administrators expect has changed."""
    _kept.clear()


def is_looked_at(record_type: RecordType) -> bool:
    """Whether records of the type have a score: those of registered types and of own objects."""
    return record_type.name in _declared or isinstance(record_type, OwnObjectType)


def looked_at() -> list[RecordType]:
    """All types whose records have a score, in the order of the menu."""
    return [record_type for record_type in registry.all_types() if is_looked_at(record_type)]


def rules_of(record_type: RecordType) -> Mapping[str, Rule]:
    """All rules there can be for a type, those switched off too, by code; in the order of dimensions. No query."""
    record_type = fieldrules.whole(record_type)
    edition = record_type.edition
    found = _kept.get(record_type.name)
    if found is None or found[0] != id(record_type) or found[1] != edition:
        found = (id(record_type), edition, _collected(record_type))
        _kept[record_type.name] = found
    return found[2]


def _collected(record_type: RecordType) -> dict[str, Rule]:
    from dangol.measures.quality import derived

    declared = _declared.get(record_type.name, _Declared([], {}))
    rules: dict[str, Rule] = {}
    for rule in _all(record_type, declared, derived.rules):
        weight = declared.expected.get(rule.code, rule.weight)
        rules[rule.code] = replace(rule, weight=weight)
    return dict(sorted(rules.items(), key=lambda item: DIMENSIONS.index(item[1].dimension)))


def _all(record_type: RecordType, declared: _Declared, derive: Source) -> Iterator[Rule]:
    yield from derive(record_type)
    yield from declared.rules
    for source in _sources:
        yield from source(record_type)


def in_force(record_type: RecordType, weights: Mapping[str, int]) -> list[Rule]:
    """The rules that count, each with the weight that an administrator gave it. No query."""
    weighed = (
        replace(rule, weight=weights.get(code, rule.weight)) for code, rule in rules_of(record_type).items()
    )
    return [rule for rule in weighed if rule.weight > 0]
