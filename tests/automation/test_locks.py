"""While an approval waits, nobody changes what it is about: on any way in, but for the approval itself and administrators."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from dangol.automation import approving, engine, services
from dangol.automation.models import ApprovalRequest, RunState
from dangol.customers.models import Customer
from dangol.records import registry, writing
from dangol.records.bulk.selection import Selection
from dangol.records.merging.acts import merge
from dangol.records.models import ImportRun
from dangol.records.writing import WriteError
from tests.automation.work import customer, make_rule, runs, set_to, value, work
from tests.records.bulk.conftest import change as bulk_change
from tests.records.bulk.conftest import done as bulk_done
from tests.records.importing.conftest import bring_in, file, own_folder  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)
SENTENCE = "승인을 기다리는 중이라 결정될 때까지 고칠 수 없어요. 결정할 사람: 김지우"


def locking(actor, approver, lock="record", trigger=None, **settings):
    """A rule that asks about each new customer and sets 부산시 when approved, 광주시 when not."""
    step = {
        "kind": "approval",
        "settings": {
            "who1": "people",
            "people1": [approver.id],
            "how1": "any",
            "lock": lock,
            **settings,
        },
        "then": [set_to(city="부산시")],
        "else": [set_to(city="광주시")],
    }
    return make_rule(actor, trigger=trigger or {"kind": "created"}, steps=[step])


@pytest.fixture
def locked(manager, insider):
    """A customer of the manager's that waits for the insider's approval."""
    locking(manager.actor, insider)
    record = customer(manager.actor, city="서울시", external_id="K-1")
    work()
    return record


def stored(record):
    return Customer.objects.filter(pk=record).values("name", "city", "stage", "deleted_at").get()


def decide(person, record, *, approve=True):
    request = ApprovalRequest.objects.get(record_id=record)
    approving.decide(actor=person.actor, request_id=request.pk, approve=approve, comment="까닭")


def test_the_form_says_who_decides_and_keeps_what_was_typed(locked, manager):
    before = stored(locked)
    page = manager.client.get(f"/customers/{locked}/edit/").content.decode()
    assert SENTENCE in page
    answer = manager.client.post(f"/customers/{locked}/edit/", {"name": "㈜새이름", "stage": "new"})
    assert answer.status_code == 422
    assert SENTENCE in answer.content.decode()
    assert "㈜새이름" in answer.content.decode()
    assert stored(locked) == before


def test_a_cell_is_refused_with_the_sentence(locked, manager):
    before = stored(locked)
    answer = manager.client.post(f"/customers/{locked}/cell/city/", {"city": "대전시"})
    assert answer.status_code == 422
    assert SENTENCE in answer.content.decode()
    assert stored(locked) == before


def test_the_api_is_refused_with_a_code(locked, manager):
    before = stored(locked)
    url = f"/api/v1/customers/{locked}"
    answer = manager.api.patch(url, {"city": "대전시"}, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "locked"
    assert SENTENCE in answer.json()["errors"][0]["message"]
    gone = manager.api.delete(url)
    assert (gone.status_code, gone.json()["errors"][0]["code"]) == (422, "locked")
    assert stored(locked) == before


def test_a_bulk_change_leaves_it_out_and_says_why(locked, manager):
    other = Customer.objects.get(pk=writing_beside(manager))
    run = bulk_done(manager.actor, Selection(), settings=bulk_change(city={"set": "인천시"}))
    assert (value(other.pk, "city"), value(locked, "city")) == ("인천시", "서울시")
    assert run.refused == 1
    run = bulk_done(manager.actor, Selection(), "delete")
    assert (stored(locked)["deleted_at"], run.refused) == (None, 1)
    assert stored(other.pk)["deleted_at"] is not None


def writing_beside(person):
    """A customer that no approval locks: it was approved already."""
    record = writing.create(registry.get("customer"), {"name": "㈜다른곳"}, actor=person.actor)
    work()
    ApprovalRequest.objects.filter(record_id=record).update(state="approved")
    return record


def test_an_import_puts_the_row_among_the_rejects(locked, manager, bring_in):  # noqa: F811
    mapping = {
        "name": "customers",
        "records": [
            {
                "type": "customer",
                "key": ["external_id"],
                "fields": {"external_id": "ID", "name": "이름", "city": "시"},
            }
        ],
    }
    run: ImportRun = bring_in(
        "ID,이름,시\nK-1,㈜한빛정밀,대전시\nK-2,㈜새곳,대전시\n", mapping, actor=manager.actor
    )
    assert (run.imported, run.rejected) == (1, 1)
    assert value(locked, "city") == "서울시"


def test_it_is_neither_merged_nor_deleted(locked, manager):
    before = stored(locked)
    other = writing_beside(manager)
    for into, others in ((locked, [other]), (other, [locked])):
        with pytest.raises(WriteError) as refused:
            merge(actor=manager.actor, record_type=registry.get("customer"), into=into, others=others)
        assert SENTENCE in str(refused.value.errors[0].message)
    answer = manager.client.post(f"/customers/{locked}/delete/", follow=True)
    assert SENTENCE in answer.content.decode()
    assert stored(locked) == before


def test_another_rule_is_held_whoever_it_acts_for(locked, administrator):
    button = {"kind": "button", "label": "이전"}
    rule = make_rule(administrator.actor, trigger=button, steps=[set_to(city="제주시")])
    services.rule_press(actor=administrator.actor, rule_id=rule.pk, record_id=locked)
    work()
    assert runs(rule) == [(RunState.FAILED, "refused")]
    assert value(locked, "city") == "서울시"


def test_administrators_may_and_the_approval_itself_does(locked, administrator, insider):
    writing.update(registry.get("customer"), locked, {"stage": "active"}, actor=administrator.actor)
    assert value(locked, "stage") == "active"
    decide(insider, locked)
    work()
    assert value(locked, "city") == "부산시"


@pytest.mark.parametrize("approve", [True, False])
def test_the_decision_ends_it(locked, manager, insider, approve):
    decide(insider, locked, approve=approve)
    work()
    writing.update(registry.get("customer"), locked, {"city": "대전시"}, actor=manager.actor)
    assert value(locked, "city") == "대전시"


def test_switching_the_rule_off_ends_it(locked, manager):
    rule = ApprovalRequest.objects.get().run.rule
    services.rule_switch(actor=manager.actor, rule=rule, active=False)
    writing.update(registry.get("customer"), locked, {"city": "대전시"}, actor=manager.actor)
    assert value(locked, "city") == "대전시"


def test_a_rule_saved_without_the_lock_keeps_what_waits_locked(locked, manager, insider):
    rule = ApprovalRequest.objects.get().run.rule
    services.rule_save(
        actor=manager.actor,
        name=rule.name,
        record_type=registry.get("customer"),
        definition={"trigger": {"kind": "created"}, "condition": "", "steps": [set_to(city="울산시")]},
        rule=rule,
    )
    with pytest.raises(WriteError):
        writing.update(registry.get("customer"), locked, {"city": "대전시"}, actor=manager.actor)
    assert value(locked, "city") == "서울시"


def test_only_the_fields_that_it_is_about(manager, insider):
    locking(manager.actor, insider, "fields", locked_fields=["stage"])
    record = customer(manager.actor, city="서울시")
    work()
    writing.update(registry.get("customer"), record, {"city": "대전시"}, actor=manager.actor)
    with pytest.raises(WriteError) as refused:
        writing.update(
            registry.get("customer"), record, {"city": "울산시", "stage": "active"}, actor=manager.actor
        )
    assert [(error.field, error.code) for error in refused.value.errors] == [("stage", "locked")]
    assert value(record, "city") == "대전시"
    page = manager.client.get(f"/customers/{record}/").content.decode()
    assert "일부 잠김" in page


def test_the_page_shows_a_lock_that_leads_to_the_approval(locked, manager):
    page = manager.client.get(f"/customers/{locked}/").content.decode()
    assert f'href="/customers/{locked}/#approvals"' in page
    assert 'id="approvals"' in page
    assert "잠김" in page


def test_a_change_under_way_waits_for_the_lock_and_is_refused(manager, insider):
    button = {"kind": "button", "label": "승인"}
    rule = locking(manager.actor, insider, trigger=button)
    record = customer(manager.actor, city="서울시")
    run_ids = services.rule_press(actor=manager.actor, rule_id=rule.pk, record_id=record)
    actor = manager.actor
    outcome = []

    def change():
        try:
            writing.update(registry.get("customer"), record, {"city": "대전시"}, actor=actor)
        except WriteError as refused:
            outcome.append(refused.errors[0].code)
        else:
            outcome.append("written")
        finally:
            connection.close()

    with transaction.atomic():
        engine.execute(run_ids)  # asks, and has not committed yet
        other = threading.Thread(target=change)
        other.start()
        other.join(0.7)
        assert outcome == []
    other.join(20)
    assert outcome == ["locked"]
    assert value(record, "city") == "서울시"


def test_without_a_lock_everything_stays_as_it_was(manager, insider):
    locking(manager.actor, insider, "")
    record = customer(manager.actor, city="서울시")
    work()
    writing.update(registry.get("customer"), record, {"city": "대전시"}, actor=manager.actor)
    assert value(record, "city") == "대전시"
