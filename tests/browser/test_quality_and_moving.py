"""Data quality and moving in as people see them: whole on a telephone, without findings of axe, clicked through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dangol.identity.actors import Actor
from dangol.integrations.models import Move
from dangol.integrations.moving import carrying, looking, services
from dangol.measures.quality import services as quality
from tests.browser.conftest import axe_findings, sideways
from tests.integrations.moving.test_moving import CONTACTS, CUSTOMERS, ORDERS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SYSTEM = Actor.system("test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("customers.csv", CUSTOMERS),
        ("people.csv", CONTACTS + "P-99,없는곳,C-99,x@old.example\n"),
        ("orders.csv", ORDERS),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def picture(page, name: str) -> None:
    """Keep a picture where DANGOL_PICTURES says, for people to look at."""
    if folder := os.environ.get("DANGOL_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_are_whole_and_clean(visit, administrator, world, folder, width):
    quality.compute_all()
    planned = services.move_create(actor=SYSTEM, files=looking.files_in(folder))
    carrying.rehearse(planned, SYSTEM)
    done = carrying.carry_out(services.move_create(actor=SYSTEM, files=looking.files_in(folder)), SYSTEM)
    page = visit(administrator, "/", width=width)
    found, wider = {}, {}
    for name, place in {
        "quality": "/quality/",
        "quality-type": "/quality/customer/",
        "quality-mine": "/quality/mine/",
        "record": f"/customers/{world.hanbit}/",
        "settings": "/settings/quality/",
        "settings-type": "/settings/quality/customer/",
        "moving": "/moving/",
        "moving-plan": f"/moving/{planned.key}/",
        "moving-done": f"/moving/{done.key}/",
    }.items():
        page.goto(place)
        for chart in page.locator("[data-chart]").all():
            chart.scroll_into_view_if_needed()
        expect(page.locator("[data-chart]:not([data-drawn])")).to_have_count(0)
        picture(page, f"{name}-{width}")
        if wide := sideways(page):
            wider[place] = wide
        if findings := axe_findings(page):
            found[place] = findings
    assert (wider, found) == ({}, {})


def test_a_number_opens_its_records_and_a_finding_leads_to_its_field(visit, administrator, world):
    quality.compute_all()
    page = visit(administrator, "/quality/customer/")
    page.get_by_role("link", name="사업자등록번호 없음").click()
    page.wait_for_url("**/customers/?filter=*")
    expect(page.locator("main")).to_contain_text("데이터 품질: 지적 사항")
    expect(page.locator("table")).to_contain_text("고객 00")
    page.goto(f"/customers/{world.hanbit}/")
    page.get_by_role("link", name="사업자등록번호 없음").click()
    page.wait_for_url("**/edit/#f-business_number")


def test_files_go_in_through_the_page(visit, administrator, folder):
    page = visit(administrator, "/moving/")
    page.set_input_files("#id_files", [str(path) for path in sorted(folder.glob("*.csv"))])
    page.get_by_role("button", name="다음: 계획 보기").click()
    page.wait_for_url("**/moving/*-*/")
    expect(page.locator("main")).to_contain_text("people.csv")
    page.get_by_role("button", name="고른 열을 사용자 필드로 만들기").click()
    expect(page.locator("body")).to_contain_text("만든 사용자 필드")
    move = Move.objects.get()
    carrying.rehearse(move, SYSTEM)
    page.reload()
    carrying.carry_out(Move.objects.get(), SYSTEM)
    page.reload()
    expect(page.locator("h1 + .chip, .row-h .chip").first).to_contain_text("옮겨 옴")
    page.get_by_role("button", name="되돌리기").first.click()
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("#move-progress")).to_be_visible()
