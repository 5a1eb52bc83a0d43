"""Personal data in the browser: a masked value is revealed in place, consent is withdrawn by a click, pages fit phones."""

import os

import pytest
from playwright.sync_api import expect

from dangol.customers import standard
from dangol.identity.models import FieldRule, Role
from dangol.records import registry, writing
from dangol.records.looks import settings
from dangol.records.models import Look
from tests.browser.conftest import sideways
from tests.cast import SYSTEM

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("DANGOL_SHOTS")


def kept(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_a_masked_value_is_revealed_in_place_on_a_reason(visit, insider, world):
    role = Role.objects.get(code="sales")
    FieldRule.objects.create(role=role, record_type="customer", field="phone", rule="masked")
    settings.save(actor=SYSTEM, values={"reveal_roles": [role.pk]})
    page = visit(insider, f"/customers/{world.hong}/")
    masked = page.locator("dd .masked", has_text="010-****-5678")
    masked.get_by_text("보기").click()
    page.locator("form.reveal input[name=reason]").fill("배송 문의 전화")
    kept(page, "reveal")
    page.locator("form.reveal button").click()
    expect(page.locator("dd", has_text="010-1234-5678")).to_be_visible()
    assert Look.objects.get(act="reveal").about == "phone: 배송 문의 전화"
    settings.save(actor=SYSTEM, values={"reveal_roles": []})


def test_consent_is_noted_and_withdrawn_by_one_click(visit, insider, world):
    standard.make()
    page = visit(insider, f"/customers/{world.hong}/")
    kept(page, "consents")
    page.locator("#consents dt", has_text="문자").locator("xpath=following-sibling::dd[1]").get_by_text(
        "동의 기록"
    ).first.click()
    page.wait_for_url("**/consents/add/**")
    kept(page, "consent-form")
    page.locator("select[name=act]").select_option("given")
    page.locator("main button[type=submit]").click()
    page.wait_for_url(f"**/customers/{world.hong}/")
    page.locator("#consents").get_by_role("button", name="철회").click()
    page.wait_for_load_state("load")
    expect(page.locator("#consents .chip", has_text="철회")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit_phones_and_desks(visit, administrator, insider, world, width):
    standard.make()
    insider.client.get(f"/customers/{world.hong}/")
    insider.client.get("/customers/")
    writing.create(
        registry.get("person_request"),
        {"customer": world.hong, "kind": "erase", "subject": "탈퇴와 파기 요청"},
        actor=insider.actor,
    )
    for name, path in {
        "looks": "/settings/privacy/looks/",
        "reviews": "/settings/privacy/reviews/",
        "review": "/settings/privacy/reviews/202610/",
        "settings": "/settings/privacy/",
        "erasures": "/settings/privacy/erasures/",
        "person": f"/customers/{world.hong}/person/",
        "who": f"/customers/{world.hong}/looks/",
        "requests": "/person-requests/",
        "customer": f"/customers/{world.hong}/",
    }.items():
        page = visit(administrator, path, width=width)
        kept(page, f"{name}-{width}")
        assert sideways(page) == 0, path
        page.close()
