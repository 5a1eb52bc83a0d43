"""Several records become one: whose values stay, who may, what moves, and who still finds the others."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from dangol.customers.models import Contact, ContactPoint, Customer
from dangol.events.models import Event
from dangol.identity.models import FieldRule, Role
from dangol.interactions.models import Follow
from dangol.records import handlers, history, permissions, ports, registry, tombstones, writing
from dangol.records.lists import record_get
from dangol.records.merging import acts, merge, undo
from dangol.records.merging.events import RecordsMerged
from dangol.records.models import Merge, Merged, SavedView, TagLink
from dangol.records.types import RecordType
from dangol.records.writing import Change, Conflict, Missing, WriteError
from tests.cast import Person
from tests.records.merging.conftest import Family, stored

pytestmark = pytest.mark.django_db


def refused(**asked: Any) -> str:
    with pytest.raises(WriteError) as problem:
        merge(**asked)
    return problem.value.errors[0].code


class TestValues:
    def test_the_survivors_values_stay_and_what_it_lacks_comes_from_the_newest_of_the_others(
        self, insider: Person, customer: RecordType
    ) -> None:
        rows = [
            {"name": "가온"}, {"name": "다온", "city": "대구"}, {"name": "나온", "city": "부산", "phone": "02-111-1111"},
        ]  # fmt: skip
        into, newer, older = writing.write(
            customer, [Change(row) for row in rows], actor=insider.actor
        ).created
        writing.update(customer, newer, {"grade": "a"}, actor=insider.actor)
        Customer.objects.filter(pk=newer).update(description="")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE customers_customer DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE customers_customer SET updated_at = updated_at - interval '1 day' WHERE id = %s",
                [older],
            )
            cursor.execute("ALTER TABLE customers_customer ENABLE TRIGGER USER")
        done = merge(actor=insider.actor, record_type=customer, into=into, others=[older, newer])
        after = stored(into)
        assert (after.name, after.city, after.phone, after.grade) == ("가온", "대구", "+8221111111", "a")
        assert done.choices["city"] == newer
        assert done.choices["phone"] == older
        assert done.choices["name"] == into

    def test_each_field_may_come_from_another_record(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        merge(
            actor=insider.actor,
            record_type=customer,
            into=into,
            others=[other],
            values={"name": other, "external_id": other},
        )
        assert (stored(into).name, stored(into).external_id) == ("가온상사", "G-2")
        assert stored(other).external_id == "G-1"

    def test_a_choice_that_cannot_be_made_is_refused_with_its_field(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        asked = {"actor": insider.actor, "record_type": customer, "into": into, "others": [other]}
        for values, code in (
            ({"nothing": other}, "forbidden_field"), ({"name": "both"}, "both"), ({"name": 999}, "source"),
        ):  # fmt: skip
            assert refused(**asked, values=values) == code
        assert not Merge.objects.exists()
        assert stored(into).name == "가온"

    def test_tags_stand_together_or_are_those_of_one(self, insider: Person, customer: RecordType) -> None:
        for asked, expected in (("both", {"가", "나", "다"}), (0, {"가", "나"}), (1, {"나", "다"})):
            rows = [{"name": "가온", "tags": ["가", "나"]}, {"name": "나온", "tags": ["나", "다"]}]
            ids = writing.write(customer, [Change(row) for row in rows], actor=insider.actor).created
            values = {"tags": ids[asked] if isinstance(asked, int) else asked}
            done = merge(
                actor=insider.actor, record_type=customer, into=ids[0], others=[ids[1]], values=values
            )
            links = TagLink.objects.filter(record_type="customer")
            assert set(links.filter(record_id=ids[0]).values_list("tag__name", flat=True)) == expected
            undo(actor=insider.actor, merge=done)
            assert set(links.filter(record_id=ids[0]).values_list("tag__name", flat=True)) == {"가", "나"}
            assert set(links.filter(record_id=ids[1]).values_list("tag__name", flat=True)) == {"나", "다"}

    def test_trees_stay_trees(self, insider: Person, customer: RecordType) -> None:
        """S below X, X below L: when L becomes S, S cannot stay below X."""

        def make(name: str, parent: int | None = None) -> int:
            return writing.create(customer, {"name": name, "parent": parent}, actor=insider.actor)

        top = make("꼭대기")
        other = make("상대", top)
        between = make("사이", other)
        into = make("남는 곳", between)
        asked = {"actor": insider.actor, "record_type": customer, "into": into, "others": [other]}
        assert refused(**asked, values={"parent": into}) == "cycle"
        done = merge(**asked)
        assert (stored(into).parent_id, stored(between).parent_id) == (top, into)
        undo(actor=insider.actor, merge=done)
        assert (stored(into).parent_id, stored(between).parent_id, stored(other).parent_id) == (
            between,
            other,
            top,
        )


class TestWhatMoves:
    def test_what_both_have_stands_once_and_nothing_of_the_other_is_lost(
        self, family: Family, customer: RecordType
    ) -> None:
        actor = family.insider.actor
        merge(actor=actor, record_type=customer, into=family.into, others=family.others)
        same = ContactPoint.objects.filter(value="+8227777777")
        assert [point.customer_id for point in same.filter(deleted_at=None)] == [family.into]
        assert same.count() == 5
        assert Merged.objects.filter(record_type="contact_point").count() == 4
        assert Follow.objects.filter(record_type="customer", record_id=family.into).count() == 2
        assert SavedView.objects.get(pk=family.view.pk).state["filter"] == f"customer = {family.into}"
        machine = registry.get("x_equipment").model._default_manager.get(pk=family.machine)
        assert machine.own["x_site"] == family.into
        assert stored(family.below).parent_id == family.into

    def test_what_lies_in_the_bin_moves_too_and_a_double_that_is_alive_stays_alive(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        points, contacts = registry.get("contact_point"), registry.get("contact")
        values = {"kind": "phone", "value": "02-777-7777"}
        mine = writing.create(points, {"customer": into, **values}, actor=insider.actor)
        theirs = writing.create(points, {"customer": other, **values}, actor=insider.actor)
        binned = writing.create(contacts, {"customer": other, "name": "떠난 사람"}, actor=insider.actor)
        writing.delete(points, [mine], actor=insider.actor)
        writing.delete(contacts, [binned], actor=insider.actor)
        moment = ContactPoint.objects.get(pk=mine).deleted_at
        done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
        assert ContactPoint.objects.get(pk=mine).deleted_at is None
        assert ContactPoint.objects.get(pk=theirs).deleted_at is not None
        assert Contact.objects.get(pk=binned).customer_id == into
        undo(actor=insider.actor, merge=done)
        assert ContactPoint.objects.get(pk=mine).deleted_at == moment
        assert ContactPoint.objects.get(pk=theirs).deleted_at is None
        assert Contact.objects.get(pk=binned).customer_id == other

    def test_orders_whose_lines_have_the_same_numbers_are_not_merged(self, family: Family) -> None:
        orders = registry.get("order")
        one, two = family.orders[:2]
        assert refused(actor=family.insider.actor, record_type=orders, into=one, others=[two]) == "numbered"
        assert orders.model._default_manager.filter(pk__in=[one, two], deleted_at=None).count() == 2

    def test_sums_kept_beside_the_records_are_right_before_and_after(self, family: Family) -> None:
        orders, lines = registry.get("order"), registry.get("order_line")
        actor = family.insider.actor
        one, two = family.orders[:2]
        line = lines.model._default_manager.get(order_id=two)
        writing.update(lines, line.pk, {"ordinal": 2}, actor=actor)

        def amount(pk: int) -> Any:
            row = record_get(actor=actor, record_type=orders, record_id=pk)
            return row["amount"].amount if row and hasattr(row["amount"], "amount") else row and row["amount"]

        before = amount(one), amount(two)
        done = merge(actor=actor, record_type=orders, into=one, others=[two])
        assert amount(one) == before[0] + before[1]
        undo(actor=actor, merge=done)
        assert (amount(one), amount(two)) == before

    @pytest.mark.parametrize("wanted", [0, 1])
    def test_what_was_added_to_a_merged_record_at_that_moment_follows_it(
        self, insider: Person, customer: RecordType, pair: tuple[int, int], wanted: int
    ) -> None:
        """Whoever writes a contact of theirs waits for the merge, and then writes it all the same."""
        into, other = pair
        for number, name in zip(pair, ("내 표시", "남의 표시"), strict=True):
            writing.update(customer, number, {"tags": [name]}, actor=insider.actor)
        values = {"tags": pair[wanted]}
        done = merge(actor=insider.actor, record_type=customer, into=into, others=[other], values=values)
        late = Contact.objects.create(customer_id=other, name="늦은 담당")
        handlers.gather_latecomers(RecordsMerged("customer", into, [other], done.pk), event_id=uuid4())
        late.refresh_from_db()
        assert late.customer_id == into
        assert [link.tag.name for link in TagLink.objects.filter(record_id=into)] == [
            ("내 표시", "남의 표시")[wanted]
        ]
        undo(actor=insider.actor, merge=done)
        late.refresh_from_db()
        assert late.customer_id == other

    def test_one_event_carries_ids(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
        undo(actor=insider.actor, merge=done)
        told = Event.objects.filter(name__in=["records.merged", "records.unmerged"]).order_by("pk")
        expected = {"record_type": "customer", "into": into, "merged": [other], "merge": done.pk}
        assert [(event.name, event.payload) for event in told] == [
            ("records.merged", expected), ("records.unmerged", expected)
        ]  # fmt: skip


class TestWhoMay:
    def test_whoever_may_not_delete_the_others_changes_nothing(
        self,
        insider: Person,
        teammate: Person,
        reader: Person,
        outsider: Person,
        customer: RecordType,
        pair: tuple[int, int],
    ) -> None:
        into, other = pair
        for person in (reader, teammate, outsider):
            with pytest.raises(WriteError):
                merge(actor=person.actor, record_type=customer, into=into, others=[other])
        assert not Merge.objects.exists()
        theirs = writing.create(customer, {"name": "이웃"}, actor=teammate.actor)
        for one, two in ((into, theirs), (theirs, into)):
            assert refused(actor=insider.actor, record_type=customer, into=one, others=[two]) == "forbidden"
        hidden = writing.create(customer, {"name": "남의 것"}, actor=outsider.actor)
        with pytest.raises(Missing):
            merge(actor=insider.actor, record_type=customer, into=into, others=[hidden])
        assert set(Customer.objects.filter(deleted_at=None).values_list("pk", flat=True)) == {
            into,
            other,
            theirs,
            hidden,
        }

    def test_a_record_that_somebody_changed_meanwhile_is_a_conflict(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        writing.update(customer, other, {"city": "부산"}, actor=insider.actor)
        with pytest.raises(Conflict):
            merge(
                actor=insider.actor,
                record_type=customer,
                into=into,
                others=[other],
                versions={into: 1, other: 1},
            )
        assert not Merge.objects.exists()

    def test_the_same_record_twice_itself_or_too_many_are_refused(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, _other = pair
        for others in ([into], [], list(range(1000, 1020))):
            assert refused(actor=insider.actor, record_type=customer, into=into, others=others) == "records"
        tags = registry.get("tag")
        assert refused(actor=insider.actor, record_type=tags, into=1, others=[2]) == "type"

    def test_more_than_one_transaction_should_hold_is_refused(
        self, insider: Person, customer: RecordType, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        into, other = pair
        for number in range(2):
            values = {"customer": other, "name": f"담당 {number}"}
            writing.create(registry.get("contact"), values, actor=insider.actor)
        monkeypatch.setattr(acts, "MOST_ROWS", 1)
        assert refused(actor=insider.actor, record_type=customer, into=into, others=[other]) == "too_many"
        assert Contact.objects.filter(customer=other).count() == 2

    @pytest.mark.parametrize("rule", ["hidden", "masked", "read_only"])
    def test_what_a_rule_keeps_from_somebody_cannot_be_chosen_and_is_not_lost(
        self, insider: Person, customer: RecordType, pair: tuple[int, int], rule: str
    ) -> None:
        into, other = pair
        writing.update(customer, other, {"description": "비밀"}, actor=insider.actor)
        role = Role.objects.get(code="sales")
        FieldRule.objects.create(role=role, record_type="customer", field="description", rule=rule)
        actor = insider.actor
        assert (
            refused(
                actor=actor, record_type=customer, into=into, others=[other], values={"description": other}
            )
            == "forbidden_field"
        )
        done = merge(actor=actor, record_type=customer, into=into, others=[other])
        assert stored(into).description == "비밀"
        undo(actor=actor, merge=done)
        assert stored(into).description == ""


class TestWhatGoesForGood:
    def test_a_merged_record_that_is_purged_is_forgotten_and_the_others_come_back(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        third = writing.create(customer, {"name": "셋째"}, actor=insider.actor)
        done = merge(actor=insider.actor, record_type=customer, into=into, others=[other, third])
        assert tombstones.part_of(customer, [into]) == [other, third]
        assert writing.purge(customer, [other], actor=insider.actor) == []
        undo(actor=insider.actor, merge=Merge.objects.get(pk=done.pk))
        assert stored(third).deleted_at is None
        again = merge(actor=insider.actor, record_type=customer, into=into, others=[third])
        writing.purge(customer, [third], actor=insider.actor)
        assert not Merge.objects.filter(pk=again.pk).exists()


class TestWhoFindsThem:
    def test_references_and_keys_of_the_merged_lead_to_the_survivor(
        self, insider: Person, outsider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
        contacts = registry.get("contact")
        for named in (other, {"external_id": "G-2"}, {"external_id": "G-1"}):
            made = writing.create(contacts, {"name": "담당", "customer": named}, actor=insider.actor)
            assert Contact.objects.get(pk=made).customer_id == into
            with pytest.raises(WriteError):
                writing.create(contacts, {"name": "담당", "customer": named}, actor=outsider.actor)
        undo(actor=insider.actor, merge=done)
        made = writing.create(
            contacts, {"name": "담당", "customer": {"external_id": "G-2"}}, actor=insider.actor
        )
        assert Contact.objects.get(pk=made).customer_id == other

    def test_they_are_in_no_list_and_in_no_bin_and_nobody_restores_or_purges_them_alone(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        merge(actor=insider.actor, record_type=customer, into=into, others=[other])
        for deleted in (False, True):
            rows = permissions.visible_to(insider.actor, customer, deleted=deleted)
            assert not rows.filter(pk=other).exists()
        with pytest.raises(Missing):
            writing.restore(customer, [other], actor=insider.actor)

    def test_the_history_of_both_is_read_on_the_survivor(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        writing.update(customer, other, {"city": "부산"}, actor=insider.actor)
        writing.update(customer, into, {"city": "인천"}, actor=insider.actor)
        done = merge(actor=insider.actor, record_type=customer, into=into, others=[other])
        items = history.history(customer, into, actor=insider.actor).items
        told = [
            (item.record_id, change.name, change.before, change.after)
            for item in items
            for change in item.fields
        ]
        assert (into, "merged", None, f"#{other}") in told
        assert (other, "city", None, "부산") in told
        assert (into, "city", "서울", "인천") in told
        assert {item.actor_name for item in items} == {"김지우"}
        assert not any(item.action == "bin" for item in items)
        undo(actor=insider.actor, merge=done)
        items = history.history(customer, into, actor=insider.actor).items
        assert {item.record_id for item in items} == {into}

    def test_other_rooms_merge_through_the_port(
        self, insider: Person, customer: RecordType, pair: tuple[int, int]
    ) -> None:
        into, other = pair
        act = ports.merging()
        assert act is not None
        act(actor=insider.actor, type_key="customer", into=into, others=[other])
        assert Merge.objects.get().origin == "matching"
        with pytest.raises(WriteError):
            act(actor=insider.actor, type_key="nothing", into=into, others=[other])
