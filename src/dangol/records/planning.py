"""Keeps the planner's picture of tables right that a run fills faster than autovacuum comes by."""

from __future__ import annotations

from django.db import connection
from psycopg import sql

SMALLEST = 500
GROWN_BY = 0.5

_GROWN = """
SELECT s.schemaname, s.relname
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.n_mod_since_analyze > %s AND s.n_mod_since_analyze > %s * s.n_live_tup
  AND pg_has_role(c.relowner, 'USAGE')
"""


def analyze_grown_tables() -> list[str]:
    """Gather statistics of tables that have changed by half since the last time; returns their names.

    The checks of foreign keys keep the plan they were given first. In an empty database that is a scan of the whole
    table, and each further chunk would take longer than the one before until autovacuum comes by: measured, a
    commit of 10,000 order lines went from 0.2 to 5 seconds within six chunks. New statistics make these plans anew.

    To be called between transactions. One small query when nothing has grown; the work is done ever more rarely,
    since a table has to grow by half each time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(_GROWN, [SMALLEST, GROWN_BY])
        tables = cursor.fetchall()
        for schema, table in tables:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, table)))
    return [table for _schema, table in tables]
