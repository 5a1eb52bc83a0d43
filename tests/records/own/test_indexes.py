"""Indexes made on demand, and the removal of deleted fields, as the worker does it: outside of any transaction."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from dangol.identity import revisions
from dangol.records import registry, writing
from dangol.records.fields import Ref
from dangol.records.filters import FilterError, parse
from dangol.records.history import history
from dangol.records.lists import record_get, record_list, rows_for
from dangol.records.models import OwnField
from dangol.records.own import indexing, jobs, services, usage
from tests.records.own.conftest import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_index_stays(transactional_db):
    yield
    with connection.cursor() as cursor:
        for name in indexes():
            cursor.execute(f"DROP INDEX {name}")


def machines(count, **values):
    record_type = registry.get("machine")
    changes = [
        writing.Change({"code": f"M-{n}", "name": "기계", **{name: make(n) for name, make in values.items()}})
        for n in range(count)
    ]
    return writing.write(record_type, changes, actor=SYSTEM).ids


def plan(rows):
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        sql, parameters = rows.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", parameters)
        found = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    return found


def indexes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'own_field_%'")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize(
    ("kind", "value", "text", "settings"),
    [
        ("text", lambda n: f"v{n}", 'x_it = "v7"', {}),
        ("integer", lambda n: n, "x_it between 5 and 6", {}),
        ("number", lambda n: f"{n}.5", "x_it >= 290.5", {}),
        ("date", lambda n: f"2026-01-{n % 28 + 1:02}", "x_it > 2026-01-27", {}),
        ("datetime", lambda n: f"2026-01-{n % 28 + 1:02}T10:00:00Z", "x_it >= 2026-01-28", {}),
        ("choice", lambda n: "b" if n < 3 else "a", "x_it = b", {"choices": [{"code": "a", "ko": "가"}, {"code": "b", "ko": "나"}]}),
        ("multi_choice", lambda n: ["b"] if n < 3 else ["a"], "x_it contains b", {"choices": [{"code": "a", "ko": "가"}, {"code": "b", "ko": "나"}]}),
    ],
)  # fmt: skip
def test_a_filter_uses_the_index_that_was_made_for_the_field(own, kind, value, text, settings):
    definition = own("machine", "x_it", kind, settings=settings)
    machines(300, x_it=value)
    record_type = registry.get("machine")
    services.make_fast(actor=SYSTEM, definition=definition)
    indexing.settle(definition.pk)
    definition.refresh_from_db()
    assert definition.index_state == "ready"
    assert registry.get("machine").own_fields["x_it"].indexed
    rows = rows_for(SYSTEM, record_type, parse(text, record_type)).order_by().values("pk")
    assert indexing.index_name(definition) in plan(rows)
    services.make_slow(actor=SYSTEM, definition=definition)
    indexing.settle(definition.pk)
    assert indexes() == set()


@pytest.mark.parametrize("sort", ["x_it", "-x_it"])
def test_a_sorted_list_walks_the_index_and_ends_with_those_without_a_value(own, sort):
    definition = own("machine", "x_it", "integer")
    services.make_fast(actor=SYSTEM, definition=definition)
    ids = machines(30, x_it=lambda n: n if n < 20 else None)
    indexing.settle(definition.pk)
    seen, after = [], None
    while True:
        page = record_list(
            actor=SYSTEM,
            record_type=registry.get("machine"),
            sort=[sort],
            limit=7,
            after=after,
            columns=["x_it"],
        )
        seen += page.rows
        after = page.next
        if after is None:
            break
    values = [row["x_it"] for row in seen]
    ordered = list(range(20)) if sort == "x_it" else list(range(19, -1, -1))
    assert values == [*ordered, *[None] * 10]
    assert {row["id"] for row in seen} == set(ids)


def test_a_unique_index_holds_where_two_store_at_the_same_moment(own):
    definition = own("machine", "x_serial", unique=True)
    jobs.index(field_id=definition.pk)
    definition.refresh_from_db()
    assert definition.index_state == "ready"
    first, second = machines(2, x_serial=lambda n: f"S-{n}")
    with pytest.raises(Exception, match="own_field_"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workshop_machine SET own = (SELECT own FROM workshop_machine WHERE id = %s) WHERE id = %s",
            [first, second],
        )


def test_an_index_that_cannot_be_leaves_nothing_behind_and_says_why(own):
    machines(2)
    definition = own("machine", "x_serial")
    ids = list(registry.get("machine").model.objects.values_list("pk", flat=True))
    for number in ids:
        writing.update(registry.get("machine"), number, {"x_serial": "S"}, actor=SYSTEM)
    with pytest.raises(ValidationError) as refused:
        services.change(actor=SYSTEM, definition=definition, unique=True)
    assert "S" in str(refused.value)
    OwnField.objects.filter(pk=definition.pk).update(unique=True, index_state="building")
    indexing.settle(definition.pk)
    definition.refresh_from_db()
    assert definition.index_state == "failed"
    assert definition.index_error
    assert indexes() == set()


def test_there_is_a_ceiling_for_indexes(own, monkeypatch):
    monkeypatch.setattr(services, "MOST_INDEXES", 1)
    services.make_fast(actor=SYSTEM, definition=own("machine", "x_one"))
    with pytest.raises(ValidationError):
        services.make_fast(actor=SYSTEM, definition=own("machine", "x_two"))


def test_values_of_a_deleted_field_go_in_batches_and_stay_in_history(own, monkeypatch):
    monkeypatch.setattr("dangol.records.own.removing.BATCH", 10)
    definition = own("machine", "x_note", default="예")
    other = own("machine", "x_kept")
    ids = machines(25, x_note=lambda n: f"n{n}", x_kept=lambda n: "남음")
    assert usage.held(definition) == 25
    record_type = registry.get("machine")
    tree_before = parse("x_note is not empty", record_type)
    services.delete(actor=SYSTEM, definition=definition)
    with pytest.raises(FilterError) as gone:
        parse("x_note is not empty", record_type)
    assert "x_note" in str(gone.value)
    assert tree_before
    jobs.remove(field_id=definition.pk, user_id=None)
    definition.refresh_from_db()
    assert (definition.state, definition.removed, usage.held(definition)) == ("deleted", 25, 0)
    assert usage.held(other) == 25
    with pytest.raises(ValidationError):
        own("machine", "x_note")
    again = services.create(actor=SYSTEM, record_type="machine", kind="text", label_ko="Note")
    assert again.name == "x_note_2"
    from dangol.records.models import Change

    kept = Change.objects.filter(record_id=ids[3], table="workshop_machine").latest("id")
    assert kept.changes == {"own.x_note": ["n3", None]}
    told = history(record_type, ids[3], actor=SYSTEM).items[0].fields
    assert [(change.name, change.before, change.after) for change in told] == [("x_note", "n3", None)]


def test_a_reference_to_what_is_purged_becomes_empty(own):
    own("machine", "x_home", "reference", settings={"target": "customer"})
    home = writing.create(registry.get("customer"), {"name": "본점"}, actor=SYSTEM)
    (number,) = machines(1, x_home=lambda n: home)
    record_type = registry.get("machine")
    assert record_get(actor=SYSTEM, record_type=record_type, record_id=number)["x_home"] == Ref(home, "본점")
    assert writing.purge(registry.get("customer"), [home], actor=SYSTEM) == []
    row = record_get(actor=SYSTEM, record_type=record_type, record_id=number)
    assert row["x_home"] is None
    assert row["version"] == 2


def test_another_process_has_a_field_from_its_next_request_on(
    own, insider, django_assert_num_queries, django_assert_max_num_queries
):
    assert insider.client.get("/api/v1/machines").status_code == 200
    with django_assert_max_num_queries(5) as counted:
        before = insider.client.get("/api/v1/machines?fields=*")
        asked = len(counted.captured_queries)
    definition = own("machine", "x_new", "integer", "새것")
    # As a process that has not heard of it: its types have no own fields, and it knows the revision before.
    registry.get("machine").take_own([], [])
    revisions._seen["own_fields"] = 1
    assert "x_new" not in registry.get("machine").fields
    answer = insider.client.get("/api/v1/machines?fields=*&filter=x_new is empty")
    assert answer.status_code == 200
    assert "x_new" in registry.get("machine").fields
    with django_assert_num_queries(asked):
        insider.client.get("/api/v1/machines?fields=*")
    document = insider.client.get("/api/v1/openapi.json").json()
    assert before.status_code == 200
    assert "x_new" in str(document)
    services.delete(actor=SYSTEM, definition=definition)
    assert "x_new" not in str(insider.client.get("/api/v1/openapi.json").json())
