"""Searching: one statement over the dictionary and the identifiers, ranked, over all record types at once.

Each kind of match is a branch of a UNION ALL, best first, under one LIMIT: PostgreSQL stops at the branch that fills it,
so a frequent name costs no more than a rare one.

A search under a scope first looks whether few records match at all; then it only drops what lies outside. Of a frequent
match it takes one of two ways. When few records lie in the scope, it starts from these. When they are many, hits are dense
enough to start from the tokens. Either way the last word is a check of the found ids against the permissions themselves;
the scope columns beside the index are for speed only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from dangol.records import fieldrules, permissions, registry
from dangol.records.search import statements, terms, typos
from dangol.records.search.index import type_code
from dangol.records.search.keys import CODE, WORD
from dangol.records.search.statements import Candidate, Reach

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType

    Visible = Callable[[RecordType, Sequence[int]], Iterable[int]]

SMALL_SCOPE = 3_000
"""Records in a scope up to which a search starts from these."""
FEW = 300
"""Matching records up to which a search under a scope looks at every one."""
SPARE = 5
"""Candidates fetched beyond the hits wanted and a quarter: some are the same record, some fall to the last check."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A found record. `score` is higher for better matches; `matched` says how: exact, prefix, ending, initials, …"""

    record_type: str
    id: int
    score: float
    matched: terms.Matched


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A candidate with its place in the ranking."""

    code: int
    id: int
    score: float
    matched: terms.Matched
    weight: int
    length: int

    @property
    def order(self) -> tuple[float, int, int, int]:
        return -self.score, -self.weight, self.length, self.id


def search(
    *,
    actor: Actor,
    q: str,
    types: Iterable[RecordType] | None = None,
    limit: int = 20,
    visible: Visible | None = None,
) -> list[Hit]:
    """The records that match what was typed, best first, of what the actor may see.

    Args:
        types: only these record types; all when left out.
        visible: which of the given ids of a type the actor may see; the permission rules when left out.

    One statement, up to two more under a scope, two more when nothing matched and typing errors are looked for; then one for
    each record type among the candidates.
    """
    searched = {
        type_code(kind): kind for kind in (registry.all_types() if types is None else types) if kind.search
    }
    query = terms.parse(q)
    if (query.phrase is None and not query.terms) or limit < 1:
        return []
    if visible is None:

        def visible(record_type: RecordType, ids: Sequence[int]) -> Iterable[int]:
            rows = permissions.visible_to(actor, record_type)
            return rows.filter(pk__in=ids).order_by().values_list("pk", flat=True)

    closed, masked = _closed(actor, searched.values())
    reach = _reach(actor, searched.values(), closed)
    if not (reach.free or reach.scoped):
        return []
    wanted = limit + limit // 4 + SPARE
    while True:
        ranked, full = _candidates(query, reach, masked, wanted)
        hits = _checked(ranked, searched, visible, limit)
        if len(hits) >= limit or not full or wanted > 20 * limit:
            return hits
        wanted *= 20


_Kinds = frozenset[tuple[int, int]]
"""Record types with kinds of tokens."""


def _closed(actor: Actor, types: Iterable[RecordType]) -> tuple[_Kinds, _Kinds]:
    """Kinds that answer nothing since a field behind them is hidden, and those that answer to the whole value only.

    A kind stands for all fields of the type that are searched in the same way: it closes with the strictest of them.
    """
    hidden, masked = set(), set()
    for record_type in types if actor.field_rules and not actor.is_administrator else ():
        code = type_code(record_type)
        for key in record_type.search:
            rule = _rule_of_path(actor, record_type, key.column)
            if rule == fieldrules.HIDDEN or (rule == fieldrules.MASKED and key.kind in (WORD, CODE)):
                # Of a text or a code parts are tokens too: whole and part cannot be told apart.
                hidden.add((code, key.kind))
            elif rule == fieldrules.MASKED:
                masked.add((code, key.kind))
    return frozenset(hidden), frozenset(masked - hidden)


def _rule_of_path(actor: Actor, record_type: RecordType, column: str) -> str:
    """The strictest rule on the way to a searched column, which may lead over references."""
    found = ""
    for part in column.split("__"):
        field = next(
            (field for field in record_type.fields.values() if part in (field.name, field.column)), None
        )
        if field is None:
            return found
        rule = fieldrules.rule_of(actor.field_rules, record_type, field.name)
        found = fieldrules.HIDDEN if fieldrules.HIDDEN in (rule, found) else rule or found
        target = registry.find(field.target or "")
        if target is None:
            return found
        record_type = target
    return found


def _reach(actor: Actor, types: Iterable[RecordType], closed: _Kinds = frozenset()) -> Reach:
    """Where the actor may look, by role and scope columns; the same rule as `permissions`, which checks it again."""
    free: list[int] = []
    scoped: dict[tuple[str, tuple[int, ...]], list[int]] = defaultdict(list)
    for record_type in types:
        scopes = actor.scopes(record_type.name, "view")
        code = type_code(record_type)
        if "all" in scopes or (scopes and record_type.scope.open):
            free.append(code)
            continue
        if "own" in scopes and actor.user_id is not None:
            scoped["owner", (actor.user_id,)].append(code)
        if "team" in scopes and actor.team_ids:
            scoped["team", tuple(sorted(actor.team_ids))].append(code)
        if "territory" in scopes and actor.territory_ids:
            scoped["territory", tuple(sorted(actor.territory_ids))].append(code)
    return Reach(
        tuple(free),
        tuple((column, ids, tuple(codes)) for (column, ids), codes in scoped.items()),
        tuple(sorted(closed)),
    )


def _candidates(query: terms.Query, reach: Reach, masked: _Kinds, wanted: int) -> tuple[list[_Ranked], bool]:
    """Ranked candidates, and whether there may be more. Masked kinds answer to the whole value, typed alone."""
    found: list[_Ranked] = []
    full = False
    open_reach = replace(reach, closed=tuple(sorted({*reach.closed, *masked}))) if masked else reach
    alone = _Scan(reach)
    together = _Scan(open_reach) if masked else alone
    for matches, others in _plans(query):
        rows, more = (together if others else alone).rows(matches, others, wanted)
        full = full or more
        for row in rows:
            one = _ranked(matches[row[0]], row, query)
            if one.matched == "exact" or (row[3], row[1]) not in masked:
                found.append(one)
        if len(found) >= wanted:
            break
    if query.phrase is not None and not any(one.score >= terms.CONTAINS for one in found):
        found += _near(query.phrase, open_reach, wanted)
    return sorted(found, key=lambda one: one.order), full


class _Scan:
    """The way to the candidates: from tokens, or from a small scope, whose size is asked for when it matters."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach

    @cached_property
    def small(self) -> bool:
        return statements.count_scoped(self.reach, SMALL_SCOPE + 1) <= SMALL_SCOPE

    def rows(
        self, matches: Sequence[terms.Match], others: Sequence[terms.Term], wanted: int
    ) -> tuple[list[Candidate], bool]:
        """Candidates in the reach, and whether there may be more of them."""
        reach = self.reach
        if reach.scoped and not others:
            rows = statements.from_tokens(matches, others, reach.types(), FEW, inside=reach)
            if len(rows) < FEW:
                return [row for row in rows if row[-1]], False
        if reach.scoped and self.small:
            rows = statements.from_scope(
                matches, others, Reach((), reach.scoped, reach.closed), wanted, most=SMALL_SCOPE + 1
            )
            more = len(rows) >= wanted
            if reach.free:
                outside = statements.from_tokens(matches, others, Reach(reach.free, (), reach.closed), wanted)
                more = more or len(outside) >= wanted
                rows += outside
            return rows, more
        rows = statements.from_tokens(matches, others, reach, wanted)
        return rows, len(rows) >= wanted


