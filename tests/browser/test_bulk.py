"""Rows are selected over pages, by mouse and by keys, changed at once, and taken back."""

import pytest
from playwright.sync_api import expect

from dangol.customers.models import Customer
from dangol.records.bulk import jobs
from dangol.records.models import BulkRun
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def boxes(page):
    return page.locator("#list tbody .pick input")


def test_a_selection_outlives_paging_and_sorting_and_ends_with_the_filter(visit, insider, world):
    page = visit(insider, "/customers/?sort=name")
    boxes(page).nth(0).check()
    boxes(page).nth(3).click(modifiers=["Shift"])
    status = page.locator("#bulk [data-bulk-count]")
    expect(status).to_have_text("4개 선택")
    page.locator("#list a:has-text('다음')").click()
    expect(page.locator("#list tbody tr")).to_have_count(10)
    expect(status).to_have_text("4개 선택")
    boxes(page).nth(0).check()
    expect(status).to_have_text("5개 선택")
    page.locator("#list a:has-text('이전')").click()
    expect(page.locator("#list tbody tr")).to_have_count(50)
    expect(page.locator("#list tbody tr.on")).to_have_count(4)
    page.locator("#list th a:has-text('이름')").click()
    page.wait_for_selector("#list th[aria-sort=descending]:has-text('이름')")
    expect(status).to_have_text("5개 선택")
    page.locator(".filterbox input").fill('city = "창원시"')
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector(".filterline .chip.b")
    expect(page.locator("#bulk")).to_be_hidden()
    expect(page.locator("#list tbody tr.on")).to_have_count(0)


def test_rows_are_selected_with_the_keyboard_alone(visit, insider, world):
    page = visit(insider, "/customers/")
    status = page.locator("#bulk [data-bulk-count]")
    page.keyboard.press("x")
    expect(status).to_have_text("1개 선택")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(status).to_have_text("3개 선택")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(status).to_have_text("4개 선택")
    page.keyboard.press("x")
    expect(status).to_have_text("3개 선택")
    page.keyboard.press("Control+a")
    expect(status).to_have_text("50개 선택")
    page.keyboard.press("Control+a")
    expect(status).to_have_text("이 필터의 60개 모두 선택")
    boxes(page).nth(1).uncheck()
    expect(status).to_have_text("59개 선택")
    page.locator("#list a:has-text('다음')").click()
    expect(page.locator("#list tbody tr.on")).to_have_count(10)
    page.locator("[data-bulk-clear]").click()
    expect(page.locator("#bulk")).to_be_hidden()


def test_all_of_a_filter_is_edited_in_the_background_and_undone(visit, insider, world):
    page = visit(insider, '/customers/?filter=city+%3D+"창원시"')
    page.locator("[data-pick-page]").check()
    page.locator("[data-bulk-all]").click()
    expect(page.locator("#bulk [data-bulk-count]")).to_have_text("이 필터의 58개 모두 선택")
    page.locator("#bulk button[value=edit]").click()
    page.wait_for_selector("#bulk-add")
    page.select_option("#bulk-add", "city")
    page.locator("[data-line=city] input.in, [data-line=city] .bulk-set input").first.fill("김해시")
    page.select_option("#bulk-add", "stage")
    page.wait_for_selector("[data-line=stage]")
    assert page.locator("#bulk-add option[value=city]").is_disabled()
    page.locator("[data-line=stage] [data-drop]").click()
    page.locator("form.cardx button[type=submit]").click()
    page.wait_for_selector("#preview")
    assert "58" in page.locator("#preview .kpis").inner_text()
    assert "창원시 → 김해시" in page.locator("#preview table").inner_text()
    assert axe_findings(page) == []
    page.locator("form[data-bulk-run] button").click()
    page.wait_for_selector("#progress")
    run = BulkRun.objects.get()
    jobs.run(run_id=run.pk)
    page.wait_for_selector("#refused")
    assert Customer.objects.filter(city="김해시").count() == 58
    assert axe_findings(page) == []
    page.locator("[data-open=undo]").click()
    page.locator("#undo button[type=submit]").click()
    page.wait_for_selector("#undoing")
    jobs.undo(run_id=run.pk, user_id=insider.id)
    page.wait_for_selector("#undone")
    assert Customer.objects.filter(city="창원시").count() == 58


