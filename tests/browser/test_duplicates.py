"""The queue of duplicates by keyboard and on a phone, and the question beside a form."""

import pytest
from playwright.sync_api import expect

from dangol.customers.models import Customer
from dangol.records import registry
from dangol.records.models import DuplicatePair
from tests.browser.conftest import axe_findings, sideways
from tests.records.matching.conftest import AGAIN, HANBIT, OTHERS, made, scanned

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def doubles(insider):
    """A company three times, a person twice, and others."""
    [first, *_rest] = made(insider.actor, HANBIT, *OTHERS)
    second, third = made(insider.actor, AGAIN, {**AGAIN, "name": "한빛전자", "city": "강남구"})
    one, other = made(
        insider.actor,
        {"kind": "person", "name": "김민수", "phone": "010-2345-6789", "email": "minsu77@naver.example"},
        {
            "kind": "person",
            "name": "Kim Min-soo",
            "phone": "010-2345-6789",
            "email": "minsu77@daum.example",
        },
    )
    scanned(registry.get("customer"))
    return [first, second, third, one, other]


def test_the_queue_is_worked_through_with_the_keyboard(visit, administrator, doubles):
    page = visit(administrator, "/customers/duplicates/")
    groups = page.locator("[data-group]")
    expect(groups).to_have_count(2)
    page.keyboard.press("j")
    expect(groups.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(groups.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(groups.nth(0)).to_be_focused()
    before = DuplicatePair.objects.filter(state="different").count()
    page.keyboard.press("d")
    expect(groups).to_have_count(1)
    assert before == 0 < DuplicatePair.objects.filter(state="different").count()
    page.keyboard.press("j")
    page.keyboard.press("l")
    expect(groups).to_have_count(0)
    expect(page.get_by_text("결정할 것이 없어요")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_its_pages_fit_and_axe_finds_nothing(visit, administrator, doubles, width):
    page = visit(administrator, "/customers/duplicates/", width=width)
    for place in ("/customers/duplicates/", "/customers/duplicates/rules/", "/duplicates/"):
        page.goto(place)
        assert sideways(page) == 0
        assert axe_findings(page) == []


def test_the_form_tells_while_it_is_filled_in_and_asks_before_it_saves(visit, insider, doubles):
    page = visit(insider, "/customers/new/")
    page.locator("[name=name]").fill("한빛전자")
    page.locator("[name=phone]").fill("02-345-6789")
    page.keyboard.press("Tab")
    expect(page.locator("#likes")).to_contain_text("이미 있는 것일 수 있어요.")
    expect(page.locator("#likes")).to_contain_text("㈜한빛전자")
    assert axe_findings(page) == []
    count = Customer.objects.count()
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.get_by_role("button", name="그래도 저장")).to_be_visible()
    assert Customer.objects.count() == count
    page.get_by_role("button", name="그래도 저장").click()
    page.wait_for_url("**/customers/*/")
    assert Customer.objects.count() == count + 1
