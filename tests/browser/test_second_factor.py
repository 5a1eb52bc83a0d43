"""Second factors, passkeys, sessions and providers in a real browser; a virtual authenticator stands for the device."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache

from dangol.identity import services
from tests.browser.conftest import axe_findings, sideways
from tests.cast import PASSWORD, SYSTEM
from tests.signin.conftest import provider_made
from tests.signin.openid_server import OpenIDServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FACTORS = "/settings/profile/second-factor/"


@pytest.fixture(autouse=True)
def nothing_counted(db):
    cache.clear()


def code_for(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def sign_in(page, email: str = "insider@example.com") -> None:
    page.goto("/sign-in/?next=/customers/")
    page.fill("#id_login", email)
    page.fill("#id_password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def sign_out(page) -> None:
    page.click("summary.me")
    with page.expect_navigation(url="**/sign-in/**"):
        page.locator("details.menu").get_by_role("button", name="로그아웃").click()


def authenticator(page) -> None:
    """A device with a fingerprint that always matches."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_an_app_is_set_up_then_asked_for_and_a_recovery_code_stands_in(visit, insider):
    page = visit(None, "/sign-in/")
    sign_in(page)
    page.wait_for_url("**/customers/")
    page.goto(FACTORS)
    page.get_by_role("link", name="인증 앱 등록").click()
    secret = page.locator("#totp-key").inner_text()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    assert axe_findings(page) == []
    page.keyboard.type(code_for(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/codes/")
    codes = page.locator("#codes code").all_inner_texts()
    assert len(codes) == 10
    assert axe_findings(page) == []
    page.get_by_role("link", name="보관했어요").click()
    page.wait_for_url(f"**{FACTORS}")
    assert axe_findings(page) == []

    other = visit(None, "/sign-in/", width=390, color_scheme="dark")
    sign_in(other)
    other.wait_for_url("**/sign-in/second-factor/**")
    assert sideways(other) == 0
    assert axe_findings(other) == []
    other.keyboard.type("000000")
    other.keyboard.press("Enter")
    other.wait_for_selector("[role=alert]")
    other.fill("#id_code", code_for(secret, 1))
    other.keyboard.press("Enter")
    other.wait_for_url("**/customers/")

    third = visit(None, "/sign-in/")
    sign_in(third)
    third.keyboard.type(codes[0])
    third.keyboard.press("Enter")
    third.wait_for_url("**/customers/")


def test_a_passkey_is_set_up_and_signs_in_without_a_password(visit, insider):
    page = visit(None, "/sign-in/")
    authenticator(page)
    sign_in(page)
    page.goto(f"{FACTORS}keys/new/")
    assert axe_findings(page) == []
    page.fill("#id_name", "내 노트북")
    page.get_by_role("button", name="기기에 등록").click()
    page.wait_for_url("**/codes/")
    page.goto(FACTORS)
    assert page.get_by_text("내 노트북").is_visible()
    sign_out(page)
    page.goto("/sign-in/")
    with page.expect_navigation(url=lambda url: "sign-in" not in url):
        page.get_by_role("button", name="패스키로 로그인").click()
    page.goto("/customers/")
    assert page.locator("h1").inner_text() == "고객"

    # As a second factor after the password, too.
    sign_out(page)
    sign_in(page)
    page.wait_for_url("**/sign-in/second-factor/**")
    page.get_by_role("button", name="패스키 쓰기").click()
    page.wait_for_url("**/customers/")


def test_a_device_that_refuses_is_told_in_words(visit, insider):
    page = visit(None, "/sign-in/")
    refuse = "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    page.evaluate(refuse)
    page.get_by_role("button", name="패스키로 로그인").click()
    page.wait_for_selector("[data-passkey-error]:not([hidden])")
    assert "기기에서 확인되지 않았어요" in page.locator("[data-passkey-error]").inner_text()
    assert axe_findings(page) == []


def test_who_must_have_a_second_factor_sets_it_up_before_anything_else(visit, insider):
    services.policy_save(actor=SYSTEM, second_factor="everyone")
    page = visit(None, "/sign-in/", width=390)
    sign_in(page)
    page.wait_for_url(f"**{FACTORS}")
    assert page.get_by_text("회사에서 2단계 인증을 쓰도록 정했어요").is_visible()
    assert sideways(page) == 0
    assert axe_findings(page) == []
    page.goto("/customers/")
    page.wait_for_url(f"**{FACTORS}")
    page.get_by_role("link", name="인증 앱 등록").click()
    secret = page.locator("#totp-key").inner_text()
    assert sideways(page) == 0
    page.fill("#id_code", code_for(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/codes/")
    assert sideways(page) == 0
    page.goto("/customers/")
    assert page.locator("h1").inner_text() == "고객"


def test_a_device_that_is_signed_out_is_out_at_the_next_click(visit, insider):
    here = visit(None, "/sign-in/")
    sign_in(here)
    there = visit(None, "/sign-in/", user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/604.1")
    sign_in(there)
    there.wait_for_url("**/customers/")
    here.goto("/settings/profile/")
    assert axe_findings(here) == []
    with here.expect_navigation():
        here.get_by_role("button", name="Safari · iPhone 로그아웃").click()
    assert here.get_by_text("Safari · iPhone").count() == 0
    there.reload()
    there.wait_for_url("**/sign-in/**")
    here.reload()
    assert here.locator("h1").inner_text() == "내 프로필"


@pytest.fixture
def openid(settings):
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.1"]
    server = OpenIDServer()
    yield server
    server.stop()


def test_one_signs_in_with_the_company_account(visit, insider, administrator, openid):
    admin = visit(administrator, "/settings/sign-in/")
    assert axe_findings(admin) == []
    admin.get_by_role("link", name="OpenID Connect").click()
    assert axe_findings(admin) == []
    admin.fill("#id_name", "회사 계정")
    admin.fill("#id_key", "company")
    admin.fill("#id_server_url", openid.issuer)
    admin.fill("#id_client_id", "dangol-client")
    admin.fill("#id_secret", "a-secret-nobody-may-see-0123456789-0123456789-0123456789-0123456789")
    admin.check("#id_is_active")
    admin.get_by_role("button", name="저장").click()
    admin.wait_for_url("**/settings/sign-in/*/")
    assert "/sign-in/openid/company/" in admin.locator("#address-1").input_value()
    assert admin.locator("#id_secret").input_value() == ""
    assert axe_findings(admin) == []

    page = visit(None, "/customers/", width=390)
    page.wait_for_url("**/sign-in/**")
    assert sideways(page) == 0
    assert axe_findings(page) == []
    page.get_by_role("button", name="회사 계정 로그인").click()
    page.wait_for_url("**/customers/")
    assert page.locator("h1").inner_text() == "고객"
    assert openid.refusals == []


def test_where_only_providers_sign_people_in_the_password_is_put_away(visit, insider, administrator, openid):
    provider_made("openid_connect", {"server_url": openid.issuer})
    services.policy_save(actor=SYSTEM, providers_only=True, break_glass=administrator.user)
    page = visit(None, "/sign-in/", width=390)
    assert not page.locator("#id_password").is_visible()
    assert axe_findings(page) == []
    page.get_by_text("비상 로그인").click()
    page.fill("#id_login", "administrator@example.com")
    page.fill("#id_password", PASSWORD)
    with page.expect_navigation(url=lambda url: "sign-in" not in url):
        page.keyboard.press("Enter")
    page.goto("/settings/sign-in/")
    assert page.locator("h1").inner_text() == "로그인 설정"
    assert sideways(page) == 0
