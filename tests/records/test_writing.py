"""The writer: what goes in, what is refused, and what stands in the history afterwards."""

from datetime import date

import pytest

from dangol.customers.models import Customer
from dangol.events.models import Event
from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.history import history
from dangol.records.models import Change
from dangol.records.writing import Change as Edit

pytestmark = pytest.mark.django_db

SEES_ALL = Actor.system("test")


@pytest.fixture
def customers():
    return registry.get("customer")


def test_a_new_record_gets_its_makers_owner_team_and_territory(insider, customers):
    record_id = writing.create(customers, {"name": "한빛정밀 주식회사"}, actor=insider.actor)
    row = Customer.objects.get(pk=record_id)
    assert (row.owner_id, row.team_id) == (insider.id, insider.user.team_id)
    assert row.created_by_id == insider.id
    assert row.version == 1
    assert Event.objects.filter(name="records.written", payload__created=[record_id]).exists()


def test_values_are_understood_as_clerks_write_them(insider, customers):
    record_id = writing.create(
        customers,
        {
            "name": "한빛",
            "phone": "010-1234-5678",
            "business_number": "124-81-00998",
            "stage": "휴면",
            "since": "2019. 3. 4.",
        },
        actor=insider.actor,
    )
    row = Customer.objects.get(pk=record_id)
    assert row.phone == "+821012345678"
    assert row.business_number == "1248100998"
    assert row.stage == "dormant"
    assert row.since == date(2019, 3, 4)


def test_every_wrong_field_is_named_and_nothing_is_written(insider, customers):
    with pytest.raises(writing.WriteError) as refused:
        writing.create(
            customers,
            {"name": "", "business_number": "124-81-00999", "phone": "전화 없음", "nonsense": 1},
            actor=insider.actor,
        )
    assert {error.field for error in refused.value.errors} == {"name", "business_number", "phone", "nonsense"}
    assert not Customer.objects.exists()
    assert not Event.objects.filter(name="records.written").exists()


def test_a_batch_keeps_what_is_right_when_errors_are_collected(insider, customers):
    written = writing.write(
        customers,
        [
            Edit({"name": "가", "external_id": "1"}),
            Edit({"name": ""}),
            Edit({"name": "나", "external_id": "1"}),
        ],
        actor=insider.actor,
        collect=True,
    )
    assert len(written.created) == 1
    assert [(error.index, error.code) for error in written.errors] == [(1, "required"), (2, "unique")]
    assert [record_id is None for record_id in written.ids] == [False, True, True]


def test_large_batches_are_stored_the_same_way(insider, customers):
    written = writing.write(
        customers,
        [Edit({"name": f"고객 {i}", "external_id": str(i)}) for i in range(300)],
        actor=insider.actor,
    )
    assert len(written.created) == 300
    assert Customer.objects.filter(team_id=insider.user.team_id, stage="prospect", email="").count() == 300


def test_a_change_bumps_the_version_and_is_told_by_the_history(insider, customers):
    record_id = writing.create(customers, {"name": "한빛"}, actor=insider.actor)
    writing.update(
        customers, record_id, {"stage": "active", "city": "창원시"}, actor=insider.actor, version=1
    )
    assert Customer.objects.get(pk=record_id).version == 2
    (item,) = history(customers, record_id, actor=SEES_ALL).items
    assert item.actor_name == insider.user.name
    assert {(change.name, change.before, change.after) for change in item.fields} == {
        ("stage", "prospect", "active"),
        ("city", None, "창원시"),
    }


def test_a_change_that_changes_nothing_leaves_no_trace(insider, customers):
    record_id = writing.create(customers, {"name": "한빛", "phone": "010-1234-5678"}, actor=insider.actor)
    events = Event.objects.count()
    written = writing.update(
        customers, record_id, {"name": " 한빛 ", "phone": "01012345678"}, actor=insider.actor
    )
    assert written.unchanged == [record_id]
    assert Customer.objects.get(pk=record_id).version == 1
    assert Event.objects.count() == events
    assert not Change.objects.exists()


