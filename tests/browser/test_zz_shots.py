"""The queue of duplicates by keyboard and on a phone, and the question beside a form."""

import pytest
from playwright.sync_api import expect

from dangol.customers.models import Customer
from dangol.records import registry
from dangol.records.models import DuplicatePair
from tests.browser.conftest import axe_findings
from tests.records.matching.conftest import AGAIN, HANBIT, OTHERS, made, scanned

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def doubles(insider):
    """A company three times, a person twice, and others."""
    [first, *_rest] = made(insider.actor, HANBIT, *OTHERS)
    second, third = made(insider.actor, AGAIN, {**AGAIN, "name": "한빛전자", "city": "강남구"})
    one, other = made(
        insider.actor,
        {"kind": "person", "name": "김민수", "phone": "010-2345-6789", "email": "minsu.kim@naver.example"},
        {
            "kind": "person",
            "name": "Kim Min-soo",
            "phone": "010-2345-6789",
            "email": "minsu.kim@daum.example",
        },
    )
    scanned(registry.get("customer"))
    return [first, second, third, one, other]


def test_shots(visit, administrator, insider, doubles):
    for width in (1440, 390):
        page = visit(administrator, "/customers/duplicates/", width=width)
        page.screenshot(path=f"/tmp/shot-queue-{width}.png", full_page=True)
        page.goto("/customers/duplicates/rules/")
        page.screenshot(path=f"/tmp/shot-rules-{width}.png", full_page=True)
        page = visit(insider, "/customers/new/", width=width)
        page.locator("[name=name]").fill("한빛전자")
        page.locator("[name=phone]").fill("02-345-6789")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="저장", exact=True).click()
        page.wait_for_timeout(1500)
        page.screenshot(path=f"/tmp/shot-form-{width}.png", full_page=True)
