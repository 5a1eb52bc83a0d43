"""Making, changing, switching off and deleting own objects, and what other processes see of it."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import ProgrammingError, connection, transaction

from dangol.identity import revisions
from dangol.identity.models import AccessChange, Grant, Role
from dangol.interactions.models import TimelineEntry
from dangol.records import registry, writing
from dangol.records.models import Change, ObjectState, OwnField, OwnObject, OwnState, SearchEntry
from dangol.records.objects import definitions, removing, services, tables
from dangol.records.search.tables import type_code
from tests.records.objects.conftest import SYSTEM

pytestmark = pytest.mark.django_db


def the(name="x_equipment"):
    return OwnObject.objects.get(name=name)


def test_only_administrators_make_objects(insider):
    with pytest.raises(PermissionDenied):
        services.create(actor=insider.actor, label_ko="설비")
    assert not OwnObject.objects.exists()
    assert registry.own_types() == ()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"label_ko": "  "}, "label_ko"),
        ({"name": "equipment"}, "name"),
        ({"name": "x_1"}, "name"),
        ({"name": "x_" + "a" * 40}, "name"),
        ({"name": "x_a__b"}, "name"),
        ({"icon": "no-such-icon"}, "icon"),
        ({"tone": "z"}, "tone"),
        ({"prefix": "EQ1"}, "prefix"),
        ({"prefix": "<EQ>"}, "prefix"),
        ({"label_en": "e" * 100}, "label_en"),
    ],
)
def test_what_makes_no_object_is_refused_and_nothing_is_left(given, field):
    with pytest.raises(ValidationError) as refused:
        services.create(actor=SYSTEM, **{"label_ko": "설비", **given})
    assert list(refused.value.message_dict) == [field]
    assert not OwnObject.objects.exists()


def test_names_are_made_of_labels_and_never_used_again(objects):
    assert objects("설비", label_en="").name == "x_seolbi"
    assert objects("3D 프린터", label_en="3D printer").name == "x_o_3d_printer"
    services.delete(actor=SYSTEM, definition=the("x_seolbi"))
    removing.remove(the("x_seolbi").pk)
    assert the("x_seolbi").state == ObjectState.DELETED
    assert objects("설비", label_en="").name == "x_seolbi_2"
    with pytest.raises(ValidationError, match="name") as refused:
        services.create(actor=SYSTEM, label_ko="옛 설비", name="x_seolbi")
    assert "name" in refused.value.message_dict


def test_two_objects_are_not_called_the_same(objects):
    objects("설비")
    with pytest.raises(ValidationError):
        services.create(actor=SYSTEM, label_ko="설비")


def test_its_table_has_all_that_a_built_in_one_has(equipment):
    assert list(tables.differences()) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'x_equipment'::regclass AND NOT tgisinternal"
        )
        triggers = {name.rpartition("_")[0] for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE conrelid = 'x_equipment'::regclass AND contype = 'f'"
        )
        (keys,) = cursor.fetchone()
    assert triggers == {
        "pgtrigger_record_version",
        "pgtrigger_record_history",
        "pgtrigger_record_delete_history",
    }
    assert keys == 5


def test_a_change_takes_effect_at_once_and_leaves_its_trace(administrator, insider, equipment):
    changed = services.change(
        actor=administrator.actor,
        definition=the(),
        label_ko="생산 설비",
        icon="tool",
        prefix="PR-",
        title_ko="설비 이름",
    )
    record_type = registry.get("x_equipment")
    assert record_type is not equipment
    assert str(record_type.label) == "생산 설비"
    assert set(record_type.own_fields) == set(equipment.own_fields)
    record = writing.create(record_type, {"name": "선반"}, actor=insider.actor)
    assert record_type.model.objects.get(pk=record).number == "PR-000001"
    line = AccessChange.objects.filter(target_type="ownobject", act="updated").get()
    assert line.changes["label_ko"] == ["설비", "생산 설비"]
    assert changed.changed_by_id == administrator.id
    assert "생산 설비" in insider.client.get("/x-equipment/").content.decode()
    with pytest.raises(ValidationError) as refused:
        services.change(actor=administrator.actor, definition=the(), prefix="")
    assert "prefix" in refused.value.message_dict


def test_switched_off_it_is_nowhere_and_keeps_its_records(insider, equipment, objects):
    record = writing.create(equipment, {"name": "선반"}, actor=insider.actor)
    services.switch(actor=SYSTEM, definition=the(), active=False)
    assert insider.client.get("/x-equipment/").status_code == 404
    assert insider.api.get("/api/v1/x-equipment").status_code == 404
    assert "x-equipment" not in insider.client.get("/customers/").content.decode()
    assert "/x-equipment" not in insider.api.get("/api/v1/openapi.json").json()["paths"]
    assert not registry.get("interaction").own_fields
    assert list(tables.differences()) == []
    services.switch(actor=SYSTEM, definition=the(), active=True)
    assert insider.client.get(f"/x-equipment/{record}/").status_code == 200
    assert registry.get("interaction").own_fields


def test_one_with_records_is_deleted_only_by_its_name(administrator, insider, equipment):
    record = writing.create(equipment, {"name": "선반"}, actor=insider.actor)
    insider.client.post(f"/timeline/x_equipment/{record}/add/", {"kind": "note", "text": "점검함"})
    writing.update(equipment, record, {"name": "새 선반"}, actor=insider.actor)
    Grant.objects.create(role=Role.objects.first(), record_type="x_equipment", action="view", scope="all")
    for typed in ("", "설"):
        with pytest.raises(ValidationError, match="설비"):
            services.delete(actor=administrator.actor, definition=the(), confirmed=typed)
    assert equipment.model.objects.count() == 1
    services.delete(actor=administrator.actor, definition=the(), confirmed="설비")
    assert registry.find("x_equipment") is None
    assert not tables.exists("x_equipment")
    assert not tables.exists("x_equipment_number_seq")
    assert insider.client.get(f"/x-equipment/{record}/").status_code == 404
    assert set(OwnField.objects.filter(record_type="x_equipment").values_list("state", flat=True)) == {
        OwnState.DELETED
    }
    assert OwnField.objects.get(record_type="interaction").state == OwnState.DELETING
    assert not Grant.objects.filter(record_type="x_equipment").exists()
    assert insider.client.get("/timeline/x_equipment/1/").status_code == 404
    assert removing.remove(the().pk) > 0
    assert not Change.objects.filter(table="x_equipment").exists()
    assert not TimelineEntry.objects.filter(subject_type="x_equipment").exists()
    assert not SearchEntry.objects.filter(record_type=type_code("x_equipment")).exists()
    assert the().state == ObjectState.DELETED
    assert removing.remove(the().pk) == 0
    with pytest.raises(ValidationError):
        services.switch(actor=administrator.actor, definition=the(), active=True)


def test_another_process_sees_it_at_its_next_request(insider, equipment, monkeypatch):
    registry.set_own(())  # as in a process that has not asked yet
    revisions._seen.pop(definitions.REVISION)
    assert insider.client.get("/x-equipment/").status_code == 200
    assert registry.find("x_equipment") is not None


def test_a_page_that_meets_a_table_just_deleted_is_not_found(insider, equipment):
    record = writing.create(equipment, {"name": "선반"}, actor=insider.actor)
    with transaction.atomic():  # another process deletes it while this one works with what it knew
        tables.drop("x_equipment")
        for client, path in (
            (insider.client, "/x-equipment/"),
            (insider.client, f"/x-equipment/{record}/"),
            (insider.api, "/api/v1/x-equipment"),
        ):
            with transaction.atomic():
                answer = client.get(path)
                transaction.set_rollback(True)
            assert answer.status_code == 404, path
        transaction.set_rollback(True)


def test_other_missing_tables_are_still_an_error(rf):
    from dangol.records.objects.missing import is_missing_table

    with pytest.raises(ProgrammingError) as problem, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    assert not is_missing_table(problem.value)


def test_who_deletes_a_team_hears_of_its_records(administrator, insider, equipment, company):
    from dangol.identity.services import team_delete

    record = writing.create(equipment, {"name": "선반", "team": company.busan.pk}, actor=SYSTEM)
    with pytest.raises(ValidationError):
        team_delete(actor=SYSTEM, team=company.busan)
    services.switch(actor=SYSTEM, definition=the(), active=False)
    with pytest.raises(ValidationError):
        team_delete(actor=SYSTEM, team=company.busan)
    equipment.model.objects.filter(pk=record).update(team=None)
    team_delete(actor=SYSTEM, team=company.busan)


def test_every_icon_that_can_be_chosen_is_in_the_sprite():
    from dangol.records.objects.checking import ICONS
    from dangol.web.assets import ALWAYS

    assert set(ICONS) <= ALWAYS


def test_a_thread_that_puts_back_what_is_committed_does_not_stop_the_making(monkeypatch):
    """Just then another thread loads an actor, which knows nothing of what is not committed yet."""
    make, disturbed = services._followers[0], []

    def follow(definition, actor):
        if not disturbed:
            disturbed.append(definition.name)
            registry.set_own(())
        make(definition, actor)

    monkeypatch.setattr(services, "_followers", [follow])
    services.create(actor=SYSTEM, label_ko="설비", timeline=True)
    assert disturbed
    assert OwnField.objects.filter(record_type="interaction", settings__target="x_seolbi").exists()


def test_what_a_new_version_adds_to_all_records_is_added_to_its_table(equipment):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE x_equipment DROP COLUMN changed_in")
        tables.TRIGGERS[0].uninstall(equipment.model)
    (lacking,) = tables.differences()
    assert (lacking.object, lacking.columns, lacking.triggers) == (
        "x_equipment",
        ("changed_in",),
        ("record_version",),
    )
    tables.bring_up_to_date()
    assert list(tables.differences()) == []


def test_a_migration_changes_all_own_tables(equipment, objects):
    from dangol.records.objects.migrating import OnOwnTables

    objects("구역", label_en="Zone")
    operation = OnOwnTables("COMMENT ON TABLE {table} IS 'seen'", "COMMENT ON TABLE {table} IS NULL")
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("records", editor, None, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('x_equipment'::regclass), obj_description('x_zone'::regclass)")
        assert cursor.fetchone() == ("seen", "seen")


def test_the_worker_knows_every_job_that_services_ask_for():
    from procrastinate.contrib.django import app

    from dangol.records.own import services as own_fields

    app.perform_import_paths()
    assert {services.REMOVE_TASK, own_fields.INDEX_TASK, own_fields.REMOVE_TASK} <= set(app.tasks)


def test_no_migration_wants_to_make_its_table(equipment):
    from checks.migrations import missing

    assert "own_objects" not in missing()
