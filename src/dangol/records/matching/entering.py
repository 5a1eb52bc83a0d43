"""Before a record is saved: is it there already? The same question for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dangol.identity.actors import Actor
from dangol.records import fieldrules
from dangol.records.fields import Field, FieldError, Locale
from dangol.records.matching import candidates
from dangol.records.matching.judging import Judged, judge
from dangol.records.matching.reading import texts_at, texts_of
from dangol.records.matching.rules import Rules, rules_of
from dangol.records.search.index import Tokenizer, stands_alone
from dangol.records.search.keys import NAME
from dangol.records.titles import titles
from dangol.records.types import RecordType

SHOWN = 5
TYPED = 0.2
"""While something is being typed, less probable ones are shown too."""


@dataclass(frozen=True, slots=True)
class Like:
    """A record that may be the same, which the one who asks may see."""

    id: int
    title: str
    probability: float
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Similar:
    """What was found: records that the actor may see, and whose the others are – teams by name, once each."""

    likes: Sequence[Like] = ()
    elsewhere: Sequence[str] = ()
    count_elsewhere: int = 0

    def __bool__(self) -> bool:
        return bool(self.likes or self.count_elsewhere)


def similar(
    *,
    actor: Actor,
    record_type: RecordType,
    values: Mapping[str, Any],
    threshold: float | None = None,
    but: int | None = None,
) -> Similar:
    """Records of the type that may be about the same as one with these values.

    Args:
        actor: who asks: records outside that scope are told of as another team's, without contents, where the rules of the
            type allow that; fields that the actor may not read as they are do not speak.
        values: what is typed or sent, by field; what cannot be understood is left out.
        threshold: the least probability; the type's own when left out.
        but: this record itself.

    At most eight queries, all of them index probes.
    """
    rules = rules_of(record_type)
    whole = rules.record_type
    if not rules.is_on or not whole.search or not stands_alone(whole):
        return Similar()
    tokenize = Tokenizer(whole)
    read = {*rules.fields(), *tokenize.columns}
    given = {
        name: _meant(whole.fields[name], value, actor)
        for name, value in values.items()
        if name in read and name in whole.fields
    }
    tokens = tokenize(tokenize.values_of(given))
    found = candidates.candidates(whole, {0: tokens})[0] | candidates.near_names(whole, tokens)
    found.discard(but or 0)
    if not found:
        return Similar()
    names = [token[1] for token, _weight in tokens.words if token[0] == NAME]
    bearers = max(candidates.bearers(whole, names).values(), default=0)
    unread = frozenset(name for name in rules.fields() if not fieldrules.is_clear(actor, whole.name, name))
    mine = texts_of(rules.compares, given)
    least = rules.threshold if threshold is None else threshold
    judged = {
        record_id: one
        for record_id, texts in texts_at(rules, sorted(found)).items()
        if (one := judge(rules, mine, texts, bearers=bearers, without=unread)).probability >= least
    }
    return _told(actor, rules, judged)


def _told(actor: Actor, rules: Rules, judged: Mapping[int, Judged]) -> Similar:
    """What the actor may be told of them. Two queries at most."""
    if not judged:
        return Similar()
    best = sorted(judged, key=lambda record_id: (-judged[record_id].probability, record_id))
    seen = titles(actor, rules.record_type, best)
    likes = [
        Like(record_id, seen[record_id].title, judged[record_id].probability, judged[record_id].evidence)
        for record_id in best
        if record_id in seen
    ]
    others = [record_id for record_id in best if record_id not in seen]
    if not others or not rules.row.tells_of_others:
        return Similar(likes[:SHOWN])
    return Similar(likes[:SHOWN], _teams(rules, others), len(others))


def _teams(rules: Rules, ids: Sequence[int]) -> list[str]:
    path = rules.record_type.scope.paths()["team"]
    if path is None:
        return []
    rows = rules.record_type.model._base_manager.filter(pk__in=ids)
    name = f"{path.removesuffix('_id')}__name"
    return sorted({team for team in rows.values_list(name, flat=True) if team})


def _meant(field_: Field, value: Any, actor: Actor) -> Any:
    """The value as it would be stored; None for what is no such value (the form says so when it is saved)."""
    try:
        return field_.parse(value, Locale(actor.language, ZoneInfo(actor.time_zone)))
    except (FieldError, ValueError, TypeError):
        return None
