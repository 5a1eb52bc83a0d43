"""A file changes only fields that its bearer may change, and finds records only by what the bearer sees."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.identity.models.roles import Action
from dangol.identity.services import role_save
from dangol.records import registry, writing
from dangol.records.importing.columns import target_groups
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.runs import importable_types
from tests.cast import Company, Person, person
from tests.records.importing.conftest import SYSTEM, Importer

pytestmark = pytest.mark.django_db


def clerk(company: Company, rules: dict[tuple[str, str], str]) -> Person:
    grants = [(name, action.value, "all") for name in ("customer", "contact") for action in Action if action != Action.ADMINISTER]  # fmt: skip
    role = role_save(actor=SYSTEM, code="clerk", name="clerk", grants=grants, rules=rules)
    return person("clerk@example.com", "서민지", roles=(role.code,), team=company.seoul)


def mapping(field: str, key: str = "") -> dict[str, Any]:
    record: dict[str, Any] = {"type": "customer", "fields": {"name": "이름", field: "값"}}
    return {"name": "m", "records": [record | ({"key": [key]} if key else {})]}


@pytest.mark.parametrize("rule", ["hidden", "read_only"])
def test_a_field_that_may_not_be_changed_is_refused_in_the_mapping(
    company: Company, bring_in: Importer, rule: str
) -> None:
    who = clerk(company, {("customer", "city"): rule})
    with pytest.raises(ImportProblem, match="city"):
        bring_in("이름,값\n한빛,부산\n", mapping("city"), actor=who.actor)
    assert not registry.get("customer").model.objects.exists()


def test_the_refusal_does_not_offer_hidden_fields(company: Company, bring_in: Importer) -> None:
    who = clerk(company, {("customer", "city"): "hidden", ("customer", "street"): "hidden"})
    with pytest.raises(ImportProblem) as refusal:
        bring_in("이름,값\n한빛,부산\n", mapping("city"), actor=who.actor)
    assert "street" not in str(refusal.value)
    assert "postcode" in str(refusal.value)


def test_no_record_is_found_by_a_masked_key(company: Company, bring_in: Importer) -> None:
    kept = writing.create(registry.get("customer"), {"name": "한빛", "external_id": "C-7"}, actor=SYSTEM)
    who = clerk(company, {("customer", "external_id"): "masked"})
    with pytest.raises(ImportProblem, match="가려진"):
        bring_in("이름,값\n새 이름,C-7\n", mapping("external_id", "external_id"), actor=who.actor)
    assert registry.get("customer").model.objects.get(pk=kept).name == "한빛"


def test_the_fields_offered_for_columns_are_those_that_may_be_changed(company: Company) -> None:
    who = clerk(
        company,
        {
            ("customer", "city"): "hidden",
            ("customer", "street"): "read_only",
            ("customer", "phone"): "masked",
            ("customer", "external_id"): "hidden",
        },
    )
    types = {known.name: known for known in importable_types(who.actor)}
    offered = {value for _label, options in target_groups(types["customer"]) for value, _text in options}
    assert not {"city", "street", "external_id"} & offered
    assert "phone" in offered
    ways = {value for _label, options in target_groups(types["contact"]) for value, _text in options}
    assert any(value.startswith("customer") for value in ways)
    assert not any("external_id" in value for value in ways if value.startswith("customer"))


def test_a_masked_field_may_be_filled_in_by_a_file(company: Company, bring_in: Importer) -> None:
    who = clerk(company, {("customer", "phone"): "masked"})
    assert bring_in("이름,값\n한빛,010-1234-5678\n", mapping("phone"), actor=who.actor).rejected == 0
    assert registry.get("customer").model.objects.get().phone == "+821012345678"
