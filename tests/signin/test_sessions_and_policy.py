"""Sessions end when told to, when left alone, and when they last too long; the policy says when."""

from __future__ import annotations

import hashlib
import time

import pytest
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from dangol.identity import passwords, selectors, services, sessions
from dangol.identity.models import AccessChange, SignInPolicy, User
from dangol.outbound.errors import SealBroken
from dangol.outbound.sealing import seal, unseal
from tests.cast import PASSWORD, SYSTEM, Person

pytestmark = pytest.mark.django_db


def signed_in(person: Person, agent: str = "") -> Client:
    client = Client(headers={"user-agent": agent} if agent else {})
    client.post("/sign-in/", {"login": person.user.email, "password": PASSWORD})
    assert client.get("/customers/").status_code == 200
    return client


def aged(client: Client, *, began: float = 0, seen: float = 0) -> None:
    session = client.session
    session[sessions.BEGAN_AT] -= began
    session[sessions.SEEN_AT] -= seen
    session.save()


def test_one_device_is_signed_out_and_the_next_click_finds_nobody(insider: Person) -> None:
    here = signed_in(insider, "Mozilla/5.0 (X11; Linux x86_64) Chrome/140 Safari/537.36")
    there = signed_in(insider, "Mozilla/5.0 (iPhone) Safari/604.1")
    page = here.get("/settings/profile/").content.decode()
    assert "Chrome · Linux" in page
    assert "Safari · iPhone" in page
    assert "127.0.0.1" in page
    other = UserSession.objects.exclude(session_key=here.session.session_key).get()
    assert here.post(f"/settings/profile/sessions/{other.pk}/end/").status_code == 302
    assert there.get("/customers/").url.startswith("/sign-in/")
    assert here.get("/customers/").status_code == 200
    assert [one.pk for one in selectors.sessions_of(insider.user)] != [other.pk]
    assert AccessChange.objects.order_by("-pk")[0].act == "session_ended"


def test_nobody_ends_the_session_of_somebody_else(insider: Person, outsider: Person) -> None:
    theirs = signed_in(insider)
    session = UserSession.objects.get(user=insider.user)
    assert outsider.client.post(f"/settings/profile/sessions/{session.pk}/end/").status_code == 404
    with pytest.raises(PermissionDenied):
        services.session_end(session=session, actor=outsider.actor)
    assert theirs.get("/customers/").status_code == 200


def test_ending_this_very_session_signs_out(insider: Person) -> None:
    client = signed_in(insider)
    session = UserSession.objects.get(user=insider.user)
    assert client.post(f"/settings/profile/sessions/{session.pk}/end/").url == "/sign-in/"
    assert client.get("/customers/").status_code == 302


def test_an_administrator_signs_somebody_out_everywhere(insider: Person, administrator: Person) -> None:
    client = signed_in(insider)
    answer = administrator.client.post(f"/settings/users/{insider.id}/sessions/end/")
    assert answer.status_code == 302
    assert client.get("/customers/").status_code == 302
    change = AccessChange.objects.order_by("-pk")[0]
    assert (change.act, change.actor_id, change.target_id) == (
        "sessions_ended",
        administrator.id,
        insider.id,
    )


def test_who_is_left_alone_for_too_long_signs_in_again(insider: Person) -> None:
    client = signed_in(insider)
    services.policy_save(actor=SYSTEM, idle_minutes=30)
    aged(client, seen=29 * 60)
    assert client.get("/customers/").status_code == 200
    aged(client, seen=31 * 60)
    assert client.get("/customers/").url.startswith("/sign-in/")
    assert client.get("/customers/").status_code == 302


def test_a_session_that_lasts_too_long_ends_however_busy_it_is(insider: Person) -> None:
    client = signed_in(insider)
    services.policy_save(actor=SYSTEM, session_hours=8)
    aged(client, began=8 * 3600 - 60)
    assert client.get("/customers/").status_code == 200
    aged(client, began=120)
    assert client.get("/customers/").status_code == 302


