"""Two customers become one in the browser – from ticked rows, by keyboard – and two again."""

import pytest
from playwright.sync_api import expect

from dangol.customers.models import Customer
from dangol.records import registry, writing
from dangol.records.models import Merge
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def twin(insider, world):
    """The same company once more, with another number, a contact and tags."""
    values = {
        "name": "한빛정밀 주식회사",
        "stage": "prospect",
        "phone": "055-999-0000",
        "industry": "기계",
        "tags": ["박람회"],
    }
    twin = writing.create(registry.get("customer"), values, actor=insider.actor)
    writing.create(registry.get("contact"), {"customer": twin, "name": "김민서"}, actor=insider.actor)
    writing.update(registry.get("customer"), world.hanbit, {"tags": ["우수"]}, actor=insider.actor)
    return twin


def test_ticked_rows_are_merged_and_taken_apart_again(visit, insider, world, twin):
    page = visit(insider, "/customers/?filter=name+contains+%22한빛%22")
    for number in (world.hanbit, twin):
        page.locator(f'tr[data-id="{number}"] .pick input').check()
    page.locator("#bulk").get_by_role("button", name="합치기").click()
    page.wait_for_url("**/customers/merge/?**")
    # Another one is to stay: the page is asked for anew.
    page.locator(f'input[name="into"][value="{twin}"]').check()
    page.wait_for_url(f"**into={twin}")
    page.locator(f'input[name="into"][value="{world.hanbit}"]').check()
    page.wait_for_url(f"**into={world.hanbit}")
    name = page.locator(f'input[name="f-name"][value="{world.hanbit}"]')
    name.focus()
    page.keyboard.press(
        "ArrowRight" if page.locator("input[name=f-name]").first.is_checked() else "ArrowLeft"
    )
    expect(page.locator(f'input[name="f-name"][value="{twin}"]')).to_be_checked()
    page.get_by_role("button", name="미리 보기").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("한빛정밀 주식회사")
    expect(preview).to_contain_text("담당자")
    assert axe_findings(page) == []
    preview.get_by_role("button", name="합치기").click()
    page.wait_for_url("**/merges/**")
    expect(page.get_by_role("heading", name="합치기 · 한빛정밀 주식회사")).to_be_visible()
    assert axe_findings(page) == []
    page.goto(f"/customers/{twin}/")
    page.wait_for_url(f"**/customers/{world.hanbit}/")
    expect(page.locator("body")).to_contain_text(f"#{twin} 기록은 이 기록에 합쳐졌어요")
    page.goto(f"/merges/{Merge.objects.get().key}/")
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator("body")).to_contain_text("되돌렸어요")
    assert Customer.objects.get(pk=twin).deleted_at is None
    assert Customer.objects.get(pk=world.hanbit).name == "㈜한빛정밀"


def test_from_a_customers_page_the_other_one_is_found_by_typing(visit, insider, world, twin):
    page = visit(insider, f"/customers/{world.hanbit}/", width=390)
    page.locator('a[href^="/customers/merge/"]').click()
    page.wait_for_url("**/customers/merge/?**")
    page.get_by_label("함께 합칠 기록").press_sequentially("한빛정밀 주")
    page.locator(f'[role=option][data-id="{twin}"]').click()
    page.wait_for_url(f"**id={twin}")
    expect(page.locator("input[name=into]")).to_have_count(2)
    assert sideways(page) == 0
    assert axe_findings(page) == []


def test_what_changed_since_is_decided_on_the_page(visit, insider, world, twin):
    from dangol.records.merging import merge

    customers = registry.get("customer")
    done = merge(actor=insider.actor, record_type=customers, into=world.hanbit, others=[twin])
    writing.update(customers, world.hanbit, {"industry": "공작기계"}, actor=insider.actor)
    page = visit(insider, f"/merges/{done.key}/", width=390)
    expect(page.locator("#undo")).to_contain_text("공작기계")
    page.locator('input[name="c-industry"][value="keep"]').check()
    assert axe_findings(page) == []
    page.get_by_role("button", name="되돌리기").click()
    expect(page.locator("body")).to_contain_text("되돌렸어요")
    assert Customer.objects.get(pk=world.hanbit).industry == "공작기계"
