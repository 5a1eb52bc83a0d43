"""References that are made when they are not there; records that must, or must not, be there."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.commerce.models import Category, Product
from dangol.customers.models import Contact, Customer
from dangol.records.fields import Locale
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping import compile_mapping, read_mapping
from tests.records.importing.conftest import Importer


def contacts(**customer: Any) -> dict[str, Any]:
    """A mapping of contacts whose customers are found by the column 회사."""
    fields = {"external_id": "번호", "name": "이름", "customer": {"column": "회사", **customer}}
    return {"records": [{"type": "contact", "key": ["external_id"], "fields": fields}]}


def test_a_customer_that_is_not_there_is_made_once(bring_in: Importer) -> None:
    content = "번호,이름,회사\n1,김,한빛정밀\n2,이,한빛정밀\n3,박,서광테크\n4,최,한빛정밀\n"
    run = bring_in(content, contacts(lookup="title", make=True))
    assert (run.imported, run.rejected) == (4, 0)
    assert run.created == {"customer": 2, "contact": 4}
    assert set(Contact.objects.values_list("name", "customer__name")) == {
        ("김", "한빛정밀"),
        ("이", "한빛정밀"),
        ("박", "서광테크"),
        ("최", "한빛정밀"),
    }
    assert bring_in(content, contacts(lookup="title", make=True)).unchanged == 4


def test_a_customer_made_by_its_number_is_called_by_it(bring_in: Importer) -> None:
    bring_in("번호,이름,회사\n1,김,C-7\n", contacts(lookup="external_id", make=True))
    assert list(Customer.objects.values_list("external_id", "name")) == [("C-7", "C-7")]


def test_a_customer_that_is_there_is_left_alone(bring_in: Importer) -> None:
    Customer.objects.create(name="한빛정밀", external_id="C-7", phone="+8221234567")
    bring_in("번호,이름,회사\n1,김,C-7\n", contacts(lookup="external_id", make=True))
    customer = Customer.objects.get()
    assert (customer.name, customer.phone, customer.version) == ("한빛정밀", "+8221234567", 1)


def test_of_two_customers_of_one_name_none_is_guessed(bring_in: Importer) -> None:
    Customer.objects.create(name="한빛정밀")
    Customer.objects.create(name="한빛정밀")
    run = bring_in("번호,이름,회사\n1,김,한빛정밀\n2,이,서광테크\n", contacts(lookup="title", make=True))
    assert (run.imported, run.rejected) == (1, 1)
    assert run.rejects.get().code == "ambiguous"
    assert Customer.objects.count() == 3


def test_an_empty_cell_makes_nothing(bring_in: Importer) -> None:
    mapping = {
        "records": [
            {
                "type": "product",
                "key": ["code"],
                "fields": {
                    "code": "코드",
                    "name": "이름",
                    "category": {"column": "분류", "lookup": "title", "make": False},
                },
            }
        ]
    }
    mapping["records"][0]["fields"]["category"] = {"column": "분류", "lookup": "code", "make": True}  # type: ignore[index]
    run = bring_in("코드,이름,분류\nP1,볼트,\nP2,너트,N\n", mapping)
    assert run.rejected == 0
    assert set(Product.objects.values_list("code", "category__code")) == {("P1", None), ("P2", "N")}
    assert list(Category.objects.values_list("code", "name")) == [("N", "N")]


def test_a_name_of_digits_is_a_name_when_the_mapping_says_so(bring_in: Importer) -> None:
    Customer.objects.create(name="2026")
    run = bring_in("번호,이름,회사\n1,김,2026\n", contacts(lookup="title"))
    assert run.rejected == 0
    assert Contact.objects.get().customer.name == "2026"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"contact": {"column": "a", "make": True}}, "records[0].fields.contact.make"),
        ({"owner": {"column": "a", "make": True}}, "records[0].fields.owner.make"),
        ({"subject": {"column": "a", "make": True}}, "records[0].fields.subject.make"),
        ({"customer": {"constant": "a", "make": True}}, "records[0].fields.customer.make"),
        ({"customer": {"column": "a", "make": "yes"}}, "records[0].fields.customer.make"),
        ({"customer": {"column": "a", "lookup": "phone"}}, "records[0].fields.customer.lookup"),
        ({"subject": {"column": "a", "lookup": "title"}}, "records[0].fields.subject.lookup"),
    ],
)
def test_what_cannot_be_made_or_found_is_refused(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(MappingProblem) as refused:
        read_mapping({"records": [{"type": "interaction", "fields": fields}]})
    assert refused.value.path == path


def test_an_owner_is_found_by_name_or_mail(bring_in: Importer, insider: Any) -> None:
    fields = {"name": "이름", "owner": {"column": "담당", "lookup": "email"}}
    mapping = {"records": [{"type": "customer", "fields": fields}]}
    run = bring_in(f"이름,담당\n가,{insider.user.email}\n나,nobody@nowhere.kr\n", mapping)
    assert (run.imported, run.rejected) == (1, 1)
    assert Customer.objects.get().owner == insider.user


def test_what_becomes_of_records_that_are_there_or_not_is_compiled() -> None:
    record = {"type": "customer", "key": ["external_id"], "fields": {"external_id": "a", "name": "b"}}
    mapping = read_mapping({"records": [{**record, "existing": "reject", "missing": "skip"}]})
    (compiled,) = compile_mapping(mapping, ["a", "b"], Locale()).records
    assert (compiled.existing, compiled.missing) == ("reject", "skip")
    (usual,) = compile_mapping(read_mapping({"records": [record]}), ["a", "b"], Locale()).records
    assert (usual.existing, usual.missing) == ("update", "create")


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"missing": "perhaps", "key": ["name"]}, "records[0].missing"),
        ({"existing": "perhaps", "key": ["name"]}, "records[0].existing"),
        ({"missing": "skip"}, "records[0].key"),
        ({"existing": "reject"}, "records[0].key"),
    ],
)
def test_who_is_there_is_known_by_a_key_only(said: dict[str, Any], path: str) -> None:
    with pytest.raises(MappingProblem) as refused:
        read_mapping({"records": [{"type": "customer", "fields": {"name": "a"}, **said}]})
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ({"date": {"order": "ydm"}}, "transform[0].date.order"),
        ({"date": {"order": "dmy", "format": "%Y"}}, "transform[0].date.order"),
        ({"decimal": {"mark": ""}}, "transform[0].decimal.mark"),
    ],
)
def test_a_wrong_step_names_its_setting(step: dict[str, Any], path: str) -> None:
    fields = {"name": "a", "since": {"column": "b", "transform": [step]}}
    with pytest.raises(MappingProblem) as refused:
        read_mapping({"records": [{"type": "customer", "fields": fields}]})
    assert refused.value.path == f"records[0].fields.since.{path}"
