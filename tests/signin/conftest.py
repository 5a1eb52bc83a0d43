"""A provider on this machine, and the way through it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.test import Client

from dangol.identity import services
from dangol.identity.models import SignInProvider
from tests.cast import SYSTEM
from tests.signin.openid_server import CLIENT, SECRET, OpenIDServer


@pytest.fixture(autouse=True)
def nothing_counted(db: None) -> None:
    cache.clear()


@pytest.fixture
def openid(settings: Any) -> Iterator[OpenIDServer]:
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.1"]
    server = OpenIDServer()
    yield server
    server.stop()


def provider_made(
    kind: str, details: dict[str, Any], *, key: str = "company", **fields: Any
) -> SignInProvider:
    usual: dict[str, Any] = {
        "name": "회사 계정",
        "client_id": CLIENT,
        "is_active": True,
        "makes_accounts": False,
        "role": None,
        "team": None,
        "trusts_mail": False,
        "checks_factor": False,
    }
    return services.provider_save(
        actor=SYSTEM, kind=kind, key=key, secret=SECRET, details=details, **{**usual, **fields}
    )


@pytest.fixture
def company_login(openid: OpenIDServer) -> SignInProvider:
    return provider_made("openid_connect", {"server_url": openid.issuer})


def leave(client: Client, key: str, next_url: str = "") -> str:
    """Press the button; the address at the provider."""
    page = client.post(f"/sign-in/with/{key}/", {"next": next_url} if next_url else {})
    assert page.status_code == 200, page.content.decode()[:2000]
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return html.unescape(found[1])


def through(client: Client, key: str, next_url: str = "") -> Any:
    """Press the button, consent at the provider, come back; the last answer."""
    back = requests.get(leave(client, key, next_url), allow_redirects=False, timeout=5)
    assert back.status_code == 302
    return client.get(back.headers["Location"].removeprefix("http://testserver"))


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200
