"""A program of somebody else, as the tests of OAuth need one."""

from __future__ import annotations

import base64
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from dangol.identity import services
from tests.cast import SYSTEM

BACK = "https://erp.example/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Program:
    """A program of somebody else, with its own idea of what it may."""

    def __init__(self, *, scopes=("customer:read",), public=False, uris=(BACK,), **more):
        self.app, self.secret = services.app_save(
            actor=SYSTEM, name="한빛 ERP", redirect_uris=uris, scopes=scopes, is_public=public, **more
        )
        self.client = Client()

    def query(self, **changes):
        asked = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": BACK,
            "scope": "customer:read",
            "state": "s-17",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return urlencode({name: value for name, value in asked.items() if value is not None})

    def page(self, person, **changes):
        return person.client.get(f"/oauth/authorize?{self.query(**changes)}")

    def answer(self, person, answer="allow", **changes):
        """What comes back after somebody has answered on the page: the parts of the address."""
        page = self.page(person, **changes)
        assert page.status_code == 200, page
        answered = person.client.post("/oauth/authorize", {"sent": page.context["sent"], "answer": answer})
        assert answered.status_code == 303, answered.content.decode()
        return parts(answered)

    def code(self, person, **changes):
        return self.answer(person, **changes)["code"]

    def post(self, path, **data):
        if self.secret and "client_id" not in data:
            data |= {"client_id": self.app.client_id, "client_secret": self.secret}
        return self.client.post(path, {"client_id": self.app.client_id} | data)

    def redeem(self, given, **changes):
        asked = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return self.post("/oauth/token", **{k: v for k, v in (asked | changes).items() if v is not None})

    def refresh(self, token, **more):
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **more)

    def tokens(self, person, **changes):
        found = self.redeem(self.code(person, **changes))
        assert found.status_code == 200, found.content
        return found.json()


def parts(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def api(tokens):
    return Client(headers={"authorization": f"Bearer {tokens['access_token']}"})
