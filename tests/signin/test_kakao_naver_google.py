"""Signing in with Kakao, Naver and Google; their addresses are led to a server on this machine."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.kakao.views import KakaoOAuth2Adapter
from allauth.socialaccount.providers.naver.views import NaverOAuth2Adapter
from django.test import Client

from dangol.administration.signin_forms import GoogleForm, KakaoForm, NaverForm
from dangol.identity.models import SignInProvider, User
from tests.cast import Person
from tests.signin.conftest import is_in, leave, provider_made, through
from tests.signin.openid_server import OpenIDServer

pytestmark = pytest.mark.django_db

ADAPTERS = {"kakao": KakaoOAuth2Adapter, "naver": NaverOAuth2Adapter, "google": GoogleOAuth2Adapter}
FORMS: dict[str, Any] = {"kakao": KakaoForm, "naver": NaverForm, "google": GoogleForm}


@pytest.fixture
def provider(openid: OpenIDServer, monkeypatch: pytest.MonkeyPatch):
    """`provider(kind)` sets one up and leads its calls here."""

    def made(kind: str, **fields: Any) -> SignInProvider:
        adapter = ADAPTERS[kind]
        monkeypatch.setattr(adapter, "authorize_url", f"{openid.issuer}/authorize")
        monkeypatch.setattr(adapter, "access_token_url", f"{openid.issuer}/token")
        if kind != "google":
            monkeypatch.setattr(adapter, "profile_url", f"{openid.issuer}/profile")
        return provider_made(kind, FORMS[kind]().details(), key=kind, name=kind, **fields)

    return made


def kakao(**account: Any) -> dict[str, Any]:
    return {
        "id": 4711,
        "kakao_account": {
            "email": "insider@example.com",
            "is_email_valid": True,
            "is_email_verified": True,
            "profile": {"nickname": "지우"},
            **account,
        },
    }


def test_kakao_finds_the_user_by_a_verified_address_in_use(openid, provider, insider: Person) -> None:
    provider("kakao")
    for account in ({"is_email_verified": False}, {"is_email_valid": False}, {"email": None}):
        openid.profile = kakao(**account)
        client = Client()
        assert through(client, "kakao").status_code == 401
        assert not is_in(client)
    openid.profile = kakao()
    client = Client()
    through(client, "kakao")
    assert is_in(client)
    assert set(openid.asked[-1]["scope"].split()) == {"account_email", "profile_nickname"}
    account = SocialAccount.objects.get()
    assert (account.provider, account.uid, account.user_id) == ("kakao", "4711", insider.id)


def test_kakao_makes_an_account_under_the_nickname(openid, provider, company) -> None:
    provider("kakao", makes_accounts=True)
    openid.profile = kakao(email="new@example.com")
    client = Client()
    through(client, "kakao")
    assert is_in(client)
    assert User.objects.get(email="new@example.com").name == "지우"


def test_of_naver_only_its_own_addresses_count(openid, provider, insider: Person) -> None:
    provider("naver")
    openid.profile = {"response": {"id": "n-1", "email": "insider@example.com", "name": "김지우"}}
    client = Client()
    assert through(client, "naver").status_code == 401
    User.objects.filter(pk=insider.id).update(email="jiwoo@naver.com")
    openid.profile["response"]["email"] = "jiwoo@naver.com"
    through(client, "naver")
    assert is_in(client)


def test_google_finds_the_user_by_its_id_token(openid, provider, insider: Person) -> None:
    provider("google")
    openid.claims = {"iss": "https://accounts.google.com", "sub": "g-1"}
    client = Client()
    through(client, "google")
    assert is_in(client)
    assert openid.asked[-1]["code_challenge_method"] == "S256"
    assert SocialAccount.objects.get().uid == "g-1"


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"exp": 1_700_000_000}, {"email_verified": False}],
)
def test_an_id_token_of_google_that_is_not_for_us_lets_nobody_in(
    openid, provider, insider: Person, claims: dict[str, Any]
) -> None:
    provider("google")
    openid.claims = {"iss": "https://accounts.google.com", "sub": "g-1", **claims}
    client = Client()
    assert through(client, "google").status_code == 401
    assert not is_in(client)


@pytest.mark.parametrize("kind", ["kakao", "naver", "google"])
def test_an_administrator_sets_each_up_by_the_form(administrator: Person, kind: str) -> None:
    form = {"name": kind, "client_id": "id", "secret": "secret-of-theirs", "is_active": "on"}
    assert administrator.client.get(f"/settings/sign-in/new/{kind}/").status_code == 200
    assert administrator.client.post(f"/settings/sign-in/new/{kind}/", form).status_code == 302
    provider = SignInProvider.objects.get()
    page = administrator.client.get(f"/settings/sign-in/{provider.pk}/").content.decode()
    assert f"http://testserver/sign-in/{kind}/" in page
    assert "secret-of-theirs" not in page
    again = administrator.client.post(f"/settings/sign-in/new/{kind}/", form)
    assert again.status_code == 422
    assert SignInProvider.objects.count() == 1
    assert administrator.client.post(f"/settings/sign-in/{provider.pk}/delete/").status_code == 302
    assert not SignInProvider.objects.exists()


@pytest.mark.parametrize("kind", ["kakao", "naver", "google"])
def test_what_is_not_set_up_is_not_there(kind: str) -> None:
    assert Client().get(f"/sign-in/{kind}/?code=x&state=y").status_code == 404
    assert Client().post(f"/sign-in/with/{kind}/").status_code == 404


def test_who_turns_back_at_the_provider_is_told_so(openid, provider, insider: Person) -> None:
    provider("kakao")
    client = Client()
    state = leave(client, "kakao").split("state=")[1].split("&")[0]
    answer = client.get(f"/sign-in/kakao/?error=access_denied&state={state}")
    assert answer.url == "/sign-in/cancelled/"
    assert "취소했어요" in client.get(answer.url).content.decode()
