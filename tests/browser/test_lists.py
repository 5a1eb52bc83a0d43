"""The list: filtered, sorted, paged, with columns of one's choice, edited in its place."""

import pytest
from playwright.sync_api import expect

from dangol.customers.models import Customer
from dangol.records import registry, writing

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def names(page):
    return page.locator("#list tbody a.strong").all_inner_texts()


def test_a_filter_is_typed_with_suggestions_and_taken_away_as_a_chip(visit, insider, world):
    page = visit(insider, "/customers/")
    box = page.locator(".filterbox input")
    box.click()
    page.keyboard.type("city")
    page.wait_for_selector(".filterbox [role=option]:has-text('city')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type(' contains "부산"')
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector(".filterline a.chip, .filterline .chip.b")
    assert names(page) == ["㈜한빛정밀"]
    page.locator(".filterline .chip.b .x").click()
    page.wait_for_url("**/customers/**")
    page.wait_for_selector("#count:has-text('60')")


def test_a_condition_is_made_in_the_dialog_from_suggested_values(visit, insider, world):
    page = visit(insider, "/customers/")
    page.click("[data-open=condition]")
    page.select_option("#add-field", "stage")
    page.select_option("#add-op", "!=")
    page.locator("#add-value").focus()
    page.wait_for_selector("#add-value-options [role=option]:has-text('유지')")
    page.locator("#add-value-options [role=option]:has-text('유지')").click()
    page.keyboard.press("Enter")
    page.wait_for_selector(".filterline .chip.b")
    assert names(page) == ["홍길동"]


def test_a_wrong_filter_is_explained_where_it_is_wrong(visit, insider, world):
    page = visit(insider, "/customers/?filter=stage+%3D+activ")
    assert "active" in page.locator("#filter-error").inner_text()
    assert page.locator(".empty").count() == 0


def test_columns_are_chosen_ordered_sorted_and_paged(visit, insider, world):
    page = visit(insider, "/customers/")
    page.click("[data-open=columns]")
    first = page.locator("[data-order] .pickline").first.inner_text().strip("↑↓ \n")
    page.locator("[data-order] .pickline").nth(1).get_by_role("button").first.click()
    page.locator("#columns .checks label:has-text('업종')").click()
    page.locator("#columns button[type=submit]").click()
    page.wait_for_selector("#list th:has-text('업종')")
    heads = [text.strip() for text in page.locator("#list th:not(.pick)").all_inner_texts()]
    assert heads.index(first) == 2
    page.locator("#list th a:has-text('이름')").click()
    page.wait_for_selector("#list th[aria-sort=ascending]:has-text('이름')")
    ascending = names(page)
    assert len(ascending) == 50
    page.locator("#list a:has-text('다음')").click()
    expect(page.locator("#list tbody tr")).to_have_count(10)
    assert not set(names(page)) & set(ascending)
    page.locator("#list a:has-text('이전')").click()
    expect(page.locator("#list tbody tr")).to_have_count(50)
    assert names(page) == ascending


def test_a_cell_is_edited_and_a_conflict_says_who_was_faster(visit, insider, teammate, manager, world):
    page = visit(insider, "/customers/?filter=name+contains+%22한빛%22")
    cell = page.locator("td[data-inline][hx-get*='/cell/city/']")
    cell.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("td[data-inline] input:focus")
    page.keyboard.type("창원시")
    page.keyboard.press("Enter")
    page.wait_for_selector("td[data-inline]:has-text('창원시')")
    assert Customer.objects.get(pk=world.hanbit).city == "창원시"

    cell.focus()
    page.keyboard.press("F2")
    page.wait_for_selector("td[data-inline] input:focus")
    writing.update(registry.get("customer"), world.hanbit, {"city": "김해시"}, actor=manager.actor)
    page.keyboard.type("진주시")
    page.keyboard.press("Enter")
    page.wait_for_selector("td[data-inline] [role=alert]")
    assert "최민준" in page.locator("td[data-inline] [role=alert]").inner_text()
    assert Customer.objects.get(pk=world.hanbit).city == "김해시"


def test_a_cell_takes_keys_only_once_its_form_is_bound(visit, insider, world):
    page = visit(insider, "/customers/?filter=name+contains+%22한빛%22")
    address = page.url
    page.evaluate("window.htmx.config.defaultSettleDelay = 600; window.stayed = true")
    page.locator("td[data-inline][hx-get*='/cell/city/']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("td[data-inline] input:focus")
    page.keyboard.type("창원시")
    page.keyboard.press("Enter")
    page.wait_for_selector("td[data-inline]:has-text('창원시')")
    assert page.evaluate("window.stayed") is True
    assert page.url == address
    assert Customer.objects.get(pk=world.hanbit).city == "창원시"


def test_what_is_typed_before_a_cell_is_open_is_kept_and_no_shortcut(visit, insider, world):
    page = visit(insider, "/customers/?filter=name+contains+%22한빛%22")
    address = page.url
    page.evaluate("window.htmx.config.defaultSettleDelay = 600")
    page.locator("td[data-inline][hx-get*='/cell/city/']").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("nx/New Yorkk")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.wait_for_selector("td[data-inline]:has-text('nx/New York')")
    assert page.url == address
    assert Customer.objects.get(pk=world.hanbit).city == "nx/New York"


def test_cells_of_rows_one_may_not_change_do_not_open(visit, teammate, insider, world):
    page = visit(teammate, "/customers/")
    assert len(names(page)) == 50
    assert page.locator("td[data-inline]").count() == 0
