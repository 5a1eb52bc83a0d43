"""History of every field of every record, written by the database itself.

Statement-level triggers compare the old and the new rows of one statement, so bulk updates, COPY-based
imports and hand-written SQL are all covered. Who and why come from transaction-local settings that
`records.writing.context` sets once. An insert leaves no history row: the row is its own.
"""

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from dangol.records.fields.own_json import ExactDecoder
from dangol.records.models.transactions import CurrentTransaction, TransactionField


class Change(models.Model):
    """What one statement did to one row: `{"column": [before, after], …}`; an own field's column is `own.x_…`.

    `changed_in` is the transaction it happened in, as on the record itself: what was removed is found by it. `table`
    is the table's name, `actor_id` the user (none for the system), `origin` the way in (page, api, import,
    automation, …). Append-only.
    """

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=63, db_collation="C")
    record_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    action = models.CharField(max_length=6)
    changes = models.JSONField(decoder=ExactDecoder)
    actor_id = models.BigIntegerField(null=True)
    request_id = models.CharField(max_length=64, db_default="")
    origin = models.CharField(max_length=20, db_default="")
    at = models.DateTimeField(db_default=Now())
    changed_in = TransactionField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        indexes = [
            # What is gone since a transaction: for copies elsewhere, which cannot find it by looking at the rows.
            models.Index(
                fields=["table", "changed_in"],
                condition=models.Q(action="delete"),
                name="records_change_deleted",
            ),
            models.Index(fields=["table", "record_id", "-id"], name="records_change_record"),
            # What was done by hand of late, for the activity stream.
            models.Index(
                fields=["table", "-id"], condition=~models.Q(origin="import"), name="records_change_recent"
            ),
            # What one import changed, to take it back.
            models.Index(
                fields=["request_id", "table"],
                condition=models.Q(origin="import"),
                name="records_change_import",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.record_id} v{self.version}"


record_version = pgtrigger.Trigger(
    name="record_version",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func="NEW.version = OLD.version + 1; NEW.updated_at = now(); NEW.changed_in = pg_current_xact_id(); RETURN NEW;",
)

_OWN_CHANGES = """\
            UNION ALL
            SELECT 'own.' || COALESCE(a.key, b.key), b.value, a.value
            FROM jsonb_each(n.own) a
            FULL JOIN jsonb_each(o.own) b ON b.key = a.key
            WHERE n.own IS DISTINCT FROM o.own AND a.value IS DISTINCT FROM b.value
"""

_HISTORY = f"""
    INSERT INTO records_change ("table", record_id, version, action, changes, actor_id, request_id, origin)
    SELECT TG_TABLE_NAME, n.id, n.version, 'update', d.changes, NULLIF(current_setting('dangol.actor', true), '')::bigint,
           COALESCE(current_setting('dangol.request', true), ''),
           COALESCE(current_setting('dangol.origin', true), '')
    FROM new_rows n
    JOIN old_rows o ON o.id = n.id
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(c.key, jsonb_build_array(c.before, c.after)) AS changes
        FROM (
            SELECT a.key, b.value AS before, a.value AS after
            FROM jsonb_each(to_jsonb(n)) a
            JOIN jsonb_each(to_jsonb(o)) b ON b.key = a.key
            WHERE a.value IS DISTINCT FROM b.value
              AND a.key NOT IN ('version', 'updated_at', 'updated_by_id', 'changed_in', 'own')
{_OWN_CHANGES}        ) c
    ) d
    WHERE d.changes IS NOT NULL;
    RETURN NULL;
    """  # noqa: S608 - no part of it comes from outside


def _history(func: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="record_history",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),  # type: ignore[no-untyped-call]
        func=func,
    )


record_history = _history(_HISTORY)
plain_history = _history(_HISTORY.replace(_OWN_CHANGES, ""))
"""For what has history like a record and no own fields."""

record_delete_history = pgtrigger.Trigger(
    name="record_delete_history",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Delete,
    referencing=pgtrigger.Referencing(old="old_rows"),  # type: ignore[no-untyped-call]
    func="""
    INSERT INTO records_change ("table", record_id, version, action, changes, actor_id, request_id, origin)
    SELECT TG_TABLE_NAME, o.id, o.version, 'delete', jsonb_build_object('*', jsonb_build_array(to_jsonb(o), NULL)),
           NULLIF(current_setting('dangol.actor', true), '')::bigint,
           COALESCE(current_setting('dangol.request', true), ''),
           COALESCE(current_setting('dangol.origin', true), '')
    FROM old_rows o;
    RETURN NULL;
    """,
)
