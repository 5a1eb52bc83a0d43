"""The SQL of a search, from conditions on tokens and a reach: where the actor may look.

Everything is an index probe per token or per record; no statement reads a table of records. `OFFSET 0` stands where the
planner must not turn a probe into a scan of everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from dangol.records.search.keys import NAME, WORD
from dangol.records.search.terms import Match, Term

MOST_DRIVEN = 4_000
"""Records with the rarest word that are looked at when several words must match, for each way in which it matches.

Words that are all more frequent than that may miss some records, outside of names in which all of them stand.
"""

Candidate = tuple[int, int, str, int, int, int, bool]
"""Place of the match, kind, token, record type, record id, weight, whether it lies where the actor may look."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the actor may look.

    `free` are the record types seen whole; `scoped` are scope column, ids it may have, and record types seen by it.
    `closed` are the kinds of tokens of a record type that answer nothing: they are made of fields hidden from the actor.
    """

    free: tuple[int, ...]
    scoped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]
    closed: tuple[tuple[int, int], ...] = ()

    def open(self, row: str, kinds: str = "") -> tuple[str, list[object]]:
        """The condition that a row with `record_type` and `kind` is not closed; " AND …", or nothing.

        `kinds` is the alias of the row that holds the kind, where it is another one.
        """
        if not self.closed:
            return "", []
        sql = f""" AND NOT EXISTS (
            SELECT 1 FROM unnest(%s::int[], %s::int[]) AS closed (record_type, kind)
            WHERE closed.record_type = {row}.record_type AND closed.kind = {kinds or row}.kind)"""  # noqa: S608
        return sql, [[code for code, _ in self.closed], [kind for _, kind in self.closed]]

    def condition(self, row: str) -> tuple[str, list[object]]:
        """The condition on a row that has `record_type`, `record_id` and `kind`."""
        parts: list[str] = []
        parameters: list[object] = []
        if self.free:
            parts.append(f"{row}.record_type = ANY (%s::int[])")
            parameters.append(list(self.free))
        if self.scoped:
            inside = " OR ".join(
                f"(s.{column}_id = ANY (%s::bigint[]) AND s.record_type = ANY (%s::int[]))"
                for column, _, _ in self.scoped
            )
            parts.append(
                f"""({row}.record_type = ANY (%s::int[]) AND EXISTS (
                    SELECT 1 FROM records_searchscope s
                    WHERE s.record_type = {row}.record_type AND s.record_id = {row}.record_id AND ({inside}) OFFSET 0))"""  # noqa: S608
            )
            parameters.append(sorted({code for _, _, codes in self.scoped for code in codes}))
            parameters += [list(value) for _, ids, codes in self.scoped for value in (ids, codes)]
        shut, values = self.open(row)
        return f"({' OR '.join(parts)}){shut}", [*parameters, *values]

    def types(self) -> Reach:
        """The same record types without their scopes."""
        codes = {*self.free, *(code for _, _, codes in self.scoped for code in codes)}
        return Reach(tuple(sorted(codes)), (), self.closed)

    def rows(self, most: int) -> tuple[str, list[object]]:
        """The records under the scopes, as a table (record_type, record_id), at most so many for each scope."""
        parts: list[str] = []
        parameters: list[object] = []
        for column, ids, codes in self.scoped:
            parts.append(
                f"""(SELECT record_type, record_id FROM records_searchscope
                     WHERE {column}_id = ANY (%s::bigint[]) AND record_type = ANY (%s::int[]) LIMIT %s)"""  # noqa: S608
            )
            parameters += [list(ids), list(codes), most]
        return " UNION ALL ".join(parts), parameters


def fetch(sql: str, parameters: Iterable[Any]) -> list[Any]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return list(cursor.fetchall())


def count_scoped(reach: Reach, most: int) -> int:
    """How many records lie in the scopes, counted up to `most`."""
    rows, parameters = reach.rows(most)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM ({rows}) AS inside LIMIT %s) AS counted"  # noqa: S608
    return int(fetch(sql, [*parameters, most])[0][0])


def _branch(place: int, match: Match, reach: Reach, most: int) -> tuple[str, list[object]]:
    """The records that one kind of match finds, in the order of the index it uses."""
    order = f"ORDER BY t.{match.ordered_by}" if match.ordered_by else ""
    if not match.shared:
        reached, values = reach.condition("t")
        sql = f"""
            SELECT {place} AS place, t.kind, t.token, t.record_type, t.record_id, t.weight
            FROM records_searchidentifier t WHERE {match.condition} AND {reached} {order} LIMIT %s"""  # noqa: S608
        return sql, [*match.parameters, *values, most]
    reached, values = reach.condition("e")
    # an unordered match comes from the trigram index: OFFSET 0 keeps the LIMIT from talking the planner out of it
    sql = f"""
        SELECT {place} AS place, t.kind, t.token, e.record_type, e.record_id, e.weight
        FROM (
            SELECT t.id, t.kind, t.token, t.other FROM records_searchtoken t
            WHERE {match.condition} {"" if match.ordered_by else "OFFSET 0"}
        ) AS t
        CROSS JOIN LATERAL (
            SELECT e.record_type, e.record_id, e.weight FROM records_searchentry e
            WHERE e.token_id = t.id AND {reached} LIMIT %s
        ) AS e
        {order} LIMIT %s"""  # noqa: S608
    return sql, [*match.parameters, *values, most, most]


def _has_all(others: Sequence[Term], row: str, reach: Reach) -> tuple[str, list[object]]:
    """The condition that the row's record matches the other terms too, by whatever it is found by."""
    sql = ""
    parameters: list[object] = []
    for other in others:
        either = []
        for shared, source, on in (
            (True, "records_searchentry o JOIN records_searchtoken t ON t.id = o.token_id", "o"),
            (False, "records_searchidentifier t", "t"),
        ):
            matches = [match for match in other.any if match.shared == shared]
            if matches:
                condition = " OR ".join(f"({match.condition})" for match in matches)
                shut, values = reach.open(on)
                either.append(
                    f"""EXISTS (
                        SELECT 1 FROM {source}
                        WHERE {on}.record_type = {row}.record_type AND {on}.record_id = {row}.record_id
                          AND ({condition}){shut} OFFSET 0)"""  # noqa: S608
                )
                parameters += [value for match in matches for value in match.parameters]
                parameters += values
        sql += f" AND ({' OR '.join(either)})"
    return sql, parameters


