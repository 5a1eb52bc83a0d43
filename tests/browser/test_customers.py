"""A customer from the first key to the last: created, found, talked with, promised to – without a mouse."""

import pytest
from playwright.sync_api import expect

from dangol.customers.models import Customer
from dangol.interactions.models import Interaction

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_customer_is_created_after_its_mistakes_are_named(visit, insider, company):
    page = visit(insider, "/customers/")
    page.keyboard.press("n")
    page.wait_for_url("**/customers/new/")
    page.get_by_label("전화").fill("12")
    page.keyboard.press("Enter")
    page.wait_for_selector(".field .err")
    assert page.locator("[aria-invalid=true]").count() == 2
    page.get_by_label("이름", exact=False).first.fill("홍길동")
    page.get_by_label("전화").fill("010-1234-5678")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('홍길동')")
    assert Customer.objects.get().owner_id == insider.id


def test_the_palette_finds_by_initials_and_by_digits(visit, insider, world):
    page = visit(insider, "/")
    for typed in ("ㅎㄱㄷ", "5678"):
        page.keyboard.press("Control+k")
        page.keyboard.type(typed)
        page.wait_for_selector("#palette-results [aria-selected=true]:has-text('홍길동')")
        with page.expect_navigation(url=f"**/customers/{world.hong}/"):
            page.keyboard.press("Enter")
    page.keyboard.press("Control+k")
    page.keyboard.type("쀍뛟")
    page.wait_for_selector("#palette-results .none")


def test_notes_calls_and_tasks_are_written_down_with_the_keyboard(visit, insider, world):
    page = visit(insider, f"/customers/{world.hanbit}/")
    for key, text in (("m", "예산은 1월에 확정"), ("c", "납기 문의"), ("t", "내일 3시 견적 보내기")):
        page.keyboard.press(key)
        page.wait_for_selector("[data-composer] textarea:focus")
        page.keyboard.type(text)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(f"#timeline-entries .t:has-text('{text.removeprefix('내일 3시 ')}')")
        expect(page.locator("[data-composer] textarea")).not_to_be_focused()
    assert sorted(Interaction.objects.values_list("kind", flat=True)) == ["call", "note", "task", "task"]
    task = Interaction.objects.filter(kind="task").latest("pk")
    assert task.subject == "견적 보내기"
    assert task.due_at.hour == 6, "three in the afternoon in Seoul"


def test_the_composer_is_used_with_the_mouse_too(visit, insider, world):
    page = visit(insider, f"/customers/{world.hanbit}/")
    page.locator("[data-composer] textarea").click()
    page.keyboard.type("단가 협의")
    page.locator("[data-composer] label[data-key=c]").click()
    assert page.locator("input[name=kind][value=call]").is_checked()
    page.locator("[data-composer] button[type=submit]").click()
    page.wait_for_selector("#timeline-entries .t:has-text('단가 협의')")


def test_what_to_do_next_stands_with_its_reason_and_one_act(visit, insider, world):
    page = visit(insider, f"/customers/{world.hanbit}/")
    steps = page.locator("#steps .nba")
    assert "견적 보내기" in steps.first.inner_text()
    decider = steps.filter(has_text="최은호")
    assert "결정권자" in decider.inner_text()
    decider.get_by_role("link", name="통화 남기기").click()
    page.wait_for_selector("[data-composer] textarea:focus")
    assert page.locator("[data-composer] select[name=contact]").input_value() == str(world.contact)
    page.keyboard.type("다음 주에 만나기로 함")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#timeline-entries .t:has-text('다음 주에 만나기로 함')")
    assert decider.count() == 0
    with page.expect_response("**/timeline/**"):
        steps.first.get_by_role("button", name="완료").click()
    page.wait_for_selector(".toast:has-text('할 일')")
    assert Interaction.objects.get(kind="task").done_at is not None
    assert page.locator("#steps form").count() == 0


def test_a_task_is_ticked_off_and_opened_again_on_the_timeline(visit, insider, world):
    page = visit(insider, f"/customers/{world.hanbit}/")
    for pressed in ("true", "false"):
        page.locator("#timeline-entries .tick button").first.press("Enter")
        page.wait_for_selector(f"#timeline-entries .tick button[aria-pressed={pressed}]")
    assert Interaction.objects.get(kind="task").done_at is None


def test_history_tells_who_changed_what(visit, insider, world):
    page = visit(insider, f"/customers/{world.hanbit}/edit/")
    page.get_by_label("업종").fill("공작기계")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{world.hanbit}/")
    page.get_by_role("link", name="변경 이력").press("Enter")
    page.wait_for_url("**/history/")
    assert "공작기계" in page.locator(".tl").inner_text()


def test_a_deleted_customer_comes_back_from_the_recycle_bin(visit, insider, world):
    page = visit(insider, f"/customers/{world.hong}/")
    page.click("[data-open=confirm-delete]")
    page.locator("#confirm-delete button[type=submit]").click()
    page.goto("/customers/bin/")
    page.get_by_role("button", name="되살리기").click()
    page.wait_for_load_state("load")
    assert Customer.objects.filter(pk=world.hong, deleted_at=None).exists()
