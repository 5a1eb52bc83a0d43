"""A second factor: set up, asked for, forced by the policy, lost and reset."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from dangol.identity import services
from dangol.identity.models import AccessChange, User
from tests.cast import PASSWORD, SYSTEM, Person

pytestmark = pytest.mark.django_db

FACTORS = "/settings/profile/second-factor/"


def code_for(secret: str, *, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def signed_in(person: Person) -> Client:
    client = Client()
    answer = client.post("/sign-in/", {"login": person.user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """The key of the app, and the recovery codes."""
    page = client.get(f"{FACTORS}app/")
    assert page.status_code == 200, page.status_code
    secret = re.search(r'id="totp-key">([A-Z2-7]+)<', page.content.decode())[1]
    answer = client.post(f"{FACTORS}app/", {"code": code_for(secret)})
    assert answer.url == f"{FACTORS}codes/", answer.content.decode()[:500]
    codes = re.findall(r"<li><code>(\d{8})</code>", client.get(f"{FACTORS}codes/").content.decode())
    assert len(codes) == 10
    return secret, codes


def acts(user: User) -> list[str]:
    rows = AccessChange.objects.filter(target_type="user", target_id=user.pk).order_by("pk")
    return list(rows.values_list("act", flat=True))


def test_with_an_app_the_password_alone_gets_nobody_in(insider: Person) -> None:
    secret, _codes = set_up_app(signed_in(insider))
    client = Client()
    answer = client.post("/sign-in/?next=/customers/", {"login": insider.user.email, "password": PASSWORD})
    assert answer.url.startswith("/sign-in/second-factor/")
    assert client.get("/customers/").url.startswith("/sign-in/")
    assert client.post("/sign-in/second-factor/", {"code": "000000"}).status_code == 200
    assert client.get("/customers/").status_code == 302
    answer = client.post("/sign-in/second-factor/", {"code": code_for(secret, step=1)})
    assert answer.status_code == 302
    assert client.get("/customers/").status_code == 200
    assert "totp_added" in acts(insider.user)


def test_a_code_works_once_even_where_it_would_hold_longer(insider: Person, monkeypatch) -> None:
    secret, _codes = set_up_app(signed_in(insider))
    code = code_for(secret, step=1)
    for allowed in (True, False):
        client = Client()
        client.post("/sign-in/", {"login": insider.user.email, "password": PASSWORD})
        client.post("/sign-in/second-factor/", {"code": code})
        assert (client.get("/customers/").status_code == 200) is allowed


def test_a_recovery_code_gets_one_in_once_and_leaves_a_trace(insider: Person) -> None:
    _secret, codes = set_up_app(signed_in(insider))
    for allowed in (True, False):
        client = Client()
        client.post("/sign-in/", {"login": insider.user.email, "password": PASSWORD})
        client.post("/sign-in/second-factor/", {"code": codes[3]})
        assert (client.get("/customers/").status_code == 200) is allowed
    assert acts(insider.user).count("recovery_code_used") == 1


def test_recovery_codes_are_shown_once(insider: Person) -> None:
    client = signed_in(insider)
    _secret, codes = set_up_app(client)
    again = client.get(f"{FACTORS}codes/").content.decode()
    assert not any(code in again for code in codes)


def test_secrets_of_factors_lie_sealed(insider: Person) -> None:
    secret, codes = set_up_app(signed_in(insider))
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert "seed" in stored
    assert not any(code in stored for code in codes)
    logged = str(list(AccessChange.objects.values_list("changes", flat=True)))
    assert secret not in logged


def test_guessing_codes_is_stopped(insider: Person) -> None:
    set_up_app(signed_in(insider))
    client = Client()
    client.post("/sign-in/", {"login": insider.user.email, "password": PASSWORD})
    answers = [
        client.post("/sign-in/second-factor/", {"code": f"{guess:06}"}).content.decode() for guess in range(7)
    ]
    assert "시도가 너무 많았어요" in answers[-1]


def test_setting_up_or_removing_a_factor_ends_all_other_sessions(insider: Person) -> None:
    here, there = signed_in(insider), signed_in(insider)
    assert there.get("/customers/").status_code == 200
    set_up_app(here)
    assert there.get("/customers/").status_code == 302
    assert here.get("/customers/").status_code == 200
    assert here.post(f"{FACTORS}app/remove/").status_code == 302
    assert here.get("/customers/").status_code == 200
    assert not Authenticator.objects.filter(user=insider.user).exists()
    assert acts(insider.user)[-2:] == ["totp_added", "totp_removed"]


def test_delicate_changes_ask_once_more_who_it_is(insider: Person) -> None:
    client = signed_in(insider)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()
    assert client.get(f"{FACTORS}app/").url.startswith("/settings/profile/confirm/")
    confirm = "/settings/profile/confirm/?next=" + f"{FACTORS}app/"
    assert client.get(confirm).status_code == 200
    assert client.post(confirm, {"password": "wrong"}).status_code == 200
    assert client.get(f"{FACTORS}app/").status_code == 302
    assert client.post(confirm, {"password": PASSWORD}).url == f"{FACTORS}app/"
    assert client.get(f"{FACTORS}app/").status_code == 200


@pytest.mark.parametrize("rule", ["administrators", "everyone"])
def test_who_must_have_a_factor_sees_nothing_before_it_is_set_up(
    insider: Person, administrator: Person, rule: str
) -> None:
    services.policy_save(actor=SYSTEM, second_factor=rule)
    client = signed_in(administrator)
    for path in ("/", "/customers/", "/settings/", "/settings/profile/", "/settings/profile/tokens/new/"):
        assert client.get(path).url == FACTORS, path
    assert client.get("/api/v1/customers").json()["code"] == "second_factor_needed"
    htmx = client.get("/customers/count/", headers={"HX-Request": "true"})
    assert (htmx.status_code, htmx["HX-Redirect"]) == (204, FACTORS)
    assert client.post("/settings/profile/tokens/new/", {"name": "x", "lives": "30"}).url == FACTORS
    assert client.get(FACTORS).status_code == 200
    set_up_app(client)
    assert client.get("/customers/").status_code == 200
    free = insider.client.get("/customers/").status_code == 200
    assert free is (rule == "administrators")


def test_the_policy_holds_at_once_for_those_who_are_in(insider: Person) -> None:
    client = signed_in(insider)
    assert client.get("/customers/").status_code == 200
    services.policy_save(actor=SYSTEM, second_factor="everyone")
    assert client.get("/customers/").url == FACTORS
    services.policy_save(actor=SYSTEM, second_factor="nobody")
    assert client.get("/customers/").status_code == 200


def test_programs_need_no_second_factor(insider: Person) -> None:
    api = insider.api
    services.policy_save(actor=SYSTEM, second_factor="everyone")
    assert api.get("/api/v1/customers").status_code == 200


def test_who_must_have_a_factor_can_still_sign_out(insider: Person) -> None:
    services.policy_save(actor=SYSTEM, second_factor="everyone")
    client = signed_in(insider)
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/customers/").url.startswith("/sign-in/")


def test_an_administrator_resets_the_factors_of_somebody_who_lost_them(
    insider: Person, administrator: Person, manager: Person
) -> None:
    client = signed_in(insider)
    set_up_app(client)
    path = f"/settings/users/{insider.id}/factors/reset/"
    assert manager.client.post(path).status_code == 403
    assert Authenticator.objects.filter(user=insider.user).count() == 2
    assert administrator.client.post(path).status_code == 302
    assert not Authenticator.objects.filter(user=insider.user).exists()
    assert client.get("/customers/").status_code == 302
    assert signed_in(insider).get("/customers/").status_code == 200
    assert acts(insider.user)[-1] == "factors_reset"


def test_another_secret_key_locks_the_app_but_breaks_no_page(insider: Person, settings) -> None:
    secret, _codes = set_up_app(signed_in(insider))
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-altogether-0123456789-0123456789"
    client = Client()
    client.post("/sign-in/", {"login": insider.user.email, "password": PASSWORD})
    answer = client.post("/sign-in/second-factor/", {"code": code_for(secret, step=1)})
    assert answer.status_code == 200
    assert client.get("/customers/").status_code == 302
    settings.SECRET_KEY_FALLBACKS = [old]
    client.post("/sign-in/second-factor/", {"code": code_for(secret, step=1)})
    assert client.get("/customers/").status_code == 200
