"""The whole database is walked: whatever can name a record moves with it, or somebody has said why not."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models

from dangol.records import registry as types
from dangol.records.merging import mergeable, registry
from dangol.records.merging.places import places_of
from tests.records.merging.conftest import Family
from tests.records.merging.dumping import tables

pytestmark = pytest.mark.django_db
# Tables of libraries: what they hold is about people's accounts, jobs and migrations.
FOREIGN = (
    "procrastinate_",
    "django_",
    "account_",
    "socialaccount_",
    "mfa_",
    "auth_",
    "workshop_",
    "usersessions_",
    "allauth_idp_",
)
DEFINITIONS = ("filter", "condition", "condition_text", "where", "fails", "applies")
"""Names of texts in the filter language, which can name records by their ids."""

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = c.oid AND a.attnum = ANY(k.conkey))
"""


def columns() -> list[tuple[str, str, str]]:
    """Columns of our tables that no foreign key binds: table, name, type."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        return [row for row in cursor.fetchall() if not row[0].startswith(FOREIGN)]


def test_every_number_that_could_name_a_record_is_moved_or_said_to_stay() -> None:
    known = {pair.name for pair in registry.pairs()} | registry.staying().keys()
    unsaid = [
        f"{table}.{name}"
        for table, name, kind in columns()
        if name.endswith("_id")
        and kind in ("bigint", "integer", "bigint[]")
        and f"{table}.{name}" not in known
    ]
    assert unsaid == [], "declare them: dangol.records.merging.registry.pair, also_move or stays"


def test_every_json_column_is_moved_or_said_to_stay() -> None:
    known = registry.staying().keys() | registry.moved_by_rooms()
    unsaid = [
        f"{table}.{name}"
        for table, name, kind in columns()
        # Own references within `own` are found by their definitions.
        if kind in ("jsonb", "json") and name != "own" and f"{table}.{name}" not in known
    ]
    assert unsaid == [], "declare them: dangol.records.merging.registry.also_move or stays"


def test_every_filter_that_is_kept_is_moved_or_said_to_stay() -> None:
    known = registry.staying().keys() | registry.moved_by_rooms()
    kept = {
        f"{table}.{name}"
        for table, name, kind in columns()
        if name in DEFINITIONS and kind in ("text", "character varying")
    }
    assert "records_own_field.condition" in kept
    assert kept - known == set(), "declare them: dangol.records.merging.registry.also_move or stays"


def test_what_is_said_is_there() -> None:
    there = {f"{table}.{name}" for table, name, _kind in columns()}
    assert registry.moved_by_rooms() <= there
    assert {pair.name for pair in registry.pairs()} <= there
    assert {f"{pair.table}.{pair.type_column}" for pair in registry.pairs()} <= there
    assert registry.staying().keys() - there == set()
    assert all(reason for reason in registry.staying().values())


def test_every_foreign_key_that_django_knows_is_one_of_the_database_and_moves(family: Family) -> None:
    for record_type in filter(mergeable, types.all_types()):
        found = {place.name for place in places_of(record_type)}
        for model in apps.get_models(include_auto_created=True):
            for field in model._meta.get_fields():
                if isinstance(field, models.ForeignKey) and field.related_model is record_type.model:
                    assert f"{model._meta.db_table}.{field.column}" in found, (
                        record_type.name,
                        model,
                        field.name,
                    )


def test_own_references_move_also_from_types_made_at_run_time(family: Family) -> None:
    found = {place.name for place in places_of(types.get("customer"))}
    assert {"x_equipment.own.x_site", "commerce_order.own.x_payer", "customers_customer.parent_id"} <= found
    found = {place.name for place in places_of(types.get("x_equipment"))}
    assert {"interactions_timelineentry.subject_id", "records_taglink.record_id"} <= found


def test_the_dump_that_proves_undoing_sees_every_table() -> None:
    assert {"customers_customer", "records_taglink", "x_nothing"} - set(tables()) == {"x_nothing"}
