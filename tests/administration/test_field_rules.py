"""The page of a role: its matrix, and below it the rules of fields."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dangol.identity.models import AccessChange, Role
from dangol.identity.services import role_save
from dangol.records import registry
from dangol.records.fieldrules import possible_rules
from tests.cast import SYSTEM, Person, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def role(company: Any) -> Role:
    return role_save(
        actor=SYSTEM,
        code="calls",
        name="상담",
        grants=[("customer", "view", "all")],
        rules={("customer", "phone"): "masked", ("gone_type", "gone"): "hidden"},
    )


def form_of(page: str) -> dict[str, str]:
    """What the form sends when nothing was touched."""
    found = {}
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def saved(administrator: Person, role: Role, **changes: str) -> Any:
    address = f"/settings/roles/{role.pk}/"
    data = form_of(administrator.client.get(address).content.decode())
    data |= {"name": role.name, "code": role.code, "description": "", **changes}
    return administrator.client.post(address, data)


def rules_of(role: Role) -> dict[tuple[str, str], str]:
    return {
        (kind, name): rule
        for kind, name, rule in role.field_rules.values_list("record_type", "field", "rule")
    }


def test_the_page_shows_each_field_with_its_rule(administrator: Person, role: Role) -> None:
    form = form_of(administrator.client.get(f"/settings/roles/{role.pk}/").content.decode())
    assert form["rule:customer:phone"] == "masked"
    assert form["rule:customer:city"] == ""
    assert "rule:customer:id" not in form
    assert "rule:user_account:email" not in form


def test_a_rule_is_set_and_taken_away_on_the_page(administrator: Person, role: Role) -> None:
    changes = {
        "rule:customer:phone": "",
        "rule:customer:city": "hidden",
        "rule:interaction:body": "read_only",
    }
    assert saved(administrator, role, **changes).status_code == 302
    assert rules_of(role) == {
        ("customer", "city"): "hidden",
        ("interaction", "body"): "read_only",
        ("gone_type", "gone"): "hidden",
    }
    change = AccessChange.objects.first()
    assert change is not None
    assert change.changes["field_rules"][1] == [
        "customer:city:hidden",
        "gone_type:gone:hidden",
        "interaction:body:read_only",
    ]
    log = administrator.client.get("/settings/access-log/").content.decode()
    assert "고객 시/군/구" in log or "고객" in log
    assert "customer:city:hidden" not in log


def test_saving_without_a_change_changes_no_rule(administrator: Person, role: Role) -> None:
    before = rules_of(role), AccessChange.objects.count()
    assert saved(administrator, role).status_code == 302
    assert (rules_of(role), AccessChange.objects.count()) == before


def test_a_rule_that_the_field_cannot_have_is_refused(administrator: Person, role: Role) -> None:
    for field, rule in (
        ("name", "hidden"),
        ("owner", "hidden"),
        ("owner", "masked"),
        ("parent", "masked"),
        ("phone", "x"),
    ):
        assert saved(administrator, role, **{f"rule:customer:{field}": rule}).status_code == 422, field
    assert rules_of(role) == {("customer", "phone"): "masked", ("gone_type", "gone"): "hidden"}


def test_what_decides_who_sees_a_record_can_only_be_kept_from_being_changed() -> None:
    customer, contact = registry.get("customer"), registry.get("contact")
    assert possible_rules(customer, "owner") == ("read_only",)
    assert possible_rules(contact, "customer") == ("read_only",)
    assert possible_rules(customer, "name") == ("masked", "read_only")
    assert possible_rules(customer, "parent") == ("hidden", "read_only")
    assert possible_rules(customer, "created_at") == ("hidden", "masked")
    assert possible_rules(customer, "id") == ()


def test_of_several_roles_the_one_that_permits_most_holds(company: Any, role: Role) -> None:
    grants = [("customer", "view", "own")]
    role_save(
        actor=SYSTEM, code="strict", name="strict", grants=grants, rules={("customer", "phone"): "hidden"}
    )
    role_save(
        actor=SYSTEM, code="fixed", name="fixed", grants=grants, rules={("customer", "phone"): "read_only"}
    )
    role_save(actor=SYSTEM, code="blind", name="blind", grants=[("order", "view", "all")])
    role_save(actor=SYSTEM, code="free", name="free", grants=[("*", "view", "own")])
    for number, (codes, rule) in enumerate(
        [
            (("strict",), "hidden"),
            (("strict", "calls"), "masked"),
            (("strict", "calls", "fixed"), "read_only"),
            (("strict", "blind"), "hidden"),
            (("strict", "free"), ""),
            (("blind",), ""),
        ]
    ):
        actor = person(f"p{number}@example.com", "한도윤", roles=codes).actor
        assert actor.field_rule("customer", "phone") == rule, codes


def test_rules_cost_no_query_of_their_own(company: Any, role: Role, django_assert_num_queries: Any) -> None:
    from dangol.identity.actors import actor_for

    user = person("p@example.com", "한도윤", roles=("calls",)).user
    with django_assert_num_queries(1):
        assert actor_for(user).field_rules[("customer", "phone")] == "masked"
