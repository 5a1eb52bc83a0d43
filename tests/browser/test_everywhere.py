"""What holds on every page: nothing moves sideways on a telephone, and axe finds nothing."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def places(world):
    return [
        "/",
        "/customers/",
        "/customers/?filter=stage+%3D+activ",
        "/customers/?filter=name+%3D+none",
        f"/customers/{world.hanbit}/",
        f"/customers/{world.hong}/",
        f"/customers/{world.hanbit}/edit/",
        f"/customers/{world.hanbit}/history/",
        f"/contacts/{world.contact}/",
        f"/orders/{world.order}/",
        "/interactions/",
        "/products/bin/",
        "/value/",
        "/imports/",
        "/imports/new/",
        "/settings/",
        "/settings/profile/",
        "/settings/users/",
        "/settings/roles/",
        "/api/v1/docs",
        "/nowhere/",
    ]


def main_places(world):
    """Pages that differ from one another in what they are made of."""
    return [
        "/",
        "/customers/",
        "/customers/?filter=stage+%3D+activ",
        f"/customers/{world.hanbit}/",
        f"/customers/{world.hanbit}/edit/",
        f"/orders/{world.order}/",
        "/value/",
        "/imports/new/",
        "/settings/profile/",
        "/settings/roles/",
    ]


@pytest.mark.parametrize("width", [390, 360])
def test_a_telephone_shows_every_page_without_moving_sideways(visit, administrator, world, width):
    page = visit(None, "/sign-in/", width=width)
    assert sideways(page) == 0
    page = visit(administrator, "/", width=width)
    wider = {}
    for place in places(world):
        page.goto(place)
        if found := sideways(page):
            wider[place] = found
    assert wider == {}


@pytest.mark.parametrize(("language", "theme"), [("ko", "light"), ("en", "dark")])
def test_axe_finds_nothing(visit, administrator, world, language, theme):
    administrator.user.language, administrator.user.theme = language, theme
    administrator.user.save()
    page = visit(None, "/sign-in/", color_scheme=theme, locale=language)
    assert axe_findings(page) == []
    page = visit(administrator, "/", color_scheme=theme)
    found = {}
    for place in main_places(world):
        page.goto(place)
        for chart in page.locator("[data-chart]").all():
            chart.scroll_into_view_if_needed()
        expect(page.locator("[data-chart]:not([data-drawn])")).to_have_count(0)
        if findings := axe_findings(page):
            found[place] = findings
    assert found == {}


def test_axe_finds_nothing_in_what_opens_over_a_page(visit, insider, world):
    page = visit(insider, "/customers/")
    for opened in ("condition", "columns"):
        page.click(f"[data-open={opened}]")
        page.wait_for_selector(f"#{opened}[open]")
        assert axe_findings(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("ㅎ")
    page.wait_for_selector("#palette-results [role=option]")
    assert axe_findings(page) == []


def test_a_cell_that_is_edited_does_not_widen_the_page(visit, insider, world):
    page = visit(insider, "/customers/", width=360)
    page.locator("td[data-inline]").last.press("Enter")
    page.wait_for_selector("td[data-inline] :is(input, select):focus")
    assert sideways(page) == 0
