"""Merged and taken back: the database is as it was, also when there was life in between."""

from __future__ import annotations

import pytest

from dangol.customers.models import Contact, ContactPoint, Customer
from dangol.interactions.models import TimelineEntry
from dangol.records import registry, writing
from dangol.records.merging import UndoConflicts, merge, undo
from dangol.records.models import Merge, RollUpValue
from dangol.records.types import RecordType
from dangol.records.writing import WriteError
from tests.records.merging.conftest import Family, stored
from tests.records.merging.dumping import differences, dump

pytestmark = pytest.mark.django_db


def test_five_customers_with_everything_become_one_and_five_again(
    family: Family, customer: RecordType
) -> None:
    actor = family.insider.actor
    before = dump()
    done = merge(actor=actor, record_type=customer, into=family.into, others=family.others)
    merged = dump()
    for table in (
        "commerce_order", "commerce_invoice", "customers_contact", "customers_contactpoint", "customers_customer",
        "interactions_comment", "interactions_follow", "interactions_interaction", "interactions_mention",
        "interactions_notification", "interactions_timelineentry", "measures_score", "measures_series", "records_attachment",
        "records_merged", "records_roll_up_value", "records_savedview", "records_searchentry", "records_taglink", "x_equipment",
    ):  # fmt: skip
        assert merged[table] != before[table], f"nothing moved in {table}: the test proves nothing"
    assert family.counts() == (5, 1 + 5 + 5)
    assert RollUpValue.objects.get(record_id=family.into).number == 5
    undo(actor=actor, merge=done)
    assert differences(before, dump()) == {}


def test_a_second_time_is_like_the_first(family: Family, customer: RecordType) -> None:
    actor = family.insider.actor
    before = dump()
    for _time in range(2):
        done = merge(actor=actor, record_type=customer, into=family.into, others=family.others)
        undo(actor=actor, merge=done)
    assert differences(before, dump()) == {}


def test_values_of_others_and_their_unique_numbers_go_back(family: Family, customer: RecordType) -> None:
    actor = family.insider.actor
    two, three = family.others[1], family.others[2]
    before = dump()
    values = {
        "external_id": two,
        "x_code": three,
        "tags": two,
        "x_likes": "both",
        "name": three,
        "parent": two,
    }
    done = merge(actor=actor, record_type=customer, into=family.into, others=family.others, values=values)
    into = stored(family.into)
    assert (into.name, into.external_id, into.own["x_code"]) == ("한빛상사 3", "C-2", "K-3")
    assert (sorted(into.own["x_likes"]), into.parent_id) == (["tea", "wine"], family.above)
    assert stored(two).external_id == "C-0"
    undo(actor=actor, merge=done)
    assert differences(before, dump()) == {}


def test_what_was_changed_since_is_a_conflict_that_somebody_decides(
    family: Family, customer: RecordType
) -> None:
    actor = family.insider.actor
    before = dump()
    done = merge(actor=actor, record_type=customer, into=family.into, others=family.others)
    filled = stored(family.into)
    assert filled.phone
    assert filled.city
    writing.update(customer, family.into, {"phone": "02-999-9999", "city": "새 도시"}, actor=actor)
    with pytest.raises(UndoConflicts) as problem:
        undo(actor=actor, merge=done)
    assert sorted(problem.value.names) == ["city", "phone"]
    assert Merge.objects.get(pk=done.pk).undone_at is None
    undo(actor=actor, merge=done, keep=["phone"], take_back=["city"])
    after = stored(family.into)
    assert (after.phone, after.city) == ("+8229999999", "")
    done.refresh_from_db()
    assert (done.undone["kept"], done.undone["taken"]) == (["phone"], ["city"])
    left = differences(before, dump())
    assert left.keys() <= {"customers_customer", "records_searchidentifier"}
    assert len(left["customers_customer"][0]) == 1


def test_rows_made_since_stay_and_rows_moved_on_stay_where_they_are(
    family: Family, customer: RecordType
) -> None:
    actor = family.insider.actor
    done = merge(actor=actor, record_type=customer, into=family.into, others=family.others)
    new = family.make("contact", customer=family.into, name="새 담당")
    given = Contact.objects.get(name="담당 3")
    writing.update(registry.get("contact"), given.pk, {"customer": family.above}, actor=actor)
    gone = ContactPoint.objects.get(value="+8228880004")
    writing.delete(registry.get("contact_point"), [gone.pk], actor=actor)
    undo(actor=actor, merge=done)
    assert Contact.objects.get(pk=new).customer_id == family.into
    assert Contact.objects.get(pk=given.pk).customer_id == family.above
    gone.refresh_from_db()
    assert (gone.customer_id, gone.deleted_at is None) == (family.others[3], False)
    done.refresh_from_db()
    assert done.undone["stayed"] == 1


def test_merges_on_top_of_each_other_are_taken_back_in_order(family: Family, customer: RecordType) -> None:
    actor = family.insider.actor
    before = dump()
    one, two, three, four = family.others
    first = merge(actor=actor, record_type=customer, into=one, others=[two])
    second = merge(actor=actor, record_type=customer, into=family.into, others=[one, three])
    third = merge(actor=actor, record_type=customer, into=four, others=[family.into])
    assert Customer.objects.filter(name__startswith="한빛상사", deleted_at=None).count() == 1
    for early in (first, second):
        with pytest.raises(WriteError) as problem:
            undo(actor=actor, merge=early)
        assert problem.value.errors[0].code == "order"
    for late in (third, second, first):
        undo(actor=actor, merge=late)
    assert differences(before, dump()) == {}
    with pytest.raises(WriteError) as problem:
        undo(actor=actor, merge=first)
    assert problem.value.errors[0].code == "undone"


def test_a_value_that_points_at_what_is_gone_since_stays(family: Family, customer: RecordType) -> None:
    actor = family.insider.actor
    done = merge(
        actor=actor,
        record_type=customer,
        into=family.into,
        others=family.others,
        values={"parent": family.others[1]},
    )
    writing.update(customer, family.into, {"parent": None}, actor=actor)
    undo(actor=actor, merge=done, take_back=["parent"])
    assert stored(family.into).parent_id == family.others[0]


def test_records_of_types_made_at_run_time_are_merged_and_taken_apart_too(family: Family) -> None:
    actor, equipment = family.insider.actor, registry.get("x_equipment")
    other = family.make("x_equipment", name="설비 2", external_id="EQ-2", tags=["새것"])
    field = next(
        name
        for name, known in registry.get("interaction").own_fields.items()
        if known.target == "x_equipment"
    )
    said = family.make("interaction", kind="note", subject="점검", **{field: other})
    before = dump()
    done = merge(actor=actor, record_type=equipment, into=family.machine, others=[other])
    assert registry.get("interaction").model._default_manager.get(pk=said).own[field] == family.machine
    assert TimelineEntry.objects.get(source_type="interaction", source_id=said).subject_id == family.machine
    assert equipment.model._default_manager.get(pk=family.machine).external_id == "EQ-2"
    undo(actor=actor, merge=done)
    assert differences(before, dump()) == {}
