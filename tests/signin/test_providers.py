"""Providers are set up by administrators; what they are told stays secret, and what they link can be taken away."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.test import Client

from dangol.identity.models import AccessChange, SignInProvider
from tests.cast import Person
from tests.signin.conftest import is_in, through
from tests.signin.openid_server import SECRET, OpenIDServer

pytestmark = pytest.mark.django_db


def test_the_client_secret_lies_sealed_and_never_comes_out_again(
    openid: OpenIDServer, administrator: Person, insider: Person
) -> None:
    form = {
        "name": "회사 계정",
        "key": "company",
        "server_url": openid.issuer,
        "client_id": "dangol-client",
        "secret": SECRET,
        "is_active": "on",
    }
    assert administrator.client.post("/settings/sign-in/new/openid_connect/", form).status_code == 302
    provider = SignInProvider.objects.get()
    page = f"/settings/sign-in/{provider.pk}/"
    again = {**form, "secret": "", "name": "사내 로그인"}
    assert administrator.client.post(page, again).status_code == 302
    stored = str(list(SocialApp.objects.values()))
    assert SECRET not in stored
    assert SECRET not in administrator.client.get(page).content.decode()
    assert SECRET not in str(list(AccessChange.objects.values_list("changes", flat=True)))
    assert "http://testserver/sign-in/openid/company/" in administrator.client.get(page).content.decode()
    client = Client()
    through(client, "company")
    assert is_in(client)
    assert insider.client.get(page).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"key": "kakao"},
        {"key": "A b"},
        {"client_id": ""},
        {"secret": ""},
        {"server_url": "ftp//"},
        {"name": ""},
    ],
)
def test_a_provider_that_cannot_work_is_refused_with_a_reason(administrator: Person, change) -> None:
    form = {"name": "x", "key": "k", "server_url": "https://login.example", "client_id": "c", "secret": "s"}
    answer = administrator.client.post("/settings/sign-in/new/openid_connect/", form | change)
    assert answer.status_code == 422
    assert "_error" in answer.content.decode()
    assert not SocialApp.objects.exists()


def test_a_link_to_a_provider_is_taken_away_by_its_owner_only(
    openid: OpenIDServer, company_login: SignInProvider, insider: Person, outsider: Person
) -> None:
    client = Client()
    through(client, "company")
    account = SocialAccount.objects.get()
    path = f"/settings/profile/accounts/{account.pk}/disconnect/"
    assert outsider.client.post(path).status_code == 404
    assert client.post(path).status_code == 302
    assert not SocialAccount.objects.exists()


def test_the_ways_to_providers_are_limited(openid: OpenIDServer, company_login: SignInProvider) -> None:
    client = Client()
    codes = [client.get("/sign-in/openid/company/?state=x&code=y").status_code for _ in range(32)]
    assert codes[0] == 401
    assert codes[-1] == 429
