"""Formulas, roll-ups and layouts made in the browser, with a look at what they give while one writes."""

import os

import pytest
from playwright.sync_api import expect

from dangol.identity import revisions
from dangol.records.models import OwnField
from dangol.records.models.layouts import Layout
from dangol.records.own import rolling
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _nothing_left_behind(transactional_db):
    revisions.forget()
    revisions.look()
    yield
    for definition in OwnField.objects.filter(kind="roll_up"):
        definition.state = "inactive"
        definition.save()
        rolling.settle(definition.pk)
    # The process must learn that nothing is left while the database still says so; it is emptied afterwards.
    Layout.objects.all().delete()
    OwnField.objects.all().delete()
    revisions.forget()
    revisions.look()


def test_a_formula_shows_its_mistakes_and_its_values_while_it_is_written(visit, administrator, world):
    page = visit(administrator, "/settings/fields/customer/new/")
    page.get_by_role("link", name="수식", exact=True).click()
    page.get_by_label("한국어 이름").fill("이름표")
    page.get_by_label("수식").fill("nmae & '!'")
    expect(page.locator("#preview mark")).to_have_text("nmae")
    page.get_by_label("수식").fill("name & '!'")
    expect(page.locator("#preview td").nth(1)).to_contain_text("!")
    page.get_by_role("button", name="저장").click()
    page.wait_for_url("**/settings/fields/customer/")
    page.goto(f"/customers/{world.others[0]}/")
    expect(page.get_by_text("이름표")).to_be_visible()


def test_a_field_moves_up_and_off_the_form(visit, administrator, world):
    page = visit(administrator, "/settings/fields/customer/layout/")
    second = page.locator("section.cardx").first.locator("tbody tr").nth(1)
    name = second.locator("code").inner_text()
    second.get_by_role("button", name="위로").click()
    page.wait_for_load_state()
    expect(page.locator("section.cardx").first.locator("tbody tr").first.locator("code")).to_have_text(name)
    row = page.locator("tr", has=page.get_by_role("button", name="입력 화면에서 빼기")).first
    gone = row.locator("code").inner_text()
    row.get_by_role("button", name="입력 화면에서 빼기").click()
    expect(page.get_by_text("입력 화면에 없음")).to_be_visible()
    page.goto("/customers/new/")
    expect(page.locator(f'[data-field="{gone}"]')).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "width"), [("ko", "light", 390), ("en", "dark", 1440)])
def test_the_pages_fit_a_telephone_and_axe_finds_nothing(visit, administrator, world, language, theme, width):
    administrator.user.language, administrator.user.theme = language, theme
    administrator.user.save()
    page = visit(administrator, "/settings/fields/", color_scheme=theme, width=width)
    found = {}
    for place in (
        "customer/new/?kind=formula",
        "customer/new/?kind=roll_up",
        "customer/new/?kind=roll_up&of=order.customer",
        "customer/layout/",
    ):
        page.goto(f"/settings/fields/{place}")
        if "formula" in place:
            page.locator("#id_formula").fill("name * 2")
            page.locator("#preview mark").wait_for()
        if os.environ.get("DANGOL_PICTURES"):
            name = place.replace("/", "-").replace("?", "-").replace("&", "-")
            page.screenshot(path=f"{os.environ['DANGOL_PICTURES']}/{name}{width}.png", full_page=True)
        found[place] = axe_findings(page)
        assert sideways(page) == 0, place
    assert {place: findings for place, findings in found.items() if findings} == {}
