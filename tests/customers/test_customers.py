"""Customers: numbers are checked, hierarchies stay trees, business acts hold together, access is by scope."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.customers.models import Contact, ContactPoint, Customer
from dangol.customers.selectors import customer_around
from dangol.customers.services import contact_point_promote, customer_reassign
from dangol.events.models import Event
from dangol.records import registry, writing
from dangol.records.writing import Change, Missing, WriteError
from tests.cast import Person

pytestmark = pytest.mark.django_db


def create(person: Person, record_type: str, **values: Any) -> int:
    return writing.create(registry.get(record_type), values, actor=person.actor)


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[str, str]:
    """Field and code of the first error of a write."""
    with pytest.raises(WriteError) as problem:
        call(*arguments, **named)
    first = problem.value.errors[0]
    return first.field, first.code


class TestFields:
    def test_a_phone_number_is_stored_for_machines(self, insider: Person) -> None:
        pk = create(
            insider, "customer", name="가람정밀", phone="055-123-4567", business_number="124-81-00998"
        )
        customer = Customer.objects.get(pk=pk)
        assert customer.phone == "+82551234567"
        assert customer.business_number == "1248100998"

    def test_a_business_number_with_a_wrong_check_digit_is_refused(self, insider: Person) -> None:
        found = refused(create, insider, "customer", name="가람정밀", business_number="124-81-00997")
        assert found == ("business_number", "check_digit")
        assert not Customer.objects.exists()

    def test_stage_is_understood_in_both_languages(self, insider: Person) -> None:
        for word in ("유지", "active", "Active customer"):
            pk = create(insider, "customer", name=f"고객 {word}", stage=word)
            assert Customer.objects.get(pk=pk).stage == "active"

    def test_a_customer_number_is_unique(self, insider: Person) -> None:
        create(insider, "customer", name="가람정밀", external_id="C-1")
        assert refused(create, insider, "customer", name="다온테크", external_id="C-1")[0] == "external_id"


class TestHierarchy:
    def test_a_customer_cannot_belong_to_itself_through_others(self, insider: Person) -> None:
        top = create(insider, "customer", name="가람그룹")
        middle = create(insider, "customer", name="가람정밀", parent=top)
        below = create(insider, "customer", name="가람금형", parent=middle)
        found = refused(writing.update, registry.get("customer"), top, {"parent": below}, actor=insider.actor)
        assert found == ("parent", "cycle")
        assert Customer.objects.get(pk=top).parent_id is None

    def test_nor_by_two_moves_in_one_batch(self, insider: Person) -> None:
        one = create(insider, "customer", name="하나")
        two = create(insider, "customer", name="둘")
        changes = [Change({"parent": two}, id=one), Change({"parent": one}, id=two)]
        assert refused(writing.write, registry.get("customer"), changes, actor=insider.actor) == (
            "parent",
            "cycle",
        )
        assert not Customer.objects.filter(parent__isnull=False).exists()

    def test_only_people_belong_to_a_household(self, insider: Person) -> None:
        home = create(insider, "customer", name="김지우 님 댁", kind="household")
        assert refused(create, insider, "customer", name="가람정밀", parent=home) == ("parent", "household")
        person = create(insider, "customer", name="김지우", kind="person", parent=home)
        assert Customer.objects.get(pk=person).parent_id == home


class TestContactPoints:
    def test_the_value_is_checked_by_its_kind(self, insider: Person) -> None:
        customer = create(insider, "customer", name="가람정밀")
        pk = create(insider, "contact_point", customer=customer, kind="phone", value="010 1234 5678")
        assert ContactPoint.objects.get(pk=pk).value == "+821012345678"
        wrong = refused(create, insider, "contact_point", customer=customer, kind="email", value="nobody")
        assert wrong == ("value", "email")

    def test_a_contact_of_another_customer_is_refused(self, insider: Person) -> None:
        ours = create(insider, "customer", name="가람정밀")
        theirs = create(insider, "customer", name="다온테크")
        contact = create(insider, "contact", customer=theirs, name="김도현")
        found = refused(
            create,
            insider,
            "contact_point",
            customer=ours,
            contact=contact,
            kind="phone",
            value="010-1234-5678",
        )
        assert found == ("contact", "other_customer")

    def test_promoting_swaps_the_main_number_with_the_further_one(self, insider: Person) -> None:
        customer = create(insider, "customer", name="가람정밀", phone="055-123-4567")
        point = create(insider, "contact_point", customer=customer, kind="phone", value="055-765-4321")
        contact_point_promote(contact_point_id=point, actor=insider.actor)
        assert Customer.objects.get(pk=customer).phone == "+82557654321"
        assert ContactPoint.objects.get(pk=point).value == "+82551234567"
        assert Event.objects.filter(name="customers.contact_point_promoted").count() == 1

    def test_promoting_the_first_address_of_a_contact_leaves_no_further_one(self, insider: Person) -> None:
        customer = create(insider, "customer", name="가람정밀")
        contact = create(insider, "contact", customer=customer, name="김도현")
        point = create(
            insider,
            "contact_point",
            customer=customer,
            contact=contact,
            kind="email",
            value="kim@garam.example",
        )
        contact_point_promote(contact_point_id=point, actor=insider.actor)
        assert Contact.objects.get(pk=contact).email == "kim@garam.example"
        assert not ContactPoint.objects.filter(deleted_at=None).exists()

    def test_an_outsider_cannot_promote_and_changes_nothing(self, insider: Person, outsider: Person) -> None:
        customer = create(insider, "customer", name="가람정밀", phone="055-123-4567")
        point = create(insider, "contact_point", customer=customer, kind="phone", value="055-765-4321")
        with pytest.raises(Missing):
            contact_point_promote(contact_point_id=point, actor=outsider.actor)
        assert Customer.objects.get(pk=customer).phone == "+82551234567"


class TestReassigning:
    def test_a_new_owner_brings_team_and_territory_along(
        self, manager: Person, insider: Person, outsider: Person
    ) -> None:
        ids = [create(insider, "customer", name=name) for name in ("하나", "둘")]
        written = customer_reassign(customer_ids=ids, actor=manager.actor, owner=outsider.user)
        assert sorted(written.updated) == sorted(ids)
        for customer in Customer.objects.filter(pk__in=ids):
            assert (customer.owner_id, customer.team_id) == (outsider.id, outsider.user.team_id)
            assert customer.territory_id == outsider.user.territory_id
        event = Event.objects.get(name="customers.reassigned")
        assert sorted(event.payload["customer_ids"]) == sorted(ids)

    def test_it_is_all_or_nothing(self, insider: Person, outsider: Person) -> None:
        mine = create(insider, "customer", name="우리 고객")
        theirs = create(outsider, "customer", name="남의 고객")
        with pytest.raises(Missing):
            customer_reassign(customer_ids=[mine, theirs], actor=insider.actor, owner=outsider.user)
        assert Customer.objects.get(pk=mine).owner_id == insider.id

    def test_it_needs_somebody_to_go_to(self, insider: Person) -> None:
        with pytest.raises(ValueError, match="owner"):
            customer_reassign(customer_ids=[1], actor=insider.actor)


class TestSight:
    def test_family_and_points_are_shown_in_one_query(
        self, insider: Person, django_assert_num_queries: Any
    ) -> None:
        top = create(insider, "customer", name="가람그룹")
        one = create(insider, "customer", name="가람정밀", parent=top)
        create(insider, "customer", name="가람금형", parent=top)
        create(insider, "contact_point", customer=one, kind="fax", value="055-765-4321", label="팩스")
        actor = insider.actor
        with django_assert_num_queries(1):
            around = customer_around(actor=actor, customer_id=one)
        assert [(row["name"], row["tie"]) for row in around.family] == [
            ("가람그룹", "parent"),
            ("가람금형", "sibling"),
        ]
        assert [row["label"] for row in around.points] == ["팩스"]

    def test_relatives_of_another_team_stay_hidden(
        self, insider: Person, outsider: Person, administrator: Person
    ) -> None:
        top = create(insider, "customer", name="가람그룹")
        child = create(
            administrator,
            "customer",
            name="가람부산",
            parent=top,
            owner=outsider.id,
            team=outsider.user.team_id,
        )
        assert customer_around(actor=insider.actor, customer_id=top).family == []
        assert [row["id"] for row in customer_around(actor=administrator.actor, customer_id=top).family] == [
            child
        ]

    def test_insider_and_teammate_see_the_page_and_an_outsider_does_not(
        self, insider: Person, teammate: Person, outsider: Person, nobody: Person
    ) -> None:
        customer = create(insider, "customer", name="가람정밀")
        contact = create(insider, "contact", customer=customer, name="김도현")
        for path in (f"/customers/{customer}/", f"/contacts/{contact}/"):
            assert insider.client.get(path).status_code == 200
            assert teammate.client.get(path).status_code == 200
            assert outsider.client.get(path).status_code == 404
            assert nobody.client.get(path).status_code == 404
