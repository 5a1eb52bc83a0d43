"""The very first start."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from dangol.identity import services
from dangol.identity.actors import actor_for
from dangol.identity.models import Role, Team, User


@pytest.mark.django_db
def test_it_makes_one_administrator_and_tells_the_password_once() -> None:
    made = services.first_start()
    assert made is not None
    user = User.objects.get()
    assert user.email == made.email
    assert user.check_password(made.password)
    assert user.is_administrator
    assert user.team == Team.objects.get()
    assert list(Role.objects.values_list("code", flat=True)) == [
        "administrator",
        "sales-manager",
        "sales",
        "read-only",
    ]
    assert services.first_start() is None
    assert (User.objects.count(), Role.objects.count(), Team.objects.count()) == (1, 4, 1)


@pytest.mark.django_db
def test_the_default_seller_sees_the_team_and_changes_only_what_is_own() -> None:
    services.first_start()
    user = User.objects.create_user("sora@example.com", "correct horse", name="윤소라")
    user.roles.set([Role.objects.get(code="sales")])
    actor = actor_for(user)
    assert actor.scopes("customer", "view") == {"own", "team"}
    assert actor.scopes("customer", "edit") == {"own"}
    assert not actor.may("customer", "export")
    user.roles.set([Role.objects.get(code="read-only")])
    actor = actor_for(user)
    assert actor.scopes("customer", "view") == {"all"}
    assert not actor.may("customer", "create")


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_at_once_make_just_one() -> None:
    results: list[object] = []
    gate = threading.Barrier(4)

    def start() -> None:
        gate.wait()
        try:
            results.append(services.first_start())
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([result for result in results if result]) == 1
    assert len(results) == 4
    assert (User.objects.count(), Role.objects.count(), Team.objects.count()) == (1, 4, 1)