def from_tokens(
    matches: Sequence[Match],
    others: Sequence[Term],
    reach: Reach,
    wanted: int,
    *,
    inside: Reach | None = None,
) -> list[Candidate]:
    """From what matches to its records, match by match, until there are enough: PostgreSQL stops there.

    With `inside`, each candidate says whether it lies in that reach; all of them count towards `wanted`.
    """
    branches: list[str] = []
    parameters: list[object] = []
    flag, flag_values = inside.condition("found") if inside is not None else ("true", [])
    for place, match in enumerate(matches):
        branch, values = _branch(
            place, match, reach.types() if others else reach, MOST_DRIVEN if others else wanted
        )
        parameters += values
        if others:
            reached, values = reach.condition("driven")
            condition, more_values = _has_all(others, "driven", reach)
            branch = f"SELECT * FROM ({branch}) AS driven WHERE {reached} {condition} LIMIT %s"  # noqa: S608
            parameters += [*values, *more_values, wanted]
        branches.append(f"({branch})")
    sql = f"SELECT found.*, {flag} FROM ({' UNION ALL '.join(branches)}) AS found LIMIT %s"  # noqa: S608
    return fetch(sql, [*flag_values, *parameters, wanted])


_LEADS = {
    True: """
        CROSS JOIN LATERAL (
            SELECT e.token_id, e.weight FROM records_searchentry e
            WHERE e.record_type = s.record_type AND e.record_id = s.record_id AND e.kind = ANY (%s::int[]) OFFSET 0
        ) AS e
        CROSS JOIN LATERAL (
            SELECT t.kind, t.token, t.other, e.weight FROM records_searchtoken t WHERE t.id = e.token_id OFFSET 0
        ) AS t""",
    False: """
        CROSS JOIN LATERAL (
            SELECT t.kind, t.token, t.other, t.weight FROM records_searchidentifier t
            WHERE t.record_type = s.record_type AND t.record_id = s.record_id AND t.kind = ANY (%s::int[]) OFFSET 0
        ) AS t""",
}


def from_scope(
    matches: Sequence[Match], others: Sequence[Term], reach: Reach, wanted: int, *, most: int
) -> list[Candidate]:
    """From the few records in a scope to what they are found by, and what matches of that."""
    rows, row_values = reach.rows(most)
    parts: list[str] = []
    parameters: list[object] = list(row_values)
    for shared, lead in _LEADS.items():
        here = [(place, match) for place, match in enumerate(matches) if match.shared == shared]
        if here:
            place = " ".join(f"WHEN {match.condition} THEN {place}" for place, match in here)
            shut, values = reach.open("s", "t")
            parts.append(
                f"""SELECT CASE {place} END AS place, t.kind, t.token, s.record_type, s.record_id, t.weight
                    FROM inside AS s {lead} WHERE true{shut}"""  # noqa: S608
            )
            parameters += [value for _, match in here for value in match.parameters]
            parameters.append(sorted({kind for _, match in here for kind in match.kinds}))
            parameters += values
    condition, values = _has_all(others, "found", reach)
    sql = f"""
        WITH inside AS MATERIALIZED ({rows})
        SELECT found.*, true
        FROM (SELECT * FROM ({" UNION ALL ".join(parts)}) AS led WHERE place IS NOT NULL OFFSET 0) AS found
        WHERE true {condition} ORDER BY place LIMIT %s"""  # noqa: S608
    return fetch(sql, [*parameters, *values, wanted])


def tokens_like(patterns: Sequence[str], most: int) -> list[tuple[int, str]]:
    """Ids and tokens of names and words that match one of the patterns."""
    either = " OR ".join("t.token LIKE %s" for _ in patterns)
    return fetch(
        f"SELECT t.id, t.token FROM records_searchtoken t WHERE t.kind IN (%s, %s) AND ({either}) LIMIT %s",  # noqa: S608
        [NAME, WORD, *patterns, most],
    )


def records_of(tokens: Sequence[int], reach: Reach, wanted: int) -> list[tuple[int, int, int, int]]:
    """The records with these tokens, in the order of the tokens: token, record type, record id, weight."""
    reached, values = reach.condition("e")
    sql = f"""
        SELECT t.id, e.record_type, e.record_id, e.weight
        FROM unnest(%s::bigint[]) WITH ORDINALITY AS t (id, place)
        CROSS JOIN LATERAL (
            SELECT e.record_type, e.record_id, e.weight FROM records_searchentry e
            WHERE e.token_id = t.id AND {reached} LIMIT %s
        ) AS e
        ORDER BY t.place LIMIT %s"""  # noqa: S608
    return fetch(sql, [list(tokens), *values, wanted, wanted])
