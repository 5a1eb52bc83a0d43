"""What a migration says once and every own object's table gets: for changes that models of records share.

New columns need nothing: `tables.bring_up_to_date` adds them after each `dangol migrate`.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

_LIVING = "SELECT name FROM records_own_object WHERE state NOT IN ('deleting', 'deleted') ORDER BY name"


class OnOwnTables(Operation):
    """Runs SQL on the table of every own object there is, those switched off too.

    Args:
        sql: with `{table}` for the quoted name, such as `ALTER TABLE {table} RENAME COLUMN a TO b`.
        reverse_sql: what takes it back; a migration without it cannot be reversed.

    Names in `sql` other than the table's are the migration's own.
    """

    reduces_to_sql = False

    def __init__(self, sql: str, reverse_sql: str = "") -> None:
        self.sql = sql
        self.reverse_sql = reverse_sql

    @property
    def reversible(self) -> bool:  # type: ignore[override]
        return bool(self.reverse_sql)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Migrations know no own objects: nothing changes in what they know."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, self.sql)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, self.reverse_sql)

    def describe(self) -> str:
        return "Change the tables of own objects"

    def _run(self, schema_editor: Any, sql: str) -> None:
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('records_own_object') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return
            cursor.execute(_LIVING)
            names = [name for (name,) in cursor.fetchall()]
        for name in names:
            schema_editor.execute(sql.replace("{table}", connection.ops.quote_name(name)))
