"""Signing in by OpenID Connect, against a provider on this machine that also tries everything it should not."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialApp
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ValidationError
from django.test import Client

from dangol.identity import services
from dangol.identity.models import AccessChange, Role, SignInProvider, User
from dangol.outbound.models import OutboundCall
from tests.cast import PASSWORD, SYSTEM, Person
from tests.signin.conftest import is_in, leave, through
from tests.signin.openid_server import OpenIDServer

pytestmark = pytest.mark.django_db


def test_one_signs_in_with_the_company_account_and_lands_where_one_wanted(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    assert "회사 계정" in Client().get("/sign-in/").content.decode()
    client = Client()
    answer = through(client, "company", "/customers/?q=x")
    assert (answer.status_code, answer.url) == (302, "/customers/?q=x")
    assert is_in(client)
    asked = openid.asked[-1]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) > 20
    account = SocialAccount.objects.get()
    assert (account.user_id, account.uid, account.provider) == (insider.id, "emp-1", "company")
    change = AccessChange.objects.get(act="provider_connected")
    assert (change.target_id, change.changes["subject"]) == (insider.id, [None, "emp-1"])


def test_who_is_known_by_subject_stays_known_when_the_address_changes(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person, outsider: Person
) -> None:
    through(Client(), "company")
    openid.claims = {"email": "outsider@example.com"}
    client = Client()
    through(client, "company")
    assert client.session["_auth_user_id"] == str(insider.id)
    assert SocialAccount.objects.count() == 1


def test_somebody_elses_address_that_is_not_verified_opens_nothing(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    for claims in (
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
    ):
        openid.claims = claims
        client = Client()
        answer = through(client, "company")
        assert answer.status_code == 401, claims
        assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert User.objects.get(pk=insider.id).check_password(PASSWORD)


def test_an_address_in_the_user_info_counts_only_for_the_same_subject(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    openid.claims = {"email": None, "email_verified": None}
    openid.userinfo = {"email": "insider@example.com", "email_verified": True, "sub": "emp-2"}
    client = Client()
    assert through(client, "company").status_code == 401
    openid.userinfo["sub"] = "emp-1"
    through(client, "company")
    assert is_in(client)


def wrong(openid: OpenIDServer, how: str) -> None:
    now = int(time.time())
    if how == "alg none":

        def unsigned(claims):
            parts = ({"alg": "none", "kid": "k1"}, claims)
            return (
                ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
                + "."
            )

        openid.sign = unsigned
    elif how == "public key as password":
        pem = openid.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        openid.sign = lambda claims: jwt.encode(claims, pem, algorithm="HS256", headers={"kid": "k1"})
    elif how == "another key":
        openid.sign = lambda claims: openid.signed(claims, key=openid.other_key)
    elif how == "unknown key":
        openid.sign = lambda claims: openid.signed(claims, kid="k2")
    elif how == "altered":

        def altered(claims):
            head, _body, signature = openid.signed(claims).split(".")
            body = base64.urlsafe_b64encode(
                json.dumps({**claims, "email": "administrator@example.com"}).encode()
            )
            return f"{head}.{body.decode().rstrip('=')}.{signature}"

        openid.sign = altered
    elif how == "garbage":
        openid.sign = lambda claims: "no.token.at-all"
    else:
        openid.claims = {
            "wrong nonce": {"nonce": "x" * 43},
            "no nonce": {"nonce": None},
            "wrong audience": {"aud": "somebody-else"},
            "authorized for another": {"aud": ["dangol-client", "other"], "azp": "other"},
            "two audiences and no word for whom": {"aud": ["dangol-client", "other"]},
            "wrong issuer": {"iss": "https://evil.example"},
            "expired": {"exp": now - 120, "iat": now - 500},
            "no expiry": {"exp": None},
            "from the future": {"iat": now + 600},
            "no subject": {"sub": None},
        }[how]


@pytest.mark.parametrize(
    "how",
    [
        "alg none",
        "public key as password",
        "another key",
        "unknown key",
        "altered",
        "garbage",
        "wrong nonce",
        "no nonce",
        "wrong audience",
        "authorized for another",
        "two audiences and no word for whom",
        "wrong issuer",
        "expired",
        "no expiry",
        "from the future",
        "no subject",
    ],
)
def test_an_id_token_that_proves_nothing_lets_nobody_in(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person, how: str
) -> None:
    wrong(openid, how)
    client = Client()
    answer = through(client, "company")
    assert answer.status_code == 401
    assert "로그인하지 못했어요" in answer.content.decode()
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_an_answer_works_once_and_only_where_it_was_asked_for(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    client, thief = Client(), Client()
    back = requests.get(leave(client, "company"), allow_redirects=False, timeout=5).headers["Location"]
    path = back.removeprefix("http://testserver")
    assert thief.get(path).status_code == 401
    assert not is_in(thief)
    assert client.get(path).status_code == 302
    assert is_in(client)
    again = Client()
    again.cookies = client.cookies
    again.post("/sign-out/")
    assert again.get(path).status_code == 401
    assert not is_in(again)


def test_pkce_binds_the_code_to_this_browser(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    client = Client()
    address = leave(client, "company")
    back = requests.get(
        address.replace("code_challenge=", "code_challenge=x"), allow_redirects=False, timeout=5
    )
    answer = client.get(back.headers["Location"].removeprefix("http://testserver"))
    assert answer.status_code == 401
    assert openid.refusals == ["pkce"]


def test_what_the_visitor_adds_to_the_address_is_not_passed_on(
    openid: OpenIDServer, company_login: SignInProvider
) -> None:
    client = Client()
    page = client.post(
        "/sign-in/with/company/?scope=admin&auth_params=nonce%3Dmine%26redirect_uri%3Dhttps%3A%2F%2Fevil"
    )
    sent_to = page.content.decode().split("http-equiv")[1].split(">")[0]
    assert "evil" not in sent_to
    assert "admin" not in sent_to
    assert "https://evil" not in leave(client, "company", "https://evil.example/")


def test_a_provider_that_is_down_or_is_somebody_else_is_named_and_breaks_nothing(
    openid: OpenIDServer, company_login: SignInProvider
) -> None:
    openid.config = {"issuer": "https://evil.example"}
    answer = Client().post("/sign-in/with/company/")
    assert answer.status_code == 401
    assert "발급자 주소와 달라요" in answer.content.decode()
    openid.config = {"jwks_uri": ""}
    assert "jwks_uri" in Client().post("/sign-in/with/company/").content.decode()
    app = SocialApp.objects.get()
    app.settings["server_url"] = "http://127.0.0.1:9"
    app.save()
    assert Client().post("/sign-in/with/company/").status_code == 401


def test_a_provider_inside_is_called_only_where_the_installation_allows_it(
    openid: OpenIDServer, company_login: SignInProvider, settings: Any
) -> None:
    settings.DANGOL_OUTBOUND_ALLOW = []
    assert Client().post("/sign-in/with/company/").status_code == 401
    call = OutboundCall.objects.latest("pk")
    assert (call.purpose, call.status) == ("sign_in", None)
    assert "DANGOL_OUTBOUND_ALLOW" in call.error
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.1"]
    leave(Client(), "company")
    assert OutboundCall.objects.latest("pk").status == 200


def test_accounts_are_made_only_where_that_is_switched_on(
    openid: OpenIDServer, company_login: SignInProvider, company
) -> None:
    openid.claims = {
        "email": "New.Person@example.com",
        "name": None,
        "given_name": "서연",
        "family_name": "한",
    }
    answer = through(Client(), "company")
    assert answer.status_code == 401
    assert "new.person@example.com" in answer.content.decode()
    assert not User.objects.filter(email="new.person@example.com").exists()
    role = Role.objects.get(code="sales")
    SignInProvider.objects.update(makes_accounts=True, role=role, team=company.busan)
    client = Client()
    through(client, "company")
    assert is_in(client)
    made = User.objects.get(email="new.person@example.com")
    assert (made.name, made.team_id, made.is_administrator) == ("한서연", company.busan.pk, False)
    assert [one.code for one in made.roles.all()] == ["sales"]
    assert not made.has_usable_password()
    assert (
        AccessChange.objects.get(act="created", target_id=made.pk, target_type="user").actor_name
        == "회사 계정"
    )


def test_only_allowed_domains_get_in_and_only_there_a_provider_is_trusted(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    services.policy_save(actor=SYSTEM, mail_domains=["hanbit.co.kr"])
    client = Client()
    assert "도메인" in through(client, "company").content.decode()
    assert not is_in(client)
    services.policy_save(actor=SYSTEM, mail_domains=["example.com"])
    openid.claims = {"email_verified": None}
    assert through(client, "company").status_code == 401
    SignInProvider.objects.update(trusts_mail=True)
    through(client, "company")
    assert is_in(client)


def test_a_deactivated_user_does_not_get_in_by_a_provider(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    through(Client(), "company")
    services.user_deactivate(user=insider.user, actor=SYSTEM)
    client = Client()
    assert through(client, "company").url.startswith("/sign-in/deactivated/")
    assert not is_in(client)


def test_a_second_factor_is_asked_for_unless_the_provider_asks(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    services.policy_save(actor=SYSTEM, second_factor="everyone")
    client = Client()
    through(client, "company")
    assert client.get("/customers/").url == "/settings/profile/second-factor/"
    SignInProvider.objects.update(checks_factor=True)
    client = Client()
    through(client, "company")
    assert is_in(client)
    by_password = Client()
    by_password.post("/sign-in/", {"login": "insider@example.com", "password": PASSWORD})
    assert by_password.get("/customers/").url == "/settings/profile/second-factor/"


def test_a_provider_that_is_switched_off_signs_nobody_in(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person
) -> None:
    address = leave(client := Client(), "company")
    SignInProvider.objects.update(is_active=False)
    assert "회사 계정" not in Client().get("/sign-in/").content.decode()
    assert Client().post("/sign-in/with/company/").status_code == 404
    back = requests.get(address, allow_redirects=False, timeout=5).headers["Location"]
    assert client.get(back.removeprefix("http://testserver")).status_code == 404


def test_where_only_providers_sign_people_in_one_administrator_keeps_a_door(
    openid: OpenIDServer,
    company_login: SignInProvider,
    insider: Person,
    administrator: Person,
    reader: Person,
) -> None:
    with pytest.raises(ValidationError):
        services.policy_save(actor=SYSTEM, providers_only=True)
    with pytest.raises(ValidationError):
        services.policy_save(actor=SYSTEM, providers_only=True, break_glass=reader.user)
    services.policy_save(actor=SYSTEM, providers_only=True, break_glass=administrator.user)
    texts = []
    for email, password in (
        ("insider@example.com", PASSWORD),
        ("insider@example.com", "wrong"),
        ("administrator@example.com", "wrong"),
        ("nobody-here@example.com", "wrong"),
    ):
        client = Client()
        page = client.post("/sign-in/", {"login": email, "password": password}).content.decode()
        assert not is_in(client)
        texts.append(page[page.index('class="note r"') :][:200])
    assert len(set(texts)) == 1, "the answers tell who the emergency administrator is"
    keeper = Client()
    keeper.post("/sign-in/", {"login": "administrator@example.com", "password": PASSWORD})
    assert is_in(keeper)
    client = Client()
    through(client, "company")
    assert is_in(client)
    for refused in (
        lambda: services.provider_delete(provider=company_login, actor=SYSTEM),
        lambda: services.user_deactivate(user=administrator.user, actor=SYSTEM),
        lambda: services.user_update(user=administrator.user, actor=SYSTEM, is_administrator=False),
    ):
        with pytest.raises(ValidationError):
            refused()
    assert SignInProvider.objects.count() == 1
