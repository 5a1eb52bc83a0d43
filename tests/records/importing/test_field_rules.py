"""A file changes only fields that its bearer may change, and finds records only by what the bearer sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dangol.identity.models import Role
from dangol.identity.models.roles import Action
from dangol.identity.services import role_save
from dangol.records import registry, writing
from dangol.records.importing import telling
from dangol.records.importing.columns import target_groups
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.runs import importable_types
from dangol.records.models import ImportRun, ScheduleResult
from tests.cast import Company, Person, person
from tests.records.importing.conftest import CUSTOMERS, SYSTEM, Importer
from tests.records.importing.scheduling import fresh, look, put, schedule, work
from tests.records.importing.test_repeats import TWICE

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


KEYED = {
    "name": "m",
    "records": [
        {
            "type": "customer",
            "key": ["external_id"],
            "fields": {"external_id": "번호", "name": "이름", "phone": "값"},
        }
    ],
}


def test_a_file_does_not_confirm_guesses_at_a_masked_value(company: Company, bring_in: Importer) -> None:
    known = {"name": "한빛", "external_id": "C-7", "phone": "010-1234-5678"}
    kept = writing.create(registry.get("customer"), known, actor=SYSTEM)
    empty = writing.create(registry.get("customer"), {"name": "두리", "external_id": "C-8"}, actor=SYSTEM)
    who = clerk(company, {("customer", "phone"): "masked"})
    said = []
    for guess in ("010-1234-5678", "010-1111-2222"):
        run = bring_in(f"번호,이름,값\nC-7,한빛,{guess}\n", KEYED, actor=who.actor)
        assert (run.rows, run.imported, run.unchanged, run.rejected) == (1, 0, 0, 1)
        rejected = run.rejects.get()
        said.append((rejected.code, rejected.field, rejected.reason))
    assert said[0] == said[1]
    assert said[0][0] == "masked"
    assert registry.get("customer").model.objects.get(pk=kept).phone == "+821012345678"
    assert bring_in("번호,이름,값\nC-8,두리,010-1111-2222\n", KEYED, actor=who.actor).imported == 1
    assert registry.get("customer").model.objects.get(pk=empty).phone == "+821011112222"


def test_an_empty_cell_leaves_a_masked_value_alone(company: Company, bring_in: Importer) -> None:
    known = {"name": "한빛", "external_id": "C-7", "phone": "010-1234-5678"}
    kept = writing.create(registry.get("customer"), known, actor=SYSTEM)
    who = clerk(company, {("customer", "phone"): "masked"})
    run = bring_in("번호,이름,값\nC-7,새 이름,\n", KEYED, actor=who.actor)
    assert (run.imported, run.rejected) == (1, 0)
    stored = registry.get("customer").model.objects.get(pk=kept)
    assert (stored.name, stored.phone) == ("새 이름", "+821012345678")


def rule_made(who: Person, rules: dict[tuple[str, str], str]) -> None:
    """The role of the person has these rules from now on."""
    role = Role.objects.get(code="clerk")
    grants = list(role.grants.values_list("record_type", "action", "scope"))
    role_save(actor=SYSTEM, role=role, code=role.code, name=role.name, grants=grants, rules=rules)


@pytest.mark.parametrize("rule", ["hidden", "read_only"])
def test_a_schedule_is_not_made_for_fields_that_its_user_may_not_change(
    company: Company, inbox: Path, rule: str
) -> None:
    who = clerk(company, {("customer", "since"): rule})
    with pytest.raises(ImportProblem, match="since"):
        schedule(who, str(inbox))


@pytest.mark.parametrize(
    ("field", "rule"), [("since", "hidden"), ("phone", "read_only"), ("external_id", "masked")]
)
def test_a_rule_that_comes_later_stops_a_schedule_before_it_takes_a_file(
    company: Company, inbox: Path, field: str, rule: str
) -> None:
    who = clerk(company, {})
    one = schedule(who, str(inbox))
    rule_made(who, {("customer", field): rule})
    put(inbox)
    assert look(one).result == ScheduleResult.FAILED
    assert not ImportRun.objects.exists()
    assert not registry.get("customer").model.objects.exists()
    why = fresh(one).state.last_error
    assert ("가려진" if rule == "masked" else field) in why


def test_a_rule_that_comes_between_taking_a_file_and_importing_it_holds(
    company: Company, inbox: Path
) -> None:
    who = clerk(company, {})
    one = schedule(who, str(inbox))
    put(inbox)
    assert look(one).taken == 1
    rule_made(who, {("customer", "since"): "hidden"})
    assert work() == 1
    assert ImportRun.objects.get().state == "failed"
    assert not registry.get("customer").model.objects.exists()


def test_a_schedule_changes_no_masked_value_and_says_which_row(company: Company, inbox: Path) -> None:
    known = {"name": "한빛정밀", "external_id": "C1", "phone": "010-1234-5678"}
    kept = writing.create(registry.get("customer"), known, actor=SYSTEM)
    who = clerk(company, {("customer", "phone"): "masked"})
    one = schedule(who, str(inbox))
    put(
        inbox,
        content="번호,이름,구분,전화,시작일\nC1,한빛정밀,,010-1234-5678,\nC2,서광테크,,010-2222-3333,\n",
    )
    assert look(one).taken == 1
    work()
    run = ImportRun.objects.get()
    assert (run.rows, run.imported, run.rejected) == (2, 1, 1)
    assert (run.rejects.get().number, run.rejects.get().code) == (2, "masked")
    assert registry.get("customer").model.objects.get(pk=kept).phone == "+821012345678"


def test_what_a_file_names_twice_is_not_told_by_a_key_that_is_masked(
    company: Company, bring_in: Importer
) -> None:
    who = clerk(company, {("customer", "external_id"): "masked"})
    with pytest.raises(ImportProblem, match="가려진"):
        bring_in(TWICE, CUSTOMERS, actor=who.actor, chunk_rows=6)
    assert not ImportRun.objects.exists()
    allowed = bring_in(TWICE, CUSTOMERS, actor=SYSTEM, chunk_rows=6)
    assert telling.told_of(allowed), "to whom the key is no secret, it is told"


def test_no_record_is_pointed_at_by_a_masked_or_hidden_key(company: Company, bring_in: Importer) -> None:
    writing.create(registry.get("customer"), {"name": "한빛", "external_id": "C-7"}, actor=SYSTEM)
    pointing = {
        "name": "m",
        "records": [
            {
                "type": "contact",
                "fields": {"name": "이름", "customer": {"column": "값", "lookup": "external_id"}},
            }
        ],
    }
    who = clerk(company, {})
    for rule in ("masked", "hidden"):
        rule_made(who, {("customer", "external_id"): rule})
        said = []
        for guess in ("C-7", "C-8"):
            run = bring_in(f"이름,값\n김하나,{guess}\n", pointing, actor=who.actor)
            assert (run.imported, run.rejected) == (0, 1)
            said.append(run.rejects.get().reason)
        assert said[0] == said[1]
        assert "external_id" not in said[0]