def test_who_was_slower_hears_what_the_other_changed(insider, teammate, customers):
    record_id = writing.create(customers, {"name": "한빛", "stage": "new"}, actor=insider.actor)
    writing.update(customers, record_id, {"stage": "active"}, actor=insider.actor, version=1)
    with pytest.raises(writing.Conflict) as refused:
        writing.update(customers, record_id, {"city": "부산"}, actor=insider.actor, version=1)
    message = str(refused.value.errors[0].message)
    assert insider.user.name in message
    assert "단계" in message
    assert Customer.objects.get(pk=record_id).city == ""


def test_bulk_sql_is_in_the_history_too(insider, customers):
    ids = writing.write(customers, [Edit({"name": str(i)}) for i in range(5)], actor=insider.actor).created
    Customer.objects.filter(pk__in=ids).update(grade="vip")
    assert Change.objects.filter(record_id__in=ids, changes={"grade": ["", "vip"]}).count() == 5


def test_an_outsider_can_neither_change_nor_find_out(insider, outsider, customers):
    record_id = writing.create(customers, {"name": "한빛"}, actor=insider.actor)
    with pytest.raises(writing.Missing):
        writing.update(customers, record_id, {"name": "다른"}, actor=outsider.actor)
    with pytest.raises(writing.Missing):
        writing.delete(customers, [record_id], actor=outsider.actor)
    row = Customer.objects.get(pk=record_id)
    assert (row.name, row.version, row.deleted_at) == ("한빛", 1, None)


def test_nobody_plants_a_record_in_another_team(insider, outsider, customers):
    with pytest.raises(writing.WriteError):
        writing.create(
            customers,
            {"name": "심은 고객", "owner": outsider.id, "team": outsider.user.team_id},
            actor=insider.actor,
        )
    assert not Customer.objects.exists()


def test_a_reference_must_be_visible(insider, outsider, customers):
    hidden = writing.create(customers, {"name": "숨은 고객"}, actor=outsider.actor)
    contacts = registry.get("contact")
    with pytest.raises(writing.WriteError) as refused:
        writing.create(contacts, {"name": "김도현", "customer": hidden}, actor=insider.actor)
    assert refused.value.errors[0].code == "missing"


def test_a_reference_may_be_given_by_key(insider, customers):
    record_id = writing.create(customers, {"name": "한빛", "external_id": "C-7"}, actor=insider.actor)
    contact = writing.create(
        registry.get("contact"), {"name": "김도현", "customer": {"external_id": "C-7"}}, actor=insider.actor
    )
    assert registry.get("contact").model.objects.get(pk=contact).customer_id == record_id


def test_deleting_takes_contacts_along_and_restoring_brings_them_back(manager, customers):
    actor = Actor.system("test")
    record_id = writing.create(customers, {"name": "한빛"}, actor=actor)
    contacts = registry.get("contact")
    contact = writing.create(contacts, {"name": "김도현", "customer": record_id}, actor=actor)
    writing.delete(customers, [record_id], actor=actor)
    assert contacts.model.objects.get(pk=contact).deleted_at is not None
    writing.restore(customers, [record_id], actor=actor)
    assert contacts.model.objects.get(pk=contact).deleted_at is None
    assert [item.action for item in history(customers, record_id, actor=SEES_ALL).items] == ["restore", "bin"]


def test_tokens_made_of_other_values_are_not_used(insider, customers):
    from dangol.records.search.index import Tokenizer
    from dangol.records.search.query import search

    tokenize = Tokenizer(customers)
    stale = tokenize(tokenize.values_of({"name": "옛이름", "kind": "company"}))
    written = writing.write(customers, [Edit({"name": "새이름"}, tokens=stale)], actor=insider.actor)

    assert [hit.id for hit in search(actor=insider.actor, q="새이름")] == written.created
    assert search(actor=insider.actor, q="옛이름") == []


def test_a_number_that_came_in_meanwhile_is_refused_by_the_database(insider, customers):
    writing.create(customers, {"name": "한빛", "external_id": "C-1"}, actor=insider.actor)
    with pytest.raises(writing.WriteError) as refused:
        writing.write(
            customers,
            [Edit({"name": "두빛", "external_id": "C-1"}, free=("external_id",))],
            actor=insider.actor,
        )
    assert refused.value.errors[0].code == "constraint"
    assert Customer.objects.count() == 1
