"""The statement that looks at records by sets and keeps what it found as their scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from dangol.identity.actors import Actor
from dangol.measures.quality.fields import NAME
from dangol.measures.quality.rules import DIMENSIONS, Condition, Rule
from dangol.records import filters, permissions
from dangol.records.types import RecordType

MODEL = "quality-1"
NOT_ASKED, MET, FAILED = 0, 1, 2
SYSTEM = Actor.system("quality")


def condition_of(record_type: RecordType, condition: Condition) -> Q:
    """A rule's condition as the ORM has it; a filter looks at all records, as the company does."""
    if callable(condition):
        return condition(record_type)
    tree = filters.parse(condition, record_type, actor=SYSTEM)
    return filters.compile(
        tree,
        record_type,
        actor=SYSTEM,
        visible=permissions.visible_callback(SYSTEM),
        revealed=permissions.revealed_callback(SYSTEM),
    )


def _verdict(record_type: RecordType, rule: Rule) -> Case:
    whens = []
    if rule.applies:
        whens.append(When(~condition_of(record_type, rule.applies), then=Value(NOT_ASKED)))
    whens.append(When(condition_of(record_type, rule.fails), then=Value(FAILED)))
    return Case(*whens, default=Value(MET), output_field=IntegerField())


def scores_write(
    *, record_type: RecordType, rules: Sequence[Rule], rows: QuerySet[Any], as_of: date, everything: bool
) -> int:
    """Look at these records by these rules, and keep score, findings and parts. One statement, whatever their number.

    A score that stays as it was is not written again. Records without a rule that applies have no score.

    Args:
        rows: which records; those in the recycle bin are left out.
        everything: ask `whole` rules too; otherwise their findings stay.

    Returns:
        How many scores were written.
    """
    asked = [rule for rule in rules if everything or not rule.whole]
    rows = rows.filter(deleted_at__isnull=True).order_by()
    verdicts = {f"_v{at}": _verdict(record_type, rule) for at, rule in enumerate(asked)}
    try:
        statement, parameters = rows.annotate(**verdicts).values_list("pk", *verdicts).query.sql_with_params()
    except EmptyResultSet:
        return 0
    columns = {rule.code: f"f.v{at}" for at, rule in enumerate(asked)}
    with connection.cursor() as cursor:
        cursor.execute(
            _STATEMENT.format(
                found=statement,
                columns=", ".join(["id", *(f"v{at}" for at in range(len(asked)))]),
                verdicts=", ".join(
                    f"{columns.get(rule.code) or _kept(rule)} AS w{at}" for at, rule in enumerate(rules)
                ),
                score=_share(list(enumerate(rules))),
                parts=", ".join(
                    f"({_share([(at, rule) for at, rule in enumerate(rules) if rule.dimension == dimension])})"
                    for dimension in DIMENSIONS
                ),
                findings=", ".join(
                    f"CASE WHEN w{at} = {FAILED} THEN {_quoted(rule.code)} END"
                    for at, rule in enumerate(rules)
                ),
            ),
            [*parameters, record_type.name, NAME, record_type.name, NAME, as_of, MODEL],
        )
        return int(cursor.rowcount)


def _kept(rule: Rule) -> str:
    """What was found of a rule that is not asked this time."""
    return f"CASE WHEN {_quoted(rule.code)} = ANY (s.findings) THEN {FAILED} ELSE {MET} END"


def _share(rules: Sequence[tuple[int, Rule]]) -> str:
    """The weight of what is met in percent of the weight of what applies; NULL where nothing applies.

    Rounded down, so that only a record without any finding has 100.
    """
    if not rules:
        return "NULL::int"
    applying = " + ".join(f"{rule.weight} * (w{at} > {NOT_ASKED})::int" for at, rule in rules)
    met = " + ".join(f"{rule.weight} * (w{at} = {MET})::int" for at, rule in rules)
    return f"(100 * ({met})) / NULLIF({applying}, 0)"


def _quoted(code: str) -> str:
    """A rule's code as a literal. Codes are declared, or made of the names of fields."""
    if not code.replace("_", "").replace(".", "").isalnum() or not code.isascii():
        raise ValueError(f"rule {code!r}: a code is made of ASCII letters, digits and _")
    return f"'{code}'"


_STATEMENT = """
WITH f ({columns}) AS MATERIALIZED ({found}),
judged AS MATERIALIZED (
    SELECT f.id, {verdicts}
    FROM f LEFT JOIN measures_score s ON s.record_type = %s AND s.name = %s AND s.record_id = f.id
),
scored AS (
    SELECT id, {score} AS score, NULLIF(array_remove(ARRAY[{findings}]::text[], NULL), ARRAY[]::text[]) AS findings,
           ARRAY[{parts}]::smallint[] AS parts
    FROM judged
)
INSERT INTO measures_score AS s (record_type, record_id, name, value, label, as_of, model, findings, parts)
SELECT %s, id, %s, score, '', %s, %s, findings, parts FROM scored WHERE score IS NOT NULL
ON CONFLICT (record_type, record_id, name) DO UPDATE
SET value = EXCLUDED.value, findings = EXCLUDED.findings, parts = EXCLUDED.parts, as_of = EXCLUDED.as_of,
    model = EXCLUDED.model
WHERE (s.value, s.findings, s.parts, s.model)
    IS DISTINCT FROM (EXCLUDED.value, EXCLUDED.findings, EXCLUDED.parts, EXCLUDED.model)
"""
