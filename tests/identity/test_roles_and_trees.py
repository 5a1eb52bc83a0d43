"""Roles, teams and territories."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from dangol.identity import selectors, services
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import AccessChange, Role, Team, Territory, User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def test_a_role_gets_exactly_the_grants_it_is_given() -> None:
    role = services.role_save(
        actor=SYSTEM,
        code="sales",
        name="영업",
        grants=[("customer", "view", "own"), ("customer", "view", "own")],
    )
    services.role_save(
        actor=SYSTEM,
        role=role,
        code="sales",
        name="영업",
        grants=[("order", "view", "all"), ("order", "edit", "own")],
    )
    assert set(role.grants.values_list("record_type", "action", "scope")) == {
        ("order", "view", "all"),
        ("order", "edit", "own"),
    }
    change = AccessChange.objects.get(act="updated")
    assert change.changes == {"grants": [["customer:view:own"], ["order:edit:own", "order:view:all"]]}


@pytest.mark.parametrize(
    "grant", [("customer", "steal", "own"), ("customer", "view", "galaxy"), ("", "view", "own")]
)
def test_an_unknown_action_or_scope_is_refused(grant: tuple[str, str, str]) -> None:
    with pytest.raises(ValidationError):
        services.role_save(actor=SYSTEM, code="sales", name="영업", grants=[grant])
    assert not Role.objects.exists()


def test_two_roles_cannot_share_a_code() -> None:
    services.role_save(actor=SYSTEM, code="sales", name="영업", grants=[])
    with pytest.raises(ValidationError) as error:
        services.role_save(actor=SYSTEM, code="sales", name="판매", grants=[])
    assert "code" in error.value.message_dict


def test_a_role_that_somebody_has_stays() -> None:
    role = services.role_save(actor=SYSTEM, code="sales", name="영업", grants=[])
    user = services.user_create(actor=SYSTEM, email="a@example.com", name="가", roles=[role])
    with pytest.raises(ValidationError):
        services.role_delete(role=role, actor=SYSTEM)
    services.user_update(user=user, actor=SYSTEM, roles=[])
    services.role_delete(role=role, actor=SYSTEM)
    assert not Role.objects.exists()


def test_a_team_cannot_hang_below_itself() -> None:
    top = services.team_save(actor=SYSTEM, name="본사")
    sales = services.team_save(actor=SYSTEM, name="영업", parent=top)
    seoul = services.team_save(actor=SYSTEM, name="서울", parent=sales)
    for parent in (seoul, sales):
        with pytest.raises(ValidationError) as error:
            services.team_move(team=sales, parent=parent, actor=SYSTEM)
        assert "parent" in error.value.message_dict
    services.team_move(team=sales, parent=top, actor=SYSTEM)
    sales.refresh_from_db()
    assert sales.parent == top


def test_names_are_unique_among_siblings_also_at_the_top() -> None:
    top = services.team_save(actor=SYSTEM, name="본사")
    services.team_save(actor=SYSTEM, name="영업", parent=top)
    for parent, name in ((None, "본사"), (top, "영업")):
        with pytest.raises(ValidationError) as error:
            services.team_save(actor=SYSTEM, name=name, parent=parent)
        assert "name" in error.value.message_dict
    services.team_save(actor=SYSTEM, name="영업")


def test_what_is_in_use_is_not_deleted() -> None:
    top = services.territory_save(actor=SYSTEM, name="국내")
    seoul = services.territory_save(actor=SYSTEM, name="서울", parent=top)
    services.user_create(actor=SYSTEM, email="a@example.com", name="가", territory=seoul)
    for node in (top, seoul):
        with pytest.raises(ValidationError):
            services.territory_delete(territory=node, actor=SYSTEM)
    assert Territory.objects.count() == 2
    assert not AccessChange.objects.filter(act="deleted").exists()


def test_the_tree_comes_in_reading_order_with_its_people(django_assert_num_queries) -> None:
    top = services.team_save(actor=SYSTEM, name="본사")
    for name in ("영업", "마케팅"):
        services.team_save(actor=SYSTEM, name=name, parent=top)
    services.team_save(actor=SYSTEM, name="서울", parent=Team.objects.get(name="영업"))
    services.user_create(actor=SYSTEM, email="a@example.com", name="가", team=top)
    with django_assert_num_queries(1):
        branches = selectors.tree(Team)
    assert [(b.node.name, b.depth, b.members) for b in branches] == [
        ("본사", 0, 1),
        ("마케팅", 1, 0),
        ("영업", 1, 0),
        ("서울", 2, 0),
    ]


def test_a_seller_changes_neither_roles_nor_trees() -> None:
    role = services.role_save(
        actor=SYSTEM, code="sales", name="영업", grants=[("*", "view", "all"), ("*", "edit", "all")]
    )
    seller = actor_for(services.user_create(actor=SYSTEM, email="a@example.com", name="가", roles=[role]))
    with pytest.raises(PermissionDenied):
        services.role_save(
            actor=seller, role=role, code="sales", name="영업", grants=[("*", "administer", "all")]
        )
    with pytest.raises(PermissionDenied):
        services.team_save(actor=seller, name="우리 팀")
    with pytest.raises(PermissionDenied):
        services.user_create(actor=seller, email="b@example.com", name="나")
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_cannot_close_a_circle() -> None:
    left = services.team_save(actor=SYSTEM, name="왼쪽")
    right = services.team_save(actor=SYSTEM, name="오른쪽")
    gate = threading.Barrier(2)
    refused: list[ValidationError] = []

    def move(team: Team, parent: Team) -> None:
        gate.wait()
        try:
            services.team_move(team=team, parent=parent, actor=SYSTEM)
        except ValidationError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=pair) for pair in ((left, right), (right, left))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Team.objects.filter(parent=None).count() == 1