def test_being_seen_is_written_at_most_once_a_minute(insider: Person, django_assert_num_queries) -> None:
    client = signed_in(insider)
    UserSession.objects.update(last_seen_at="2020-01-01T00:00:00Z")
    client.get("/settings/profile/")
    assert UserSession.objects.get().last_seen_at.year == 2020
    aged(client, seen=61)
    client.get("/settings/profile/")
    assert UserSession.objects.get().last_seen_at.year > 2020
    assert time.time() - client.session[sessions.SEEN_AT] < 10


def test_only_system_administrators_set_the_policy(manager: Person, administrator: Person) -> None:
    form = {
        "second_factor": "administrators",
        "session_hours": "12",
        "idle_minutes": "60",
        "password_length": "14",
        "mail_domains": "Example.com, @hanbit.co.kr",
    }
    assert manager.client.post("/settings/sign-in/", form).status_code == 403
    assert not SignInPolicy.objects.exists()
    assert administrator.client.post("/settings/sign-in/", form).status_code == 302
    policy = SignInPolicy.objects.get()
    assert (policy.second_factor, policy.session_hours, policy.idle_minutes) == ("administrators", 12, 60)
    assert policy.mail_domains == ["example.com", "hanbit.co.kr"]
    change = AccessChange.objects.get(target_type="signinpolicy")
    assert change.changes["password_length"] == [10, 14]
    assert change.actor_id == administrator.id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("second_factor", "some"),
        ("session_hours", "-1"),
        ("idle_minutes", "x"),
        ("password_length", "4"),
        ("mail_domains", "exa mple"),
        ("providers_only", "on"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_a_reason(
    administrator: Person, field: str, value: str
) -> None:
    form = {"second_factor": "nobody", "session_hours": "0", "idle_minutes": "0", "password_length": "10"}
    answer = administrator.client.post("/settings/sign-in/", form | {field: value})
    assert answer.status_code == 422
    assert "_error" in answer.content.decode()
    assert not SignInPolicy.objects.exclude(second_factor="nobody").exists()


def test_the_length_of_passwords_is_the_policys(insider: Person) -> None:
    services.policy_save(actor=SYSTEM, password_length=24)
    with pytest.raises(ValidationError):
        services.user_set_password(user=insider.user, password="short-of-it-by-a-bit", actor=SYSTEM)
    services.user_set_password(user=insider.user, password="twenty-four-letters-and-more", actor=SYSTEM)
    assert 'minlength="24"' in insider_page(insider)


def insider_page(insider: Person) -> str:
    client = Client()
    client.force_login(User.objects.get(pk=insider.id))
    return client.get("/settings/profile/password/").content.decode()


def test_leaked_passwords_are_refused_by_a_file_that_is_searched_in_place(
    tmp_path, settings, insider
) -> None:
    leaked = [f"leaked-password-{number}" for number in range(500)]
    lines = sorted(hashlib.sha1(word.encode()).hexdigest().upper() for word in leaked)
    path = tmp_path / "pwned.txt"
    path.write_text("".join(f"{line}:{number % 97}\r\n" for number, line in enumerate(lines)))
    for word in leaked:
        assert passwords.is_listed(hashlib.sha1(word.encode()).hexdigest(), path), word
    for number in range(500):
        assert not passwords.is_listed(hashlib.sha1(f"fresh-{number}".encode()).hexdigest(), path)
    settings.BREACHED_PASSWORDS = str(path)
    with pytest.raises(ValidationError, match="유출"):
        services.user_set_password(user=insider.user, password=leaked[7], actor=SYSTEM)
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert not passwords.is_listed("00" * 20, empty)


def test_what_is_sealed_opens_only_here_and_for_its_purpose(settings) -> None:
    sealed = seal("client-secret", purpose="one")
    assert "client-secret" not in sealed
    assert unseal(sealed, purpose="one") == "client-secret"
    with pytest.raises(SealBroken):
        unseal(sealed, purpose="another")
    with pytest.raises(SealBroken):
        unseal(sealed[:-4] + "AAAA", purpose="one")
