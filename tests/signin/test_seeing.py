"""Looking through a user's eyes neither loosens how people sign in nor shows or touches anybody's own security."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from dangol.identity import services, sessions
from dangol.identity.models import AccessChange, User
from tests.cast import PASSWORD, SYSTEM, Person
from tests.signin.test_second_factor import set_up_app

pytestmark = pytest.mark.django_db

FACTORS = "/settings/profile/second-factor/"
OWN_PAGES = (
    FACTORS,
    f"{FACTORS}app/",
    f"{FACTORS}app/remove/",
    f"{FACTORS}keys/",
    f"{FACTORS}keys/new/",
    f"{FACTORS}codes/",
    f"{FACTORS}codes/new/",
    "/settings/profile/confirm/",
    "/settings/profile/confirm/code/",
    "/settings/profile/confirm/passkey/",
    "/settings/profile/password/",
    "/settings/profile/",
    "/settings/sign-in/",
    "/settings/sign-in/new/openid_connect/",
    "/sign-in/",
    "/sign-in/second-factor/",
    "/sign-in/passkey/",
)


def signed_in(person: Person) -> Client:
    client = Client()
    client.post("/sign-in/", {"login": person.user.email, "password": PASSWORD})
    return client


def looking(administrator: Person, user: Person, client: Client | None = None) -> Client:
    client = client or signed_in(administrator)
    client.post(f"/settings/users/{user.id}/see-as/", {"reason": "고객이 안 보인다는 문의"})
    assert is_looking(client)
    return client


def is_looking(client: Client) -> bool:
    return "/settings/see-as/end/" in client.get("/customers/").content.decode()


@pytest.mark.parametrize("path", OWN_PAGES)
def test_what_belongs_to_signing_in_is_not_shown(administrator: Person, insider: Person, path: str) -> None:
    client = looking(administrator, insider)
    assert client.get(path).status_code == 403
    assert is_looking(client)


def test_nobodys_factors_sessions_or_policy_change(administrator: Person, insider: Person) -> None:
    theirs = signed_in(insider)
    set_up_app(theirs)
    client = looking(administrator, insider)
    before = (
        list(User.objects.order_by("pk").values_list("pk", "session_generation", "password")),
        sorted(UserSession.objects.values_list("pk", "user_id", "session_key")),
        AccessChange.objects.count(),
    )
    ids = UserSession.objects.values_list("pk", flat=True)
    for path in (
        *OWN_PAGES,
        "/settings/profile/sessions/end/",
        *(f"/settings/profile/sessions/{pk}/end/" for pk in ids),
        f"/settings/users/{insider.id}/sessions/end/",
        f"/settings/users/{insider.id}/factors/reset/",
        f"/settings/users/{insider.id}/password/",
        "/settings/profile/tokens/new/",
        "/sign-in/with/company/",
    ):
        answer = client.post(path, {"password": "something-else-now", "second_factor": "nobody", "code": "1"})
        assert answer.status_code == 403, path
    after = (
        list(User.objects.order_by("pk").values_list("pk", "session_generation", "password")),
        sorted(UserSession.objects.values_list("pk", "user_id", "session_key")),
        AccessChange.objects.count(),
    )
    assert after == before
    assert theirs.get("/customers/").status_code == 200
    assert insider.user.authenticator_set.count() == 2


def test_looking_is_no_sign_in_of_the_user(administrator: Person, insider: Person) -> None:
    client = looking(administrator, insider)
    assert not UserSession.objects.filter(user=insider.user).exists()
    assert User.objects.get(pk=insider.id).last_login is None
    assert UserSession.objects.get(session_key=client.session.session_key).user_id == administrator.id


def test_a_policy_that_asks_administrators_for_a_factor_holds_while_they_look(
    administrator: Person, insider: Person
) -> None:
    client = looking(administrator, insider)
    services.policy_save(actor=SYSTEM, second_factor="administrators")
    assert client.get("/api/v1/customers").json()["code"] == "second_factor_needed"
    assert client.get("/customers/").url == FACTORS
    page = client.get(FACTORS)
    assert page.status_code == 200, "as oneself again: else nothing could be set up"
    answer = client.post(f"/settings/users/{insider.id}/see-as/", {"reason": "고객이 안 보인다는 문의"})
    assert answer.url == FACTORS
    assert client.get("/customers/").url == FACTORS
    set_up_app(client)
    looking(administrator, insider, client)


def test_a_user_who_has_to_set_up_a_factor_can_be_looked_at_by_one_who_has(
    administrator: Person, insider: Person
) -> None:
    services.policy_save(actor=SYSTEM, second_factor="everyone")
    client = signed_in(administrator)
    set_up_app(client)
    looking(administrator, insider, client)
    assert client.get("/customers/").status_code == 200
    assert signed_in(insider).get("/customers/").url == FACTORS


def test_the_administrators_session_ends_when_it_would_without_looking(
    administrator: Person, insider: Person
) -> None:
    services.policy_save(actor=SYSTEM, idle_minutes=30)
    client = looking(administrator, insider)
    session = client.session
    session[sessions.SEEN_AT] -= 31 * 60
    session.save()
    assert client.get("/customers/").url.startswith("/sign-in/")
    again = signed_in(administrator)
    assert not is_looking(again)


def test_ending_the_administrators_sessions_ends_the_looking(administrator: Person, insider: Person) -> None:
    client = looking(administrator, insider)
    services.user_end_sessions(user=User.objects.get(pk=administrator.id), actor=SYSTEM)
    assert client.get("/customers/").url.startswith("/sign-in/")
