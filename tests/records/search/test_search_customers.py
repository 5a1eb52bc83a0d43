"""Search over real record types, kept in step by the writer."""

from __future__ import annotations

import pytest

from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.search.page import find
from tests.cast import SYSTEM, Person

pytestmark = pytest.mark.django_db


def titles(actor: Actor, q: str) -> list[str]:
    return [hit.title for hit in find(actor=actor, q=q)]


@pytest.fixture
def hong(insider: Person) -> int:
    """A customer of the insider's team."""
    values = {"name": "홍길동", "kind": "person", "phone": "010-1234-5678", "email": "hong@hanbit.co.kr"}
    return writing.create(registry.get("customer"), values, actor=insider.actor)


@pytest.mark.parametrize(
    "q", ["ㅎㄱㄷ", "길동", "홍길둥", "5678", "+821012345678", "hong@hanbit", "홍길동 5678"]
)
def test_a_customer_is_found_by_colleagues_and_by_no_other_team(
    hong: int, insider: Person, teammate: Person, outsider: Person, nobody: Person, q: str
) -> None:
    assert titles(insider.actor, q) == titles(teammate.actor, q) == titles(SYSTEM, q) == ["홍길동"]
    assert titles(outsider.actor, q) == titles(nobody.actor, q) == []


@pytest.mark.parametrize(
    "q", ["㈜한빛", "(주)한빛", "주식회사 한빛", "한빛㈜", "한빛", "124-81-00998", "1248100998"]
)
def test_a_company_is_found_in_any_legal_form(insider: Person, outsider: Person, q: str) -> None:
    values = {"name": "주식회사 한빛", "kind": "company", "business_number": "124-81-00998"}
    writing.create(registry.get("customer"), values, actor=insider.actor)
    assert titles(insider.actor, q) == ["주식회사 한빛"]
    assert titles(outsider.actor, q) == []


def test_what_is_renamed_deleted_and_restored_is_found_accordingly(hong: int, insider: Person) -> None:
    customers = registry.get("customer")
    writing.update(customers, hong, {"name": "임꺽정"}, actor=insider.actor)
    assert (titles(insider.actor, "홍길동"), titles(insider.actor, "ㅇㄲㅈ")) == ([], ["임꺽정"])
    writing.delete(customers, [hong], actor=SYSTEM)
    assert titles(SYSTEM, "임꺽정") == []
    writing.restore(customers, [hong], actor=SYSTEM)
    assert titles(SYSTEM, "임꺽정") == ["임꺽정"]


def test_contacts_go_with_their_customer_to_another_team(
    hong: int, insider: Person, outsider: Person
) -> None:
    writing.create(registry.get("contact"), {"customer": hong, "name": "성춘향"}, actor=insider.actor)
    assert (titles(insider.actor, "ㅅㅊㅎ"), titles(outsider.actor, "ㅅㅊㅎ")) == (["성춘향"], [])
    writing.update(
        registry.get("customer"),
        hong,
        {"owner": outsider.id, "team": outsider.user.team_id, "territory": outsider.user.territory_id},
        actor=SYSTEM,
    )
    assert (titles(insider.actor, "ㅅㅊㅎ"), titles(outsider.actor, "ㅅㅊㅎ")) == ([], ["성춘향"])
