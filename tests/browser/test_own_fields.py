"""An administrator makes fields in the browser; forms show them as their condition says."""

import pytest
from playwright.sync_api import expect

from dangol.identity import revisions
from dangol.records.models import OwnField
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _nothing_left_behind(transactional_db):
    revisions.forget()
    revisions.look()
    yield
    revisions.forget()


def test_a_field_is_made_with_a_preview_and_follows_its_condition(visit, administrator, world):
    page = visit(administrator, "/settings/fields/customer/new/")
    page.get_by_role("link", name="선택", exact=True).click()
    page.get_by_label("한국어 이름").fill("거래 등급")
    page.get_by_label("한국어 1", exact=True).fill("우수")
    page.get_by_label("한국어 2", exact=True).fill("보통")
    expect(page.locator("#preview select option")).to_have_text(["–", "우수", "보통"])
    page.get_by_label("표시 조건").fill("stage = active")
    page.get_by_role("button", name="저장").click()
    page.wait_for_url("**/settings/fields/customer/")
    expect(page.get_by_role("link", name="거래 등급")).to_be_visible()
    page.goto(f"/customers/{world.others[0]}/edit/")
    field = page.locator('[data-field="x_georae_deunggeup"]')
    expect(field).to_be_visible()
    page.locator('select[name="stage"]').select_option("lost")
    expect(field).to_be_hidden()
    page.locator('select[name="stage"]').select_option("active")
    expect(field).to_be_visible()
    field.locator("select").select_option("usu")
    page.get_by_role("button", name="저장").click()
    expect(page.get_by_text("우수")).to_be_visible()


@pytest.mark.parametrize(("language", "theme", "width"), [("ko", "light", 390), ("en", "dark", 1440)])
def test_the_pages_of_fields_fit_a_telephone_and_axe_finds_nothing(
    visit, administrator, world, language, theme, width
):
    administrator.user.language, administrator.user.theme = language, theme
    administrator.user.save()
    page = visit(administrator, "/settings/fields/", color_scheme=theme, width=width)
    for kind, label in (("text", "아주 긴 이름을 가진 메모 항목"), ("multi_choice", "관심사")):
        page.goto(f"/settings/fields/customer/new/?kind={kind}")
        page.locator("#id_label_ko").fill(label)
        if kind == "multi_choice":
            page.locator('input[name="choice_ko"]').first.fill("금")
        page.locator("#own-field button[type=submit]").click()
        page.wait_for_url("**/settings/fields/customer/")
    definition = OwnField.objects.get(kind="multi_choice")
    found = {}
    for place in (
        "/settings/fields/",
        "/settings/fields/customer/",
        "/settings/fields/customer/new/",
        "/settings/fields/customer/new/?kind=number",
        f"/settings/fields/{definition.pk}/",
        "/customers/new/",
        f"/customers/{world.others[0]}/",
    ):
        page.goto(place)
        if findings := axe_findings(page):
            found[place] = findings
        assert sideways(page) == 0, place
    assert found == {}
