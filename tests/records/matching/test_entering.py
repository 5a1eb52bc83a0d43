"""Before a record is saved: on the form, and for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from dangol.customers.models import Customer
from dangol.identity.models import FieldRule, Role, Rule
from dangol.records.matching.entering import similar
from dangol.records.models import DuplicatePair, MatchingRule
from dangol.records.types import RecordType
from tests.cast import Person
from tests.records.matching.conftest import AGAIN, HANBIT, made

pytestmark = pytest.mark.django_db


def test_the_same_company_under_another_form_is_recognised(
    customer: RecordType, hanbit: int, insider: Person
) -> None:
    found = similar(actor=insider.actor, record_type=customer, values=AGAIN)
    assert [(one.id, one.title) for one in found.likes] == [(hanbit, "㈜한빛전자")]
    assert found.likes[0].evidence["phone"] == "same"
    assert found.count_elsewhere == 0


def test_a_typing_error_in_name_and_number_is_forgiven(
    customer: RecordType, hanbit: int, insider: Person
) -> None:
    values = {"name": "한빗전자", "business_number": "124-81-00998", "phone": "02-345-6798"}
    assert similar(actor=insider.actor, record_type=customer, values=values).likes[0].id == hanbit


def test_the_name_alone_is_no_reason_to_ask(customer: RecordType, hanbit: int, insider: Person) -> None:
    assert not similar(actor=insider.actor, record_type=customer, values={"name": "한빛전자"})


def test_somebody_else_is_not_taken_for_it(customer: RecordType, hanbit: int, insider: Person) -> None:
    values = {"name": "두루상사", "phone": "02-999-1234", "email": "info@duru.example"}
    assert not similar(actor=insider.actor, record_type=customer, values=values)


def test_values_that_are_none_do_no_harm(customer: RecordType, hanbit: int, insider: Person) -> None:
    for wrong in ("없음", "-", {}, [], 7, "\x00", "a\nb", "x" * 5_000):
        values = {**AGAIN, "business_number": wrong, "birth_date": wrong, "parent": wrong}
        assert similar(actor=insider.actor, record_type=customer, values=values).likes[0].id == hanbit


def test_of_another_team_only_the_team_is_told(customer: RecordType, hanbit: int, outsider: Person) -> None:
    found = similar(actor=outsider.actor, record_type=customer, values=AGAIN)
    assert (list(found.likes), list(found.elsewhere), found.count_elsewhere) == ([], ["서울 영업팀"], 1)


def test_not_even_that_where_the_rules_say_so(customer: RecordType, hanbit: int, outsider: Person) -> None:
    MatchingRule.objects.create(record_type="customer", tells_of_others=False)
    assert not similar(actor=outsider.actor, record_type=customer, values=AGAIN)


def test_a_hidden_field_does_not_speak(customer: RecordType, hanbit: int, insider: Person) -> None:
    """Else whoever may not see a phone number could find out whose it is by trying."""
    for name in ("phone", "email"):
        FieldRule.objects.create(
            role=Role.objects.get(code="sales"), record_type="customer", field=name, rule=Rule.HIDDEN
        )
    assert not similar(actor=insider.actor, record_type=customer, values=AGAIN)


def test_asking_costs_few_queries(
    customer: RecordType, hanbit: int, insider: Person, django_assert_max_num_queries: Any
) -> None:
    actor = insider.actor
    with django_assert_max_num_queries(8) as counted:
        assert similar(actor=actor, record_type=customer, values=AGAIN)
    assert isinstance(counted, CaptureQueriesContext)


# the form


def form(**values: str) -> dict[str, str]:
    return {"kind": "company", "stage": "prospect", **values}


def test_the_form_asks_once_and_saves_when_told_to(hanbit: int, insider: Person) -> None:
    before = Customer.objects.count()
    values = form(name="한빛전자 주식회사", phone="02-345-6789")
    asked = insider.client.post("/customers/new/", values)
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "이미 있는 것일 수 있어요." in page
    assert f'href="/customers/{hanbit}/"' in page
    assert "그래도 저장" in page
    assert Customer.objects.count() == before
    saved = insider.client.post("/customers/new/", {**values, "duplicates": "accepted"})
    assert saved.status_code == 302
    assert Customer.objects.count() == before + 1
    pair = DuplicatePair.objects.get()
    assert (pair.left, pair.found_by, pair.state) == (hanbit, "entry", "open")


def test_the_form_asks_nothing_where_it_is_switched_off(hanbit: int, insider: Person) -> None:
    MatchingRule.objects.create(record_type="customer", asks=False)
    assert (
        insider.client.post("/customers/new/", form(name="한빛전자", phone="02-345-6789")).status_code == 302
    )


def test_while_typing_the_form_shows_what_is_like_it(hanbit: int, insider: Person) -> None:
    found = insider.client.post("/customers/duplicates/similar/", form(name="한빛전자", phone="02-345-6789"))
    assert "㈜한빛전자" in found.content.decode()
    assert "그래도 저장" not in found.content.decode()
    nothing = insider.client.post("/customers/duplicates/similar/", form(name="두루상사"))
    assert nothing.content.decode().strip() == ""


def test_the_form_of_an_outsider_shows_the_team_and_nothing_else(hanbit: int, outsider: Person) -> None:
    page = outsider.client.post("/customers/duplicates/similar/", form(**AGAIN)).content.decode()
    assert "서울 영업팀" in page
    assert "한빛" not in page


def test_who_makes_no_customers_is_not_answered(hanbit: int, nobody: Person) -> None:
    assert nobody.client.post("/customers/duplicates/similar/", form(**AGAIN)).status_code == 404


# programs


def test_a_program_asks_first(hanbit: int, insider: Person) -> None:
    answer = insider.api.post("/api/v1/customers/duplicates", AGAIN, content_type="application/json")
    assert answer.status_code == 200
    [one] = answer.json()["items"]
    assert (one["id"], one["evidence"]["name"]) == (hanbit, "same")
    assert 0.7 <= one["probability"] <= 1
    assert answer.json()["elsewhere"] == {"count": 0, "teams": []}


def test_a_program_may_have_duplicates_refused(hanbit: int, insider: Person) -> None:
    before = Customer.objects.count()
    headers = {"Duplicates": "refuse"}
    answer = insider.api.post("/api/v1/customers", AGAIN, content_type="application/json", headers=headers)
    assert answer.status_code == 409
    assert answer.json()["code"] == "duplicate"
    assert answer.json()["errors"][0]["id"] == hanbit
    assert Customer.objects.count() == before
    assert insider.api.post("/api/v1/customers", AGAIN, content_type="application/json").status_code == 201


def test_the_header_has_one_value(hanbit: int, insider: Person) -> None:
    headers = {"Duplicates": "maybe"}
    answer = insider.api.post("/api/v1/customers", AGAIN, content_type="application/json", headers=headers)
    assert answer.status_code == 400


def test_a_contact_at_another_customer_is_somebody_else(hanbit: int, insider: Person) -> None:
    from dangol.records import registry

    other = made(insider.actor, {"kind": "company", "name": "두루상사"})[0]
    contact = registry.get("contact")
    made(insider.actor, {"name": "김민수", "customer": hanbit, "phone": "010-2345-6789"}, type_name="contact")
    here = {"name": "김민수", "customer": hanbit, "phone": "010-2345-6798"}
    there = {"name": "김민수", "customer": other}
    assert similar(actor=insider.actor, record_type=contact, values=here)
    assert not similar(actor=insider.actor, record_type=contact, values=there)


def test_what_is_compared_says_nothing_of_numbers_it_lacks(customer: RecordType, insider: Person) -> None:
    made(insider.actor, {**HANBIT, "phone": "", "email": "", "street": ""})
    found = similar(
        actor=insider.actor,
        record_type=customer,
        values={"name": "한빛전자", "business_number": "1248100998"},
    )
    assert set(found.likes[0].evidence) == {"name", "business_number"}
