"""The page of components, the choice of language and theme, and the pages for errors."""

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from dangol.web.preferences import THEME_COOKIE, theme_of

ADDRESSES = ["/ui/", "/ui/palette/?q=가", "/ui/progress/", "/ui/cell/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_page_of_components_is_only_where_it_was_switched_on(settings, insider, address):
    settings.DANGOL_UI_PAGE = False
    assert insider.client.get(address).status_code == 404
    settings.DANGOL_UI_PAGE = True
    assert insider.client.get(address).status_code == 200
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_of_components_needs_nothing_inline(settings, insider, language):
    settings.DANGOL_UI_PAGE = True
    insider.client.post("/preferences/", {"language": language})
    response = insider.client.get("/ui/")
    html = response.content.decode()
    assert f'<html lang="{language}"' in html
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_sample_palette_finds_by_part_of_the_name(settings, insider):
    settings.DANGOL_UI_PAGE = True
    html = insider.client.get("/ui/palette/", {"q": "정밀"}).content.decode()
    assert html.count('role="option"') == 1
    assert insider.client.get("/ui/palette/", {"q": "<b>"}).content.decode().strip() == ""


def test_a_theme_is_kept_in_a_cookie_before_sign_in():
    response = Client().post("/preferences/", {"theme": "dark", "next": "/ui/"})
    assert response.status_code == 302
    assert response.url == "/ui/"
    assert response.cookies[THEME_COOKIE].value == "dark"


def test_a_choice_is_kept_on_the_user_who_is_signed_in(insider):
    response = insider.client.post(
        "/preferences/", {"language": "en", "theme": "dark"}, headers={"hx-request": "true"}
    )
    assert response.status_code == 204
    insider.user.refresh_from_db()
    assert insider.user.language == "en"
    assert insider.user.theme == "dark"


def test_a_choice_that_is_not_offered_changes_nothing(insider):
    before = (insider.user.language, insider.user.theme)
    for choice in ({"theme": "pink"}, {"language": "xx"}):
        assert insider.client.post("/preferences/", choice).status_code == 400
    insider.user.refresh_from_db()
    assert (insider.user.language, insider.user.theme) == before


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_the_way_back_stays_on_this_host(elsewhere):
    assert Client().post("/preferences/", {"theme": "dark", "next": elsewhere}).url == "/"


def test_preferences_are_only_posted_and_only_with_a_token():
    assert Client().get("/preferences/").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/preferences/", {"theme": "dark"}).status_code == 403


def test_an_unknown_cookie_is_the_automatic_theme():
    request = RequestFactory().get("/")
    request.COOKIES[THEME_COOKIE] = "pink"
    assert theme_of(request) == "auto"


@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "500"])
@pytest.mark.parametrize(("language", "way_out"), [("ko", "첫 화면으로"), ("en", "To the start page")])
def test_a_page_for_an_error_shows_a_way_out_without_request_and_database(page, language, way_out):
    with translation.override(language):
        html = render_to_string(f"{page}.html")
    assert f'lang="{language}"' in html
    assert way_out in html
