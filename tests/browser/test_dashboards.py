"""A dashboard is built by clicks and keys, filtered, pressed, shared with a colleague who sees other numbers, and mailed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dangol.insight.models import Dashboard, Mailing
from dangol.measures import metrics
from tests.browser.conftest import axe_findings, sideways
from tests.measures.metrics.conftest import _closed, lake_folder, market, shop  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("DANGOL_SHOTS", "")


def shot(page: Any, name: str) -> None:
    """A picture for whoever wants to look."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def drawn(page: Any) -> None:
    """Wait until every tile has its answer."""
    expect(page.locator("[data-body].htmx-request")).to_have_count(0)
    expect(page.locator("[data-body]", has_text="불러오는 중")).to_have_count(0)


def settled(page: Any, selector: str) -> None:
    """Wait until the dialog shows it and htmx has taken charge of what came; nobody is as fast as a script."""
    expect(page.locator(selector)).to_be_visible()
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.wait_for_timeout(200)


def add(page: Any, metric: str, by: str, chart: str) -> None:
    page.get_by_role("button", name="타일 추가").click()
    settled(page, "#t-metric")
    page.locator("#t-metric").select_option(metric)
    settled(page, ".preview")
    if by:
        page.locator("#t-by").select_option(by)
        settled(page, "#t-chart-funnel")
    page.locator(f"#t-chart-{chart}").check()
    settled(page, f".preview.k-{chart}")
    before = page.locator("#tiles .tile").count()
    page.get_by_role("button", name="추가", exact=True).click()
    expect(page.locator("#tiles .tile")).to_have_count(before + 1)
    drawn(page)
    page.wait_for_timeout(200)


def places() -> list[list[int]]:
    return [[one[name] for name in ("x", "y", "w", "h")] for one in Dashboard.objects.get().tiles]


def pressed(page: Any, key: str) -> None:
    with page.expect_response(re.compile("/place/")):
        page.keyboard.press(key)


def test_a_dashboard_is_built_filtered_pressed_shared_and_mailed(visit, market, insider, teammate):  # noqa: F811
    page = visit(insider, "/dashboards/")
    shot(page, "dashboards-empty")
    page.fill("[name=name]", "팀 현황")
    page.get_by_role("button", name="새 대시보드").click()
    page.wait_for_load_state("load")
    add(page, "orders", "", "number")
    add(page, "orders", "customer.owner", "bar")
    add(page, "active_customers", "customer.grade", "heat")
    assert places() == [[0, 0, 3, 2], [3, 0, 6, 4], [0, 4, 12, 4]]

    page.locator(".k-number [data-move]").focus()
    for _press in range(3):
        pressed(page, "ArrowLeft" if _press == 2 else "ArrowRight")
    expect(page.locator("#said")).to_contain_text("2열")
    assert page.evaluate("document.activeElement.hasAttribute('data-move')")
    page.locator(".k-bar [data-resize]").focus()
    pressed(page, "ArrowRight")
    assert [one["w"] for one in Dashboard.objects.get().tiles if one["chart"] == "bar"] == [7]

    before = places()
    box = page.locator(".k-number [data-move]").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 800, box["y"] + 5, steps=6)
    expect(page.locator(".ghost")).to_have_count(1)
    with page.expect_response(re.compile("/place/")):
        page.mouse.up()
    expect(page.locator("#said")).not_to_contain_text("2열")
    assert places() != before
    shot(page, "dashboards-building")
    page.get_by_role("button", name="되돌리기").click()
    page.wait_for_load_state("load")
    drawn(page)
    assert places() == before
    assert axe_findings(page) == []

    page.get_by_role("link", name="완료").click()
    page.wait_for_load_state("load")
    drawn(page)
    mine = page.locator(".k-number .big").inner_text()
    assert mine == f"{metrics.ask(insider.actor, 'orders').total:,.0f}"
    page.goto(f"/dashboards/{Dashboard.objects.get().pk}/")
    page.fill("#lens [name=filter]", "grade = vip")
    page.keyboard.press("Escape")
    page.locator("#lens button[type=submit]").click()
    page.wait_for_load_state("load")
    drawn(page)
    filtered = metrics.ask(insider.actor, "orders", filter="customer.grade = vip").total
    assert page.locator(".k-number .big").inner_text() == f"{filtered:,.0f}" != mine
    assert axe_findings(page) == []
    shot(page, "dashboards-filtered")
    page.locator(".k-number .big a").click()
    page.wait_for_load_state("load")
    assert page.url.split("?")[0].endswith("/orders/")
    expect(page.locator("tbody tr").first).to_be_visible()

    board = Dashboard.objects.get()
    page.goto(f"/dashboards/{board.pk}/")
    page.locator("[hx-get$='/settings/']").click()
    settled(page, "#d-audience")
    page.locator("#d-audience").select_option("team")
    page.locator("#dialog button.pri").click()
    expect(page.locator("main .chip").first).to_contain_text("팀")

    page.locator("main a[href$='/mailings/']").click()
    page.wait_for_load_state("load")
    page.get_by_label(teammate.user.name).check()
    page.get_by_role("button", name="예약", exact=True).click()
    expect(page.locator("main table").first).to_contain_text(teammate.user.name)
    assert {one.pk for one in Mailing.objects.get().people.all()} == {insider.id, teammate.id}
    assert axe_findings(page) == []
    shot(page, "dashboards-mail")

    theirs = visit(teammate, f"/dashboards/{board.pk}/", width=390)
    drawn(theirs)
    assert theirs.locator("a[href$='?edit=1']").count() == 0
    assert (
        theirs.locator(".k-number .big").inner_text() == f"{metrics.ask(teammate.actor, 'orders').total:,.0f}"
    )
    assert sideways(theirs) == 0
    shot(theirs, "dashboards-390")


def test_it_is_ordered_without_dragging_on_a_telephone(visit, market, insider):  # noqa: F811
    insider.client.post("/dashboards/new/", {"first": "1"})
    board = Dashboard.objects.get()
    first, second = [one["id"] for one in board.tiles[:2]]
    page = visit(insider, f"/dashboards/{board.pk}/?edit=1", width=390)
    drawn(page)
    assert page.locator("[data-move]").first.is_hidden()
    page.locator(f"#tile-{first} button[value=down]").click()
    page.wait_for_load_state("load")
    drawn(page)
    assert [one["id"] for one in Dashboard.objects.get().tiles[:2]] == [second, first]
    assert sideways(page) == 0
    assert axe_findings(page) == []
    shot(page, "dashboards-building-390")
    wide = visit(insider, f"/dashboards/{board.pk}/")
    drawn(wide)
    assert axe_findings(wide) == []
    shot(wide, "dashboards-first")


def test_a_tile_that_fails_says_so_alone_and_can_be_tried_again(visit, market, insider):  # noqa: F811
    insider.client.post("/dashboards/new/", {"first": "1"})
    board = Dashboard.objects.get()
    key = board.tiles[1]["id"]
    page = visit(insider, "/dashboards/")
    address = re.compile(f"/tiles/{key}/")
    page.route(address, lambda route: route.fulfill(status=404, body=""))
    page.goto(f"/dashboards/{board.pk}/")
    expect(page.locator(f"#tile-{key} .tile-failed")).to_be_visible()
    expect(page.locator(".tile-failed:not([hidden])")).to_have_count(1)
    page.unroute(address)
    page.locator(f"#tile-{key} [data-again]").click()
    expect(page.locator(f"#tile-{key} .big")).to_be_visible()
    expect(page.locator(".tile-failed:not([hidden])")).to_have_count(0)
