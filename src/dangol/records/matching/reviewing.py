"""The queue as people read it: pairs that hang together, side by side, with the reasons in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.methods.matching.groups import groups
from dangol.records import fieldrules, permissions
from dangol.records.fields import Field, Locale
from dangol.records.lists import records_at
from dangol.records.matching.pairs import pairs_for
from dangol.records.matching.rules import Rules, rules_of
from dangol.records.models import DuplicatePair, PairState
from dangol.records.types import RecordType

PAIRS = 40
"""Pairs on one page; what hangs together with them stands there too."""
MOST_TOGETHER = 5
COUNTED = 10_000
HINTED = 1_000
MOST_SHOWN = 0.999

WORDS = {
    "same": (_("same"), "p"),
    "typing": (_("one slip apart"), "b"),
    "sound": (_("sounds the same"), "b"),
    "near": (_("similar"), "b"),
    "ending": (_("same last digits"), "b"),
    "mailbox": (_("same mailbox at another domain"), "b"),
    "different": (_("different"), "r"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One compared field: how it is called, what was seen, and a tone."""

    label: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the records of a group."""

    label: str
    values: Sequence[SafeString]
    differs: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Records that may all be the same. `pairs` are the ids that a decision is about."""

    ids: Sequence[int]
    titles: Sequence[str]
    pairs: Sequence[int]
    probability: float
    reasons: Sequence[Reason]
    lines: Sequence[Line]
    state: str
    found_by: str
    left_out: int = 0

    @property
    def likely(self) -> float:
        """The probability as it is shown: nothing is certain."""
        return min(self.probability, MOST_SHOWN)

    @property
    def merge_query(self) -> str:
        """What the page that merges is asked for."""
        return "&".join(f"id={one}" for one in self.ids)


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the queue."""

    groups: Sequence[Group]
    next: int | None


def labels(actor: Actor, rules: Rules) -> dict[str, str]:
    """How the compared fields are called, of those that the actor may read as they are."""
    known = permissions.fields_for(actor, rules.record_type)
    return {
        one.name: str(known[one.name].label)
        for one in rules.compares
        if one.name in known and fieldrules.is_clear(actor, rules.record_type.name, *one.fields)
    }


def reasons(evidence: Mapping[str, str], called: Mapping[str, str]) -> list[Reason]:
    """The evidence in words, what speaks for it first."""
    order = list(WORDS)
    found = sorted(
        ((name, level) for name, level in evidence.items() if name in called and level in WORDS),
        key=lambda item: order.index(item[1]),
    )
    return [Reason(called[name], str(WORDS[level][0]), WORDS[level][1]) for name, level in found]


def count(actor: Actor, rules: Rules, state: str = PairState.OPEN) -> int:
    """Pairs in that state that are the actor's to decide, counted up to 10,000. One query."""
    return pairs_for(actor, rules.record_type).filter(state=state)[:COUNTED].count()


def waiting(actor: Actor, record_type: RecordType) -> int:
    """Open pairs of the type that are the actor's to decide, counted up to 1,000, for a hint beside the list. One query, of
    the index of open pairs; a second one where there are any; none for who may edit no record of the type."""
    if not permissions.allowed(actor, record_type, "edit"):
        return 0
    found = pairs_for(actor, record_type).filter(state=PairState.OPEN)[:HINTED].count()
    return found if found and rules_of(record_type).is_on else 0


def queue(
    *,
    actor: Actor,
    rules: Rules,
    state: str = PairState.OPEN,
    least: float = 0.0,
    found_by: str = "",
    page: int = 1,
) -> Queue:
    """A page of the queue, the most probable first. Three queries.

    Args:
        state: open, later, different or merged. least: the least probability. found_by: scan, entry or import.
        page: counted from 1.
    """
    rows = pairs_for(actor, rules.record_type).filter(state=state, probability__gte=least)
    if found_by:
        rows = rows.filter(found_by=found_by)
    start = (page - 1) * PAIRS
    found = list(rows.order_by("-probability", "id")[start : start + PAIRS + 1])
    more = len(found) > PAIRS
    found = found[:PAIRS]
    return Queue(_grouped(actor, rules, found), page + 1 if more else None)


def _grouped(actor: Actor, rules: Rules, found: Sequence[DuplicatePair]) -> list[Group]:
    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    called = labels(actor, rules)
    together = groups((pair.left, pair.right) for pair in found)
    ids = sorted({one for group in together for one in group})
    known = permissions.fields_for(actor, rules.record_type)
    columns = [name for name in _columns(rules) if name in known]
    records = records_at(actor=actor, record_type=rules.record_type, ids=ids, columns=columns) if ids else {}
    made = []
    for group in together:
        members = [one for one in group if one in records]
        inside = [pair for pair in found if pair.left in group and pair.right in group]
        if len(members) < 2 or not inside:
            continue
        shown = members[:MOST_TOGETHER]
        inside = [pair for pair in inside if pair.left in shown and pair.right in shown] or inside
        best = max(inside, key=lambda pair: pair.probability)
        made.append(
            Group(
                ids=shown,
                titles=[_title(rules, known, records[one], locale) for one in shown],
                pairs=[pair.pk for pair in inside],
                probability=best.probability,
                reasons=reasons(best.evidence, called),
                lines=_lines(known, columns, [records[one] for one in shown], locale),
                state=best.state,
                found_by=best.get_found_by_display(),
                left_out=len(members) - len(shown),
            )
        )
    return sorted(made, key=lambda group: -group.probability)


def _columns(rules: Rules) -> list[str]:
    """The fields that stand side by side: what is compared, whose it is, and when it came."""
    extra = ("owner", "external_id", "created_at", "updated_at")
    names = [rules.record_type.title, *rules.fields(), *extra]
    return [name for name in dict.fromkeys(names) if name in rules.record_type.fields]


def _title(rules: Rules, known: Mapping[str, Field], row: Mapping[str, Any], locale: Locale) -> str:
    field = known.get(rules.record_type.title)
    text = field.text(row[rules.record_type.title], locale) if field is not None else ""
    return text or f"#{row['id']}"


def _lines(
    known: Mapping[str, Field], columns: Sequence[str], rows: Sequence[Mapping[str, Any]], locale: Locale
) -> list[Line]:
    """Fields that any of the records has; those that differ first."""
    found = []
    for name in columns:
        field = known[name]
        values = [row[name] for row in rows]
        if all(value in (None, "", []) for value in values):
            continue
        texts = [field.text(value, locale) for value in values]
        given = {text for text in texts if text}
        found.append(Line(str(field.label), [field.html(value, locale) for value in values], len(given) > 1))
    return sorted(found, key=lambda line: not line.differs)