def _ranked(match: terms.Match, row: Candidate, query: terms.Query) -> _Ranked:
    _, kind, token, code, record_id, weight, _ = row
    score: float = match.score
    matched = match.matched
    if matched == "contains" and kind == WORD:
        score = terms.WITHIN_TEXT
    elif matched == "prefix" and match.shared and query.phrase is not None:
        key = query.phrase.key
        if token == key:
            score, matched = terms.EXACT, "exact"
        elif token.startswith(key) and token[len(key)] != " ":
            # 기 is a beginning of 김 only as long as it is being typed
            score -= 2
    return _Ranked(code, record_id, score, matched, weight, len(token))


def _plans(query: terms.Query) -> Iterable[tuple[Sequence[terms.Match], Sequence[terms.Term]]]:
    """The matches to look for, with the other terms that the record must match too."""
    if query.phrase is not None:
        yield query.phrase.ranked, ()
    if query.terms:
        driver = max(query.terms, key=lambda single: single.rarity)
        yield driver.any, [single for single in query.terms if single is not driver]


def _near(phrase: terms.Term, reach: Reach, wanted: int) -> list[_Ranked]:
    """Records with a name near to what was typed."""
    patterns = typos.patterns(phrase.key)
    if not patterns:
        return []
    far = {
        token_id: distance
        for token_id, token in statements.tokens_like(patterns, typos.MOST_CANDIDATES)
        if (distance := typos.nearness(phrase.key, token))
    }
    if not far:
        return []
    nearest = sorted(far, key=far.__getitem__)
    return [
        _Ranked(code, record_id, terms.TYPO - far[token_id], "typo", weight, 0)
        for token_id, code, record_id, weight in statements.records_of(nearest, reach, wanted)
    ]


def _checked(
    ranked: Sequence[_Ranked], types: Mapping[int, RecordType], visible: Visible, limit: int
) -> list[Hit]:
    """The first hits that the permissions let through, each record once."""
    by_type: dict[int, dict[int, None]] = defaultdict(dict)
    for one in ranked:
        by_type[one.code][one.id] = None
    seen = {code: set(visible(types[code], list(ids))) for code, ids in by_type.items()}
    hits: dict[tuple[int, int], Hit] = {}
    for one in ranked:
        if one.id in seen[one.code] and (one.code, one.id) not in hits:
            score = one.score + one.weight / 1000
            hits[one.code, one.id] = Hit(types[one.code].name, one.id, score, one.matched)
            if len(hits) == limit:
                break
    return list(hits.values())
