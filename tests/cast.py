"""The people of the tests.

`insider` and `teammate` are sales representatives in one team, `outsider` is one in another team, `manager` leads the
insider's team and its sub-teams, `reader` may only look, `administrator` may everything, `nobody` has no role.
A refused call is tested together with the proof that nothing changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pytest
from django.test import Client

from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import Role, Team, Territory, User
from dangol.identity.services import first_start, team_save, territory_save, token_create, user_create

PASSWORD = "seoul-spring-rain-42"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, as the tests need them."""

    user: User

    @property
    def id(self) -> int:
        return self.user.pk

    @property
    def actor(self) -> Actor:
        """The actor with the rights as they are now. One query."""
        return actor_for(User.objects.get(pk=self.user.pk))

    @cached_property
    def client(self) -> Client:
        """A browser in which this person has signed in."""
        client = Client()
        client.force_login(self.user)
        return client

    @cached_property
    def api(self) -> Client:
        """A program that sends this person's token."""
        _, text = token_create(user=self.user, name="test", actor=SYSTEM)
        return Client(headers={"authorization": f"Bearer {text}"})


SYSTEM = Actor.system("test")


@dataclass(frozen=True)
class Company:
    """Two teams beside each other under one roof, and two territories."""

    top: Team
    seoul: Team
    busan: Team
    capital: Territory
    south: Territory


@pytest.fixture
def company(db: None) -> Company:
    first_start()
    top = Team.objects.get(parent=None)
    return Company(
        top=top,
        seoul=team_save(actor=SYSTEM, name="서울 영업팀", parent=top),
        busan=team_save(actor=SYSTEM, name="부산 영업팀", parent=top),
        capital=territory_save(actor=SYSTEM, name="수도권"),
        south=territory_save(actor=SYSTEM, name="영남권"),
    )


def person(
    email: str,
    name: str,
    *,
    roles: tuple[str, ...] = (),
    team: Team | None = None,
    territory: Territory | None = None,
    language: str = "ko",
    is_administrator: bool = False,
) -> Person:
    """Make an account."""
    return Person(
        user_create(
            actor=SYSTEM,
            email=email,
            name=name,
            password=PASSWORD,
            language=language,
            team=team,
            territory=territory,
            roles=Role.objects.filter(code__in=roles),
            is_administrator=is_administrator,
        )
    )


@pytest.fixture
def insider(company: Company) -> Person:
    return person(
        "insider@example.com", "김지우", roles=("sales",), team=company.seoul, territory=company.capital
    )


@pytest.fixture
def teammate(company: Company) -> Person:
    return person(
        "teammate@example.com", "이서준", roles=("sales",), team=company.seoul, territory=company.capital
    )


@pytest.fixture
def outsider(company: Company) -> Person:
    return person(
        "outsider@example.com", "박하은", roles=("sales",), team=company.busan, territory=company.south
    )


@pytest.fixture
def manager(company: Company) -> Person:
    return person("manager@example.com", "최민준", roles=("sales-manager",), team=company.seoul)


@pytest.fixture
def reader(company: Company) -> Person:
    return person("reader@example.com", "정수아", roles=("read-only",), team=company.top)


@pytest.fixture
def nobody(company: Company) -> Person:
    return person("nobody@example.com", "한도윤", team=company.seoul)


@pytest.fixture
def administrator(company: Company) -> Person:
    return person("administrator@example.com", "관리자", team=company.top, is_administrator=True)
