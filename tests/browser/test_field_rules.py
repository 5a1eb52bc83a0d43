"""An administrator keeps fields from a role on the role's page, and looks at the effect through a user's eyes."""

import pytest
from playwright.sync_api import expect

from dangol.customers.models import Customer
from dangol.identity.models import FieldRule, Role
from tests.browser.conftest import sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_rule_is_chosen_in_the_grid_and_seen_through_a_users_eyes(visit, administrator, insider, world):
    role = Role.objects.get(code="sales")
    Customer.objects.filter(pk=world.hong).update(phone="+821012345678")
    page = visit(administrator, f"/settings/roles/{role.pk}/")
    page.locator("#rules-customer summary").press("Enter")
    page.get_by_label("고객, 전화", exact=True).select_option("masked")
    page.get_by_label("고객, 시/군/구", exact=True).select_option("hidden")
    page.locator("main button[type=submit]", has_text="저장").click()
    page.wait_for_url("**/settings/roles/")
    rules = {(rule.record_type, rule.field): rule.rule for rule in FieldRule.objects.filter(role=role)}
    assert rules == {("customer", "phone"): "masked", ("customer", "city"): "hidden"}

    page.goto(f"/settings/roles/{role.pk}/")
    expect(page.locator("#rules-customer")).to_have_attribute("open", "")
    expect(page.locator("#rules-customer .chip")).to_have_text("2")

    page.goto(f"/settings/users/{insider.id}/")
    page.click("[data-open=see-as]")
    page.fill("#see-as-reason", "전화번호가 가려지는지 확인")
    page.locator("#see-as button[type=submit]").click()
    page.wait_for_selector(".seeing:has-text('김지우')")
    page.goto(f"/customers/{world.hong}/")
    text = page.locator("main").inner_text()
    assert "010-****-5678" in text
    assert "1234" not in text
    assert "시/군/구" not in text
    page.locator(".seeing button").click()
    page.wait_for_url(f"**/settings/users/{insider.id}/")
    expect(page.locator(".seeing")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
def test_the_grid_fits_phones_and_desks(visit, administrator, world, width):
    role = Role.objects.get(code="sales")
    page = visit(administrator, f"/settings/roles/{role.pk}/", width=width, color_scheme="dark")
    page.locator("#rules-customer summary").click()
    assert sideways(page) == 0
    shown = page.get_by_label("고객, 전화", exact=True)
    shown.focus()
    expect(shown).to_be_focused()
