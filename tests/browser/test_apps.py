"""Apps of others in a browser: the page that asks, and the pages about them."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from dangol.identity import services
from dangol.identity.models import App, Token
from tests.browser.conftest import axe_findings, sideways
from tests.cast import SYSTEM

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Answers(BaseHTTPRequestHandler):
    """A program on one's own machine that waits for people to come back."""

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>back</title>")

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def listening():
    server = HTTPServer(("127.0.0.1", 0), Answers)
    server.asked = []
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def app(company):
    made, _secret = services.app_save(
        actor=SYSTEM, name="한빛 ERP 주문 연동", redirect_uris=["http://127.0.0.1/back"], is_public=True,
        scopes=["customer:read", "order:read", "order:write"],
    )  # fmt: skip
    return made


def asking(app, back="http://127.0.0.1:9/back"):
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": back,
        "scope": "customer:read order:read order:write",
        "state": "s",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    return f"/oauth/authorize?{urlencode(asked)}"


def picture(page, name: str) -> None:
    """Where somebody wants to look at it: DANGOL_PICTURES names the folder."""
    if folder := os.environ.get("DANGOL_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_that_asks_fits_and_is_accessible(visit, insider, app, width):
    page = visit(insider, asking(app), width=width)
    picture(page, f"consent-{width}")
    text = page.inner_text("main")
    assert "한빛 ERP 주문 연동" in text
    assert "주문: 읽기, 만들기와 변경" in text
    assert insider.user.name in text
    assert sideways(page) == 0
    assert axe_findings(page) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_apps_fit_and_are_accessible(visit, administrator, insider, app, width):
    services.grant_make(app=app, user=administrator.user, scopes=["order:read"], actor=administrator.actor)
    for name, path in (
        ("apps", "/settings/apps/"),
        ("app", f"/settings/apps/{app.pk}/"),
        ("app-new", "/settings/apps/new/"),
        ("profile", "/settings/profile/"),
    ):
        page = visit(administrator, path, width=width)
        picture(page, f"{name}-{width}")
        assert sideways(page) == 0, path
        assert axe_findings(page) == [], path
        page.close()


def test_whoever_allows_comes_back_to_the_app(visit, insider, app, listening):
    page = visit(insider, asking(app, f"http://127.0.0.1:{listening.server_port}/back"))
    page.click("button[value=allow]")
    page.wait_for_url("http://127.0.0.1:*/back?*")
    (back,) = [path for path in listening.asked if path.startswith("/back")]
    found = parse_qs(urlsplit(back).query)
    assert found["state"] == ["s"]
    assert len(found["code"][0]) >= 30
    assert Token.objects.get(app=app).user_id == insider.id


def test_whoever_refuses_comes_back_without_a_code(visit, insider, app, listening):
    page = visit(insider, asking(app, f"http://127.0.0.1:{listening.server_port}/back"))
    page.click("button[value=refuse]")
    page.wait_for_url("http://127.0.0.1:*/back?*")
    assert "error=access_denied" in page.url
    assert not Token.objects.filter(app=app).exists()


def test_an_app_is_registered_and_taken_away(visit, administrator):
    page = visit(administrator, "/settings/apps/new/")
    page.fill("input[name=name]", "창고")
    page.fill("textarea[name=redirect_uris]", "https://warehouse.example/back")
    page.click("details:has(input[value='order:read']) summary")
    page.check("input[value='order:read']")
    page.click("form.form button[type=submit]")
    page.wait_for_selector("#secret")
    assert page.input_value("#secret").startswith("dgs_")
    page.click("a.btnx.pri")
    page.wait_for_url(f"**/settings/apps/{App.objects.get().pk}/")
    assert page.is_checked("input[value='order:read']")
    page.click("[data-open=delete]")
    page.click("dialog button.danger")
    page.wait_for_url("**/settings/apps/")
    assert not App.objects.exists()
