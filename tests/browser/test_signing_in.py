"""Coming in, going out, and choosing language and theme."""

import pytest

from tests.cast import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_signs_in_with_the_keyboard_and_out_by_the_menu(visit, insider):
    page = visit(None, "/customers/")
    page.wait_for_url("**/sign-in/**")
    page.keyboard.type("insider@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert], .note.r")
    page.fill("#id_login", "insider@example.com")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/")
    page.click("summary.me")
    page.get_by_role("button", name="로그아웃").click()
    page.wait_for_load_state("load")
    page.goto("/customers/")
    page.wait_for_url("**/sign-in/**")


def test_language_and_theme_are_switched_and_kept(visit, insider):
    page = visit(insider, "/customers/")
    assert page.locator("h1").inner_text() == "고객"
    page.click("summary.me")
    page.click("button[name=language][value=en]")
    page.wait_for_selector("h1:has-text('Customers')")
    page.click("summary.me")
    with page.expect_response("**/preferences/"):
        page.click("button[name=theme][value=dark]")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
        "en",
        "dark",
    ]
