"""Adding, changing and shutting out users."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from dangol.identity import services
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import AccessChange, Grant, Role, Team, User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


def make(email: str = "sora@example.com", **fields) -> User:
    return services.user_create(actor=SYSTEM, email=email, name="윤소라", password="correct horse", **fields)


def test_an_address_is_the_same_in_any_case() -> None:
    make("Sora@Example.com")
    assert User.objects.get(email="SORA@example.COM").email == "sora@example.com"
    with pytest.raises(ValidationError) as error:
        make("SORA@EXAMPLE.COM")
    assert "email" in error.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE identity_user SET email = 'SORA@example.com'")


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", "", "Asia/Seoul\x00"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError) as error:
        make(time_zone=zone)
    assert "time_zone" in error.value.message_dict


@pytest.mark.parametrize("password", ["short", "password123", "1234567890"])
def test_a_short_or_common_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError) as error:
        services.user_create(actor=SYSTEM, email="a@example.com", name="가", password=password)
    assert "password" in error.value.message_dict
    assert not User.objects.exists()


def test_people_change_their_own_name_but_not_their_own_rights() -> None:
    user = make()
    actor = actor_for(user)
    assert services.user_update(user=user, actor=actor, name=" 윤 소라 ", theme="dark").name == "윤 소라"
    with pytest.raises(PermissionDenied):
        services.user_update(user=user, actor=actor, is_administrator=True)
    with pytest.raises(PermissionDenied):
        services.user_update(user=user, actor=actor, name="x", team=None)
    user.refresh_from_db()
    assert not user.is_administrator


def test_who_manages_users_cannot_touch_an_administrator_nor_make_one() -> None:
    boss = make("boss@example.com", is_administrator=True)
    role = Role.objects.create(code="people", name="인사")
    Grant.objects.create(role=role, record_type="*", action="administer", scope="all")
    manager = actor_for(make("manager@example.com", roles=[role]))
    other = make("other@example.com")
    services.user_update(user=other, actor=manager, name="새 이름", email="new@example.com")
    for act in (
        lambda: services.user_set_password(user=boss, password="a new long one", actor=manager),
        lambda: services.user_update(user=boss, actor=manager, email="mine@example.com"),
        lambda: services.user_deactivate(user=boss, actor=manager),
        lambda: services.user_update(user=other, actor=manager, is_administrator=True),
        lambda: services.user_create(actor=manager, email="x@example.com", name="x", is_administrator=True),
    ):
        with pytest.raises(PermissionDenied):
            act()
    boss.refresh_from_db()
    assert boss.check_password("correct horse")
    assert boss.is_active


def test_the_last_administrator_stays() -> None:
    boss = make(is_administrator=True)
    with pytest.raises(ValidationError) as error:
        services.user_update(user=boss, actor=SYSTEM, is_administrator=False)
    assert error.value.error_dict["is_administrator"][0].code == "last_administrator"
    with pytest.raises(ValidationError):
        services.user_deactivate(user=boss, actor=SYSTEM)
    assert User.objects.get().is_administrator
    make("second@example.com", is_administrator=True)
    assert not services.user_deactivate(user=boss, actor=SYSTEM).is_active


def test_nobody_deactivates_themselves() -> None:
    boss = make(is_administrator=True)
    make("second@example.com", is_administrator=True)
    with pytest.raises(ValidationError):
        services.user_deactivate(user=boss, actor=actor_for(boss))


def test_a_deactivated_user_loses_sessions_and_tokens_for_good(client) -> None:
    user = make()
    token, _text = services.token_create(user=user, name="batch", actor=SYSTEM)
    client.force_login(user)
    services.user_deactivate(user=user, actor=SYSTEM)
    services.user_activate(user=user, actor=SYSTEM)
    token.refresh_from_db()
    assert token.revoked_at is not None
    response = client.get("/settings/profile/")
    assert response.status_code == 302


def test_a_new_password_ends_every_session_that_there_was(client) -> None:
    user = make()
    client.force_login(user)
    assert client.get("/settings/profile/").status_code == 200
    services.user_set_password(user=user, password="another long one", actor=SYSTEM)
    assert client.get("/settings/profile/").status_code == 302


def test_every_change_leaves_a_line_that_nobody_can_alter() -> None:
    top = Team.objects.create(name="본사")
    user = make(team=top)
    services.user_update(user=user, actor=Actor.system("hr", request_id="req-12345678"), name="윤보라")
    services.user_update(user=user, actor=SYSTEM, name="윤보라")
    services.user_set_password(user=user, password="another long one", actor=SYSTEM)
    lines = list(AccessChange.objects.order_by("pk"))
    assert [line.act for line in lines] == ["created", "updated", "password_set"]
    assert lines[0].changes["team"] == [None, "본사"]
    assert lines[1].changes == {"name": ["윤소라", "윤보라"]}
    assert (lines[1].actor_name, lines[1].request_id) == ("hr", "req-12345678")
    assert "another long one" not in str(lines[2].changes)
    for act in (lambda: AccessChange.objects.update(act="x"), lambda: AccessChange.objects.all().delete()):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            act()


def test_a_generated_password_is_long_and_never_the_same() -> None:
    passwords = {services.password_generate() for _n in range(50)}
    assert len(passwords) == 50
    assert all(len(password) == 19 for password in passwords)
