"""Tags, files, comments and following on a record's page, with keyboard and mouse."""

import pytest
from playwright.sync_api import expect

from dangol.interactions.models import Comment, Follow
from dangol.records.models import Attachment, TagLink
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA = tmp_path


def test_tags_are_typed_and_chosen_with_the_keyboard(visit, insider, world):
    page = visit(insider, f"/customers/{world.hanbit}/")
    line = page.locator(".tagline")
    line.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".tagline input:focus")
    page.keyboard.type("VIP, 재구매")
    page.keyboard.press("Enter")
    expect(line.locator(".chip")).to_have_text(["VIP", "재구매"])
    page.goto(f"/customers/{world.hong}/")
    page.locator(".tagline").click()
    page.wait_for_selector(".tagline input:focus")
    page.keyboard.type("재구")
    page.wait_for_selector(".tagline [role=option]:has-text('재구매')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".tagline input[name=tags]")).to_have_value("재구매, ")
    page.keyboard.press("Enter")
    expect(page.locator(".tagline .chip")).to_have_text(["재구매"])
    assert TagLink.objects.count() == 3


def test_a_colleague_is_named_by_initials_and_who_may_not_see_is_told_first(
    visit, insider, teammate, outsider, world
):
    page = visit(insider, f"/customers/{world.hanbit}/")
    box = page.locator("#together .commentbox textarea").last
    box.click()
    page.keyboard.type("@ㅇㅅㅈ")
    page.wait_for_selector("#together [role=option]:has-text('이서준')")
    page.keyboard.press("Enter")
    page.keyboard.type("확인해 주세요")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#together .said a.mention:has-text('@이서준')")
    box = page.locator("#together > .cardx .comments > .commentbox textarea")
    box.click()
    page.keyboard.type("@박하")
    page.locator("#together [role=option]:has-text('박하은')").click()
    expect(page.locator("#together .comments > .commentbox .mentionnote")).to_contain_text("볼 수 없")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#together .err:has-text('박하은')")
    assert Comment.objects.count() == 1
    page.get_by_role("button", name="그래도 보내기").click()
    page.wait_for_selector("#together .said .pre:has-text('박하은')")
    assert Comment.objects.count() == 2
    assert axe_findings(page) == []


def test_files_are_chosen_dropped_and_taken_back(visit, insider, world, tmp_path):
    one, two, bad = tmp_path / "계약서.pdf", tmp_path / "메모.txt", tmp_path / "그림.svg"
    one.write_bytes(b"%PDF-1.7 contract")
    two.write_text("메모")
    bad.write_text("<svg/>")
    page = visit(insider, f"/customers/{world.hanbit}/")
    page.wait_for_selector("#files")
    page.locator("#files input[name=file]").set_input_files([one, two, bad])
    page.wait_for_selector("#files .sending .err:has-text('그림.svg')")
    expect(page.locator("#files .name")).to_have_text(["메모.txt", "계약서.pdf"])
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["끌어 놓은 글"], "끌기.txt", { type: "text/plain" }));
          document.querySelector("#files").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.wait_for_selector("#files .name:has-text('끌기.txt')")
    with page.expect_download() as started:
        page.locator("#files a.name:has-text('계약서.pdf')").click()
    assert started.value.suggested_filename == "계약서.pdf"
    page.get_by_role("button", name="끌기.txt 지우기").click()
    page.locator(".toast a:has-text('되돌리기')").click()
    page.get_by_role("button", name="되돌리기").click()
    page.wait_for_selector("#files .name:has-text('끌기.txt')")
    assert Attachment.objects.filter(deleted_at=None).count() == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_cards_fit_a_phone_and_axe_finds_nothing(visit, insider, world, theme):
    page = visit(insider, f"/customers/{world.hanbit}/", width=390, color_scheme=theme)
    page.wait_for_selector("#followers")
    page.locator("#followers button").click()
    page.wait_for_selector("#followers:has-text('김지우')")
    assert Follow.objects.count() == 1
    assert sideways(page) == 0
    assert axe_findings(page) == []
    page.locator("#timeline-entries details.cm summary").first.click()
    page.wait_for_selector("#timeline-entries .commentbox textarea")


def test_the_cards_stand_on_a_record_without_a_timeline_too(visit, insider, world):
    page = visit(insider, f"/orders/{world.order}/")
    page.locator("#together .commentbox textarea").click()
    page.keyboard.type("언제 보내나요?")
    page.locator("#together .commentbox button").click()
    page.wait_for_selector("#together .said:has-text('언제 보내나요?')")
    assert axe_findings(page) == []
