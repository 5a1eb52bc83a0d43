"""Two people at one record, with the real web server behind them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time

import pytest
from django.db import connection
from playwright.sync_api import expect

from dangol.interactions.notifications.services import notify
from dangol.records import registry, writing
from tests.browser.conftest import axe_findings, sideways
from tests.interactions.notifications.test_telling import delivered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def served(live_server, tmp_path, monkeypatch):
    """The web server as `dangol serve` starts it, on the database of this test; `visit` opens its pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = connection.settings_dict
    parts = {"dbname": database["NAME"], "user": database["USER"], "host": database["HOST"], "port": database["PORT"],
             "password": database["PASSWORD"]}  # fmt: skip
    address = " ".join(f"{key}={value}" for key, value in parts.items() if value)
    process = subprocess.Popen(
        [sys.executable, "-m", "dangol.config.web"],
        env={**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "tests.settings",
             "DANGOL_PORT": str(port), "DANGOL_WEB_PROCESSES": "2", "DANGOL_DEBUG": "1"},
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        monkeypatch.setattr(type(live_server), "url", property(lambda _self: f"http://localhost:{port}"))
        yield port
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def customer(insider):
    values = {"name": "㈜한빛정밀", "stage": "active", "city": "부산시"}
    return writing.create(registry.get("customer"), values, actor=insider.actor)


def test_two_people_see_each_other_and_lose_nothing(served, visit, customer, insider, manager):
    mine = visit(insider, f"/customers/{customer}/")
    theirs = visit(manager, f"/customers/{customer}/")
    expect(mine.locator("[data-present]")).to_contain_text("최민준 님도 보고 있어요")
    expect(theirs.locator("[data-present]")).to_contain_text("김지우 님도 보고 있어요")

    cell = mine.locator('[hx-get$="/cell/city/"]')
    cell.press("Enter")
    typed = cell.locator("input[name=city]")
    expect(typed).to_be_focused()
    expect(theirs.locator(".editing-by")).to_have_text("김지우 님이 편집 중")
    assert axe_findings(theirs) == []

    typed.fill("대구시, 아직 쓰는 중")
    writing.update(registry.get("customer"), customer, {"industry": "제조"}, actor=manager.actor)
    expect(mine.locator("[data-live]")).to_contain_text(re.compile("최민준 님이 .* 값을 바꿨어요"))
    expect(typed).to_have_value("대구시, 아직 쓰는 중")

    theirs.close()
    expect(mine.locator("[data-present]")).not_to_contain_text("최민준")


def test_a_new_assignment_rings_without_a_reload(served, visit, customer, insider, teammate):
    page = visit(teammate, "/customers/")
    badge = page.locator("[data-unread]")
    expect(badge).to_be_hidden()
    notify(kind="assigned", users=[teammate.id], target_type="customer", target_id=customer, by=insider.id)
    expect(badge).to_have_text("1")
    page.locator("#bell summary").click()
    expect(page.locator(".notice")).to_contain_text("㈜한빛정밀")
    assert axe_findings(page) == []
    page.locator(".notice a").click()
    expect(page).to_have_url(re.compile(f"/customers/{customer}/"))
    expect(page.locator("[data-unread]")).to_be_hidden()


def test_a_mention_and_a_change_of_what_one_follows_ring_without_a_reload(
    served, visit, customer, insider, teammate
):
    page = visit(teammate, f"/customers/{customer}/")
    page.locator("#followers button").click()
    expect(page.locator("#followers")).to_contain_text("이서준")
    writer = visit(insider, f"/customers/{customer}/")
    writer.locator("#together .commentbox textarea").last.click()
    writer.keyboard.type("@ㅇㅅㅈ")
    writer.wait_for_selector("#together [role=option]:has-text('이서준')")
    writer.keyboard.press("Enter")
    writer.keyboard.type("확인해 주세요")
    writer.keyboard.press("Control+Enter")
    writer.wait_for_selector("#together .said a.mention:has-text('@이서준')")
    delivered()
    expect(page.locator("[data-unread]")).to_have_text("1")
    writing.update(registry.get("customer"), customer, {"city": "서울시"}, actor=insider.actor)
    delivered()
    expect(page.locator("[data-unread]")).to_have_text("2")
    page.locator("#bell summary").click()
    expect(page.locator("#bell .notice")).to_contain_text(
        ["김지우 님이 바꿨어요", "김지우 님이 나를 언급했어요"]
    )
    page.locator("body").press("Escape")
    page.goto("/activity/")
    expect(page.locator("main .notice")).to_contain_text(
        ["바꿨어요", "댓글을 남겼어요: @이서준 확인해 주세요"]
    )
    writing.update(registry.get("customer"), customer, {"city": "대구시"}, actor=insider.actor)
    expect(page.locator(".live")).to_contain_text("김지우 님이 이 화면의 기록을 바꿨어요")


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_the_activity_stream_by_keyboard(visit, world, insider, width, theme):
    writing.update(registry.get("customer"), world.hanbit, {"city": "서울시"}, actor=insider.actor)
    page = visit(insider, "/customers/", width=width, color_scheme=theme)
    page.locator("body").press("g")
    page.locator("body").press("f")
    expect(page).to_have_url(re.compile("/activity/$"))
    expect(page.locator("main")).to_contain_text("아직 아무 일도 없었어요")
    assert axe_findings(page) == []
    page.get_by_role("link", name="볼 수 있는 모든 것").click()
    expect(page.locator("main .notice").first).to_contain_text("김지우 님이")
    assert axe_findings(page) == []
    assert sideways(page) == 0
    page.locator("#stream-what").select_option("change")
    page.get_by_role("button", name="보기").click()
    expect(page.locator("main .notice")).to_contain_text(["김지우 님이 바꿨어요: 시/군/구"])
    page.locator("main .notice a").first.click()
    expect(page).to_have_url(re.compile(f"/customers/{world.hanbit}/history/"))


def test_a_list_says_that_somebody_changed_it(served, visit, customer, insider, teammate):
    page = visit(teammate, "/customers/")
    page.wait_for_timeout(1500)
    writing.update(registry.get("customer"), customer, {"city": "서울시"}, actor=insider.actor)
    expect(page.locator(".live")).to_contain_text("김지우 님이 이 화면의 기록을 바꿨어요")
    page.locator("[data-reload]").click()
    expect(page.locator("table")).to_contain_text("서울시")
    expect(page.locator(".live")).to_be_empty()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_of_notifications_by_keyboard(visit, customer, insider, teammate, width):
    notify(kind="assigned", users=[teammate.id], target_type="customer", target_id=customer, by=insider.id)
    page = visit(teammate, "/customers/", width=width)
    page.locator("body").press("g")
    page.locator("body").press("n")
    expect(page).to_have_url(re.compile("/notifications/$"))
    expect(page.locator(".notice.new")).to_contain_text("김지우 님이 나를 담당으로 정했어요")
    assert axe_findings(page) == []
    assert sideways(page) == 0
    page.locator("main form >> text=모두 읽음으로 표시").click()
    expect(page.locator(".notice.new")).to_have_count(0)
    page.goto("/notifications/settings/")
    assert axe_findings(page) == []
