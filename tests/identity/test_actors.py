"""How far an actor's rights go."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dangol.identity.actors import Actor, actor_for, may_administer
from dangol.identity.models import Grant, Role, Team, Territory, Token, User

pytestmark = pytest.mark.django_db


def role_with(code: str, *grants: tuple[str, str, str]) -> Role:
    role = Role.objects.create(code=code, name=code)
    Grant.objects.bulk_create([Grant(role=role, record_type=t, action=a, scope=s) for t, a, s in grants])
    return role


@pytest.fixture
def user() -> User:
    return User.objects.create_user("sora@example.com", "correct horse", name="윤소라")


def test_an_actor_costs_one_query(user: User, django_assert_num_queries) -> None:
    actor_for(user)  # reads what administrators defined, should another test have forgotten it
    with django_assert_num_queries(1):
        actor_for(user)


def test_the_team_of_an_actor_reaches_down_but_not_up_or_sideways(user: User) -> None:
    top = Team.objects.create(name="본사")
    sales = Team.objects.create(name="영업", parent=top)
    seoul = Team.objects.create(name="서울", parent=sales)
    gangnam = Team.objects.create(name="강남", parent=seoul)
    Team.objects.create(name="지원", parent=top)
    user.team = sales
    assert actor_for(user).team_ids == {sales.pk, seoul.pk, gangnam.pk}
    assert Team.objects.subtree_ids(sales.pk) == {sales.pk, seoul.pk, gangnam.pk}


def test_territories_are_a_tree_of_their_own(user: User) -> None:
    korea = Territory.objects.create(name="국내")
    busan = Territory.objects.create(name="부산", parent=korea)
    user.territory = korea
    actor = actor_for(user)
    assert actor.territory_ids == {korea.pk, busan.pk}
    assert actor.team_ids == frozenset()


def test_the_grants_of_several_roles_add_up(user: User) -> None:
    user.roles.set(
        [
            role_with("seller", ("customer", "view", "own"), ("customer", "edit", "own")),
            role_with("regional", ("customer", "view", "territory"), ("*", "export", "team")),
        ]
    )
    actor = actor_for(user)
    assert actor.scopes("customer", "view") == {"own", "territory"}
    assert actor.scopes("customer", "edit") == {"own"}
    assert actor.scopes("order", "export") == {"team"}
    assert not actor.may("customer", "delete")
    assert not may_administer(actor)


def test_an_administrator_may_everything_without_any_role(user: User) -> None:
    user.is_administrator = True
    actor = actor_for(user)
    assert actor.scopes("whatever", "delete") == {"all"}
    assert may_administer(actor)


def test_a_token_takes_actions_away_also_from_an_administrator(user: User) -> None:
    user.is_administrator = True
    token = Token(user=user, actions=["view"], created_at=timezone.now())
    actor = actor_for(user, token=token)
    assert not actor.is_administrator
    assert actor.scopes("customer", "view") == {"all"}
    assert not actor.may("customer", "edit")
    assert not may_administer(actor)


def test_a_token_never_adds_what_the_user_may_not(user: User) -> None:
    user.roles.set([role_with("viewer", ("customer", "view", "own"))])
    actor = actor_for(user, token=Token(user=user, actions=["view", "delete"]))
    assert actor.scopes("customer", "view") == {"own"}
    assert not actor.may("customer", "delete")


def test_background_work_may_everything_and_has_no_user() -> None:
    actor = Actor.system("nightly import")
    assert actor.user_id is None
    assert actor.name == "nightly import"
    assert actor.may("customer", "delete")
    assert len({actor, Actor.system("nightly import")}) == 1
