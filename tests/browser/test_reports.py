"""A report is built by choices with its preview, kept, pressed, and mailed; the PDF is what this person may take out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dangol.insight.mailing import sending
from dangol.insight.models import Mailing, MailingCopy, Report
from dangol.records.models import ExportRun
from tests.browser.conftest import axe_findings, sideways
from tests.insight.ledger import fill
from tests.post import smtp, text_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME = "등급별 분기 금액"


def chosen(page, selector: str, value: str) -> None:
    """Choose, and wait for the preview that follows."""
    with page.expect_response(lambda answer: "/reports/new/" in answer.url):
        page.locator(selector).select_option(value)
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator(selector)).to_have_value(value)


def test_a_report_is_built_kept_pressed_and_mailed(visit, administrator, insider, outsider, settings):
    pytest.importorskip("typst", reason="typst is not installed")
    fill(insider=insider, outsider=outsider)
    page = visit(administrator, "/reports/new/")
    chosen(page, "#r-type", "order")
    chosen(page, "#r-rows", "customer.grade")
    chosen(page, "#r-across", "ordered_at:quarter")
    chosen(page, "#r-measure-2", "sum:total")
    preview = page.locator(".preview-of")
    expect(preview).to_contain_text("2026 Q4")
    expect(preview).to_contain_text("₩9,007,199,254,743,948")
    page.locator("#r-name").fill(NAME)
    page.locator("#r-audience").select_option("everyone")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="저장", exact=True).click()
    page.wait_for_url("**/reports/*/")
    expect(page.locator("h1")).to_have_text(NAME)
    assert axe_findings(page) == []
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert sideways(page) == 0
        assert page.locator("main svg.gfx:visible").count() == 1
    page.set_viewport_size({"width": 1440, "height": 900})

    total = page.locator("table.pivot tfoot td a").first
    number = int(total.inner_text())
    total.click()
    page.wait_for_load_state("load")
    assert page.url.split("?")[0].endswith("/orders/")
    expect(page.locator("main table tbody tr")).to_have_count(number)

    report = Report.objects.get()
    page.goto(f"/reports/{report.pk}/")
    page.locator("main a[href$='/mailings/']").click()
    page.wait_for_load_state("load")
    schedule = page.get_by_role("button", name="예약", exact=True)
    schedule.click()
    expect(page.locator(".field:has(#m-reason) [role=alert]")).to_be_visible()
    assert not Mailing.objects.exists()
    page.locator("#m-reason").fill("월요일 영업 회의")
    page.get_by_label(insider.user.name).check()
    schedule.click()
    refused = page.locator(".people [role=alert]")
    expect(refused).to_contain_text(insider.user.name)
    assert axe_findings(page) == []
    expect(page.locator("#m-reason")).to_have_value("월요일 영업 회의")
    page.get_by_label(insider.user.name).uncheck()
    schedule.click()
    expect(page.locator("main table").first).to_contain_text("매주 월요일 08:00")
    page.get_by_role("button", name="지금 나에게").click()
    expect(page.locator("main")).to_contain_text("대기")
    with smtp(settings) as received:
        assert sending.copies_send() == 1
    page.reload()
    expect(page.locator("main")).to_contain_text("보냄")
    assert axe_findings(page) == []
    page.set_viewport_size({"width": 390, "height": 900})
    assert sideways(page) == 0
    (pdf,) = [part for part in received[0].walk() if part.get_content_type() == "application/pdf"]
    text = text_of(pdf.get_payload(decode=True))
    assert NAME in text
    assert "₩9,007,199,254,743,948" in text
    assert (Mailing.objects.count(), MailingCopy.objects.count(), ExportRun.objects.get().origin) == (
        1,
        1,
        "mail",
    )
    page.goto("/exports/")
    expect(page.locator("main")).to_contain_text("메일로 보냈어요")
