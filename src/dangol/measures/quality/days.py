"""What the scores of a type add up to on a day, by whom its records belong to and where they came from."""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Cast

from dangol.measures.quality.fields import NAME
from dangol.measures.quality.rules import DIMENSIONS
from dangol.records.types import RecordType

_SUMS = ", ".join(f"sum(q.parts[{at}])" for at in range(1, len(DIMENSIONS) + 1))
_COUNTS = ", ".join(f"count(q.parts[{at}])" for at in range(1, len(DIMENSIONS) + 1))
_STATEMENT = f"""
WITH r (id, owner_id, team_id, territory_id) AS ({{rows}}),
q AS (
    SELECT r.owner_id, r.team_id, r.territory_id, s.label AS source, s.value, s.findings, s.parts
    FROM measures_score s JOIN r ON r.id = s.record_id
    WHERE s.record_type = %(type)s AND s.name = %(name)s
),
summed AS (
    SELECT owner_id, team_id, territory_id, source, count(*) AS records, count(findings) AS flawed, sum(value) AS points,
           ARRAY[{_SUMS}]::bigint[] AS parts, ARRAY[{_COUNTS}]::int[] AS parts_of
    FROM q GROUP BY 1, 2, 3, 4
),
found AS (
    SELECT owner_id, team_id, territory_id, source, jsonb_object_agg(code, n) AS findings
    FROM (
        SELECT owner_id, team_id, territory_id, source, code, count(*) AS n
        FROM q CROSS JOIN LATERAL unnest(q.findings) f (code) GROUP BY 1, 2, 3, 4, 5
    ) each GROUP BY 1, 2, 3, 4
)
INSERT INTO measures_qualityday
    (day, record_type, owner_id, team_id, territory_id, source, records, flawed, points, parts, parts_of, findings)
SELECT %(day)s, %(type)s, s.owner_id, s.team_id, s.territory_id, s.source, s.records, s.flawed, s.points, s.parts,
       s.parts_of, coalesce(f.findings, '{{{{}}}}'::jsonb)
FROM summed s LEFT JOIN found f
  ON (f.owner_id, f.team_id, f.territory_id, f.source)
     IS NOT DISTINCT FROM (s.owner_id, s.team_id, s.territory_id, s.source)
"""  # noqa: S608 - names of the code


def add_up(record_type: RecordType, day: date) -> None:
    """Write what the scores of a type add up to today, in place of what was written of the day before. Two statements."""
    nobody = Cast(Value(None), BigIntegerField())
    paths = record_type.scope.paths()
    scope = {
        f"_{part}": F(path) if path else nobody
        for part, path in ((part, paths[part]) for part in ("owner", "team", "territory"))
    }
    rows = record_type.model._base_manager.filter(deleted_at__isnull=True).order_by()
    statement, parameters = rows.annotate(**scope).values_list("pk", *scope).query.sql_with_params()
    named = {f"p{at}": value for at, value in enumerate(parameters)}
    statement = statement % tuple(f"%({name})s" for name in named)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM measures_qualityday WHERE record_type = %s AND day = %s", [record_type.name, day]
        )
        cursor.execute(
            _STATEMENT.format(rows=statement),
            {**named, "type": record_type.name, "name": NAME, "day": day},
        )
