"""A file of users makes accounts by the same acts as the settings pages, and never more than those may."""

from __future__ import annotations

from typing import Any

import pytest

from dangol.administration.models import UserAccount
from dangol.identity.models import AccessChange, User
from dangol.identity.services import role_save
from tests.cast import SYSTEM, Company, Person, person
from tests.records.importing.conftest import Importer

pytestmark = pytest.mark.django_db

MAPPING: dict[str, Any] = {
    "name": "users",
    "records": [
        {
            "type": "user_account",
            "key": ["email"],
            "fields": {
                "email": "메일",
                "name": "이름",
                "team": "팀",
                "is_active": "재직",
                "external_id": "번호",
            },
        }
    ],
}
FILE = "메일,이름,팀,재직,번호\nKim@Example.com,김서연,서울 영업팀,예,1001\nlee@example.com,이도윤,,아니오,1002\n"


def test_people_of_a_file_get_accounts_without_password_role_or_power(
    bring_in: Importer, company: Company, administrator: Person
) -> None:
    run = bring_in(FILE, MAPPING, actor=administrator.actor)
    assert (run.imported, run.rejected) == (2, 0)
    kim, lee = User.objects.get(email="kim@example.com"), User.objects.get(email="lee@example.com")
    assert (kim.name, kim.team, kim.is_active, kim.is_administrator) == ("김서연", company.seoul, True, False)
    assert not kim.has_usable_password()
    assert not kim.roles.exists()
    assert not lee.is_active, "who has left there stays out here"
    assert AccessChange.objects.filter(act="created", actor=administrator.user).count() == 2
    again = bring_in(FILE, MAPPING, actor=administrator.actor)
    assert (again.unchanged, again.imported, again.rejected) == (2, 0, 0)
    assert AccessChange.objects.filter(act="created", actor=administrator.user).count() == 2


def test_an_account_that_is_there_keeps_its_password_and_roles(
    bring_in: Importer, insider: Person, administrator: Person
) -> None:
    run = bring_in(
        f"메일,이름,팀,재직,번호\n{insider.user.email},김지우 과장,,예,7\n",
        MAPPING,
        actor=administrator.actor,
    )
    assert (run.imported, run.rejected) == (1, 0)
    after = User.objects.get(pk=insider.id)
    assert (after.name, after.password, after.team) == (
        "김지우 과장",
        insider.user.password,
        insider.user.team,
    )
    assert after.roles.count() == 1
    assert UserAccount.objects.get().account == after


def test_nobody_but_administrators_brings_in_or_sees_users(
    bring_in: Importer, manager: Person, administrator: Person
) -> None:
    before = User.objects.count()
    run = bring_in(FILE, MAPPING, actor=manager.actor)
    assert (run.imported, run.rejected) == (0, 2)
    assert User.objects.count() == before
    assert not UserAccount.objects.exists()
    bring_in(FILE, MAPPING, actor=administrator.actor)
    pk = UserAccount.objects.get(external_id="1001").pk
    assert "김서연" not in manager.client.get("/users/").content.decode()
    assert manager.client.get(f"/users/{pk}/").status_code == 404
    assert manager.api.get(f"/api/v1/users/{pk}").status_code == 403
    assert "김서연" in administrator.client.get("/users/").content.decode()


def test_who_manages_users_cannot_shut_out_an_administrator_by_a_file(
    bring_in: Importer, company: Company, administrator: Person
) -> None:
    role_save(
        actor=SYSTEM,
        code="people",
        name="인사",
        grants=[("*", action, "all") for action in ("administer", "import", "create", "edit", "view")],
    )
    clerk = person("clerk@example.com", "인사 담당", roles=("people",), team=company.top)
    rows = (
        "메일,이름,팀,재직,번호\nadministrator@example.com,관리자,,아니오,1\nnew@example.com,새 사람,,예,2\n"
    )
    run = bring_in(rows, MAPPING, actor=clerk.actor)
    assert (run.imported, run.rejected) == (1, 1)
    assert User.objects.get(email="administrator@example.com").is_active
    assert User.objects.filter(email="new@example.com").exists()


def test_the_last_administrator_stays(bring_in: Importer, administrator: Person) -> None:
    User.objects.exclude(pk=administrator.id).update(is_administrator=False)
    run = bring_in("메일,이름,팀,재직,번호\nadministrator@example.com,관리자,,아니오,1\n", MAPPING)
    assert (run.imported, run.rejected) == (0, 1)
    assert User.objects.get(pk=administrator.id).is_active
    assert not UserAccount.objects.exists()
