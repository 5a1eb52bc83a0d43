"""Saved views, board, calendar and list beside record, as hands and keys work them."""

import pytest

from dangol.customers.models import Customer
from dangol.records.models import SavedView
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy machine lanes come a moment later; the tests wait for none."""
    from dangol.records import boards

    monkeypatch.setattr(boards, "PATIENCE_MS", 20_000)
    monkeypatch.setattr(boards, "LANE_PATIENCE_MS", 20_000)


def test_a_view_is_kept_opened_changed_and_kept_again(visit, insider, world):
    page = visit(insider, "/customers/?filter=stage+%3D+active&sort=name")
    page.locator("summary:has-text('전체')").click()
    page.locator("[data-open=view-keep]").first.click()
    page.fill("#keep-name", "유지 고객")
    page.check("#view-keep input[name=pinned]")
    page.locator("#view-keep button[type=submit]").click()
    page.wait_for_url("**view=*")
    assert page.locator(".pinned:has-text('유지 고객')").count() == 1
    assert page.locator(".changed").count() == 0
    page.locator("#list th[data-col=city] a").click()
    page.wait_for_selector(".changed")
    page.locator(".changed button[value=save]").click()
    page.wait_for_selector(".toast:has-text('유지 고객')")
    assert SavedView.objects.get().state["sort"] == "city"


def test_a_card_is_dragged_to_another_lane_and_taken_back(visit, insider, world):
    page = visit(insider, "/customers/?as=board&by=stage")
    page.wait_for_selector("#sum-active:has-text('59')")
    card = page.locator(f"[data-card='{world.hong}']")
    target = page.locator("[data-lane=lost]")
    page.wait_for_selector("[data-lane=lost][data-ready]")
    page.wait_for_timeout(400)
    start, end = card.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + start["height"] - 6)
    page.mouse.down()
    page.mouse.move(start["x"] + 40, start["y"] + 30, steps=4)
    page.mouse.move(end["x"] + 60, end["y"] + 30, steps=12)
    # The browser tells of a drag at its own pace: a hand, never quite still, lets go where it sees the card.
    there = page.locator(f"[data-lane=lost] [data-card='{world.hong}']")
    for wobble in range(100):
        if there.count():
            break
        page.mouse.move(end["x"] + 60 + wobble % 2, end["y"] + 30)
        page.wait_for_timeout(50)
    page.mouse.up()
    page.wait_for_selector(".toast:has-text('홍길동')")
    assert Customer.objects.get(pk=world.hong).stage == "lost"
    page.wait_for_selector("#sum-lost:has-text('1')")
    page.locator(".toast .act").click()
    page.wait_for_selector("#sum-lost:has-text('0')")
    assert Customer.objects.get(pk=world.hong).stage == "prospect"


def test_a_card_is_moved_by_keys_and_goes_back_when_refused(visit, insider, world):
    page = visit(insider, "/customers/?as=board&by=stage")
    page.locator(f"[data-card='{world.hong}'] .t a").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_selector(".toast:has-text('홍길동')")
    assert Customer.objects.get(pk=world.hong).stage == "new"
    Customer.objects.filter(pk=world.hong).update(city="수원시")  # somebody else, in the meantime
    page.locator(f"[data-card='{world.hong}'] .t a").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_selector(".toast.r")
    assert page.locator(f"[data-lane=new] [data-card='{world.hong}']").count() == 1
    assert Customer.objects.get(pk=world.hong).stage == "new"


def test_a_card_is_moved_by_its_menu_without_dragging(visit, insider, world):
    page = visit(insider, "/customers/?as=board&by=stage")
    page.locator(f"[data-card='{world.hong}']").hover()
    page.locator(f"[data-card='{world.hong}'] [data-move-open]").click()
    assert axe_findings(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert not page.locator("#move-menu").is_visible()
    page.locator(f"[data-card='{world.hong}'] [data-move-open]").click()
    page.locator("#move-menu [data-to=lost]").click()
    page.wait_for_selector("#sum-lost:has-text('1')")
    assert Customer.objects.get(pk=world.hong).stage == "lost"
    page.locator(".toast .act").click()
    page.wait_for_selector(f"[data-lane=prospect] [data-card='{world.hong}']:not(.moving)")
    page.wait_for_selector("#sum-lost:has-text('0')")
    assert Customer.objects.get(pk=world.hong).stage == "prospect"


def test_a_record_is_put_on_a_day_of_another_month_by_its_menu(visit, insider, world):
    Customer.objects.filter(pk=world.hong).update(since="2026-11-11")
    page = visit(insider, "/customers/?as=calendar&by=since&day=2026-11-01")
    page.locator(f"[data-card='{world.hong}']").hover()
    page.locator(f"[data-card='{world.hong}'] [data-move-open]").click()
    page.fill("#move-menu input", "2027-02-03")
    page.locator("#move-menu button").click()
    page.wait_for_selector(".toast:has-text('홍길동')")
    assert Customer.objects.get(pk=world.hong).since.isoformat() == "2027-02-03"
    assert page.locator(f"[data-card='{world.hong}']").count() == 0


def test_columns_are_made_wider_by_hand_and_by_keys_and_stay_so_in_a_view(visit, insider, world):
    page = visit(insider, "/customers/?cols=name,stage,city&view=0")
    head = page.locator("th[data-col=stage]")
    was = head.bounding_box()
    edge = was["x"] + was["width"]
    page.mouse.move(edge, was["y"] + 12)
    page.mouse.down()
    page.mouse.move(edge - 60, was["y"] + 12, steps=6)
    page.mouse.up()
    page.wait_for_url("**widths=*")
    page.wait_for_selector("table.sized")
    narrower = head.bounding_box()["width"]
    assert narrower < was["width"] - 30
    page.locator("th[data-col=stage] a").focus()
    before = page.url
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url(lambda address: address != before)
    page.wait_for_selector("th[data-col=stage] a:focus")
    assert head.bounding_box()["width"] > narrower + 10
    page.locator("summary:has-text('전체')").click()
    page.locator("[data-open=view-keep]").first.click()
    page.fill("#keep-name", "좁은 단계")
    page.locator("#view-keep button[type=submit]").click()
    page.wait_for_url("**view=*")
    assert "stage:" in SavedView.objects.get().state["widths"]
    edge = page.locator("th[data-col=stage] .sizer").bounding_box()
    page.mouse.dblclick(edge["x"] + 4, edge["y"] + 4)
    page.wait_for_selector("table:not(.sized) th")
    assert page.locator(".changed").count() == 1


def test_a_record_is_put_on_another_day_by_keys(visit, insider, world):
    Customer.objects.filter(pk=world.hong).update(since="2026-11-11")
    page = visit(insider, "/customers/?as=calendar&by=since&day=2026-11-01")
    page.locator(f"[data-card='{world.hong}'] a").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.wait_for_selector(".toast:has-text('홍길동')")
    assert Customer.objects.get(pk=world.hong).since.isoformat() == "2026-11-18"
    assert page.locator(f"[data-day='2026-11-18'] [data-card='{world.hong}']").count() == 1


def test_arrow_keys_walk_the_list_beside_the_record(visit, insider, world):
    page = visit(insider, "/customers/?as=split&sort=name&filter=name+starts+with+%22고객%22")
    page.wait_for_selector("#pane h1:has-text('고객 00')")
    page.locator(".picklist a").first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#pane h1:has-text('고객 01')")
    assert f"at={world.others[1]}" in page.url
    cell = page.locator("#pane [data-inline]:has-text('창원시')").first
    cell.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#pane [data-inline] input:not([type=hidden])")
    page.keyboard.press("Control+A")
    page.keyboard.type("김해시")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pane [data-inline]:has-text('김해시')")
    assert Customer.objects.get(pk=world.others[1]).city == "김해시"


def test_a_group_opens_to_its_records(visit, insider, world):
    page = visit(insider, "/customers/?group=stage")
    page.wait_for_selector(".group:has-text('59')")
    page.locator(".group:has-text('59') summary").click()
    page.wait_for_selector(".group table a.strong:has-text('한빛정밀')")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_and_nothing_moves_sideways(visit, insider, world, theme, width):
    page = visit(insider, "/customers/", width=width, color_scheme=theme)
    found = {}
    for place in ("?as=board&by=stage", "?as=calendar&by=created_at", "?as=calendar&by=since&span=week",
                  "?as=calendar&by=created_at&span=agenda", "?as=split", "?group=stage", "?density=compact"):  # fmt: skip
        page.goto(f"/customers/{place}")
        page.wait_for_load_state("networkidle")
        if (findings := axe_findings(page)) or sideways(page):
            found[place] = findings or "moves sideways"
    assert found == {}