def test_a_few_are_deleted_and_restored_on_a_phone_in_the_dark(visit, insider, world):
    page = visit(insider, "/customers/?sort=name", width=390, color_scheme="dark", has_touch=True)
    boxes(page).nth(0).tap()
    boxes(page).nth(1).tap()
    bar = page.locator("#bulk")
    expect(bar).to_be_in_viewport()
    assert sideways(page) == 0
    assert axe_findings(page) == []
    bar.locator("button[value=delete]").tap()
    page.wait_for_selector("#preview")
    assert sideways(page) == 0
    assert axe_findings(page) == []
    page.locator("form[data-bulk-run] button").tap()
    expect(page.locator(".toast")).to_contain_text("2건을 바꿨어요.")
    assert Customer.objects.filter(deleted_at__isnull=False).count() == 2
    page.goto("/customers/bin/")
    page.locator("[data-pick-page]").tap()
    page.locator("#bulk button[value=restore]").tap()
    page.wait_for_selector("#preview")
    page.locator("form[data-bulk-run] button").tap()
    page.wait_for_selector(".toast")
    assert not Customer.objects.filter(deleted_at__isnull=False).exists()


def test_an_owner_is_chosen_by_typing(visit, manager, insider, outsider, world):
    page = visit(manager, "/customers/?sort=name")
    boxes(page).nth(0).check()
    page.locator("#bulk button[value=edit]").click()
    page.select_option("#bulk-add", "owner")
    page.locator("[data-line=owner] [role=combobox]").fill("박하")
    page.locator("[data-line=owner] [role=option]:has-text('박하은')").click()
    page.locator("form.cardx button[type=submit]").click()
    page.wait_for_selector("#preview")
    assert "박하은" in page.locator("#preview table").inner_text()
    page.locator("form[data-bulk-run] button").click()
    page.wait_for_selector(".toast")
    assert Customer.objects.filter(owner_id=outsider.id, team_id=outsider.user.team_id).count() == 1


PASTED = "고객 번호\t고객명\t도시\t단계\nC-1\t새한상사\t부산\t유지\nC-2\t두리상사\t서울\t없는 단계"


def test_cells_are_pasted_on_the_list_and_come_in_as_a_run(visit, manager, world):
    page = visit(manager, "/customers/")
    page.evaluate(
        """text => {
            const cells = new DataTransfer();
            cells.setData("text/plain", text);
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: cells, bubbles: true, cancelable: true}));
        }""",
        PASTED,
    )
    page.wait_for_selector("table.pasted")
    assert page.locator("select[name=f1]").input_value() == "name"
    assert "유지" in page.locator("td.bad .err").inner_text()
    assert axe_findings(page) == []
    page.select_option("select[name=f3]", "")
    page.locator("button[value=look]").click()
    page.wait_for_selector("table.pasted")
    expect(page.locator("td.bad")).to_have_count(0)
    page.locator("button[value=run]").click()
    page.wait_for_url("**/imports/**")
    assert set(Customer.objects.filter(external_id__startswith="C-").values_list("name", flat=True)) == {
        "새한상사",
        "두리상사",
    }


def test_on_a_phone_cells_go_into_the_text_area(visit, manager, world):
    page = visit(manager, "/customers/paste/", width=390)
    assert axe_findings(page) == []
    page.locator("#cells").fill(PASTED)
    page.locator("form button[type=submit].pri").click()
    page.wait_for_selector("table.pasted")
    assert sideways(page) == 0
    assert axe_findings(page) == []
