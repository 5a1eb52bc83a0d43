"""A sales manager builds a rule, tries it out, switches it on, and reads what it did – in Korean, wide and narrow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dangol.automation import definitions, index
from dangol.automation.models import Rule, RuleRun
from dangol.identity import revisions
from dangol.records import registry, writing
from tests.automation.work import make_rule, set_to, value, work
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("DANGOL_SHOTS", "")


@pytest.fixture(autouse=True)
def fresh_rules() -> Any:
    yield
    index._known = index._Known()
    definitions._programs.clear()
    revisions.forget()


def shot(page: Any, name: str) -> None:
    """A picture for whoever wants to look."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def redrawn(page: Any, do: Any) -> None:
    """Do something that has the form drawn again, and wait until it is."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        do()
    page.wait_for_selector("body:not(.busy)")
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.wait_for_timeout(150)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_rule_is_built_tried_out_switched_on_and_read_about(visit: Any, manager: Any, width: int) -> None:
    customers = registry.get("customer")
    record = writing.create(
        customers, {"name": "㈜한빛정밀", "stage": "new", "city": "서울시"}, actor=manager.actor
    )
    page = visit(manager, "/automation/", width=width)
    shot(page, f"empty-{width}")
    page.goto("/automation/new/")
    page.get_by_role("link", name="고객", exact=True).last.click()
    page.wait_for_load_state("load")

    page.fill("[name=name]", "활성 고객은 부산으로")
    redrawn(page, lambda: page.select_option("[name=trigger-kind]", "changed"))
    redrawn(page, lambda: page.check("[name='trigger-fields[]'][value=stage]"))
    page.select_option("[name=trigger-to]", label="유지")
    redrawn(page, page.get_by_role("button", name="조건 추가").click)
    assert page.evaluate("document.activeElement.name") == "condition-rows-0-field"
    redrawn(page, lambda: page.select_option("[name=condition-rows-0-field]", label="시/군/구"))
    page.focus("[name=condition-rows-0-field]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "condition-rows-0-op"
    page.keyboard.press("Tab")
    page.keyboard.type("서울시")
    redrawn(page, page.get_by_role("button", name="조건 추가").click)
    redrawn(page, lambda: page.select_option("[name=condition-rows-1-field]", label="단계"))
    redrawn(page, lambda: page.select_option("[name=condition-rows-1-op]", label="다음 중 하나"))
    page.get_by_role("group", name="조건 2", exact=True).get_by_label("유지").check()
    page.check("[name=condition-rows-1-values][value=new]")
    page.select_option("[name=add-s]", "branch")
    redrawn(page, lambda: page.click("button[value='add:s']"))
    inner = page.get_by_role("listitem").filter(has=page.locator("[name=s-0-kind]"))
    redrawn(page, inner.get_by_role("button", name="조건 추가").click)
    redrawn(page, lambda: page.select_option("[name=s-0-condition-rows-0-field]", "name"))
    redrawn(page, lambda: page.select_option("[name=s-0-condition-rows-0-op]", label="들어 있음"))
    page.fill("[name=s-0-condition-rows-0-value]", "한빛")
    page.select_option("[name=add-s-0-then]", "set")
    redrawn(page, lambda: page.click("button[value='add:s-0-then']"))
    page.select_option("[name=s-0-then-0-lines-0-field]", "city")
    page.fill("[name=s-0-then-0-lines-0-value]", "부산시")
    shot(page, f"builder-{width}")
    assert sideways(page) == 0
    if width == 1440:
        assert axe_findings(page) == []

    page.click("button[value=save]")
    page.wait_for_load_state("load")
    assert page.locator(".note.r, .err").count() == 0, page.locator("main").inner_text()
    rule = Rule.objects.get()
    assert not rule.is_active

    page.goto(f"/automation/{rule.pk}/edit/")
    assert page.input_value("[name=trigger-to]") == "유지"
    assert rule.current is not None
    assert rule.current.condition_text == 'city = "서울시" and stage in ("new", "active")'
    assert page.input_value("[name=condition-rows-0-value]") == "서울시"
    redrawn(page, page.get_by_role("button", name="글로 쓰기").first.click)
    assert page.input_value("[name=condition]") == rule.current.condition_text
    redrawn(page, page.get_by_role("button", name="골라서 만들기").click)
    assert page.input_value("[name=condition-rows-1-op]") == "in"
    page.fill("[name=record-title]", "한빛")
    page.locator("#f-record-options [role=option]").first.click()
    page.click("button[value=try]")
    page.wait_for_load_state("load")
    said = page.locator(".trial-result").inner_text()
    assert "조건에 맞아요" in said
    assert "부산시" in said
    assert value(record, "city") == "서울시"
    shot(page, f"trial-{width}")
    assert sideways(page) == 0

    page.goto(f"/automation/{rule.pk}/")
    page.get_by_role("button", name="켜기").click()
    page.wait_for_load_state("load")
    writing.update(customers, record, {"stage": "active"}, actor=manager.actor)
    work()
    assert value(record, "city") == "부산시"
    page.goto(f"/automation/{rule.pk}/")
    assert "㈜한빛정밀" in page.locator("#runs").inner_text()
    shot(page, f"rule-{width}")
    assert sideways(page) == 0

    page.goto(f"/customers/{record}/history/")
    assert "규칙 “활성 고객은 부산으로”" in page.locator("main").inner_text()
    page.locator("a[href*='chain=']").first.click()
    page.wait_for_load_state("load")
    assert "왜 이렇게 됐나요?" in page.locator("h1").inner_text()
    page.locator("td a[href*='/automation/runs/']").first.click()
    page.wait_for_load_state("load")
    assert "값을 넣음" in page.locator("main").inner_text()
    shot(page, f"run-{width}")
    assert sideways(page) == 0


def test_a_loop_is_stopped_and_the_log_says_so(visit: Any, manager: Any) -> None:
    record = writing.create(
        registry.get("customer"), {"name": "㈜한빛정밀", "city": "서울시"}, actor=manager.actor
    )
    rule = make_rule(
        manager.actor,
        name="꼬리를 무는 규칙",
        trigger={"kind": "changed", "fields": ["city"]},
        steps=[set_to({"field": "city", "mode": "formula", "value": 'city & "1"'})],
    )
    writing.update(registry.get("customer"), record, {"city": "부산시"}, actor=manager.actor)
    work()
    assert value(record, "city") == "부산시1"
    assert [(run.state, run.reason) for run in RuleRun.objects.order_by("id")] == [
        ("done", ""),
        ("stopped", "loop"),
    ]
    page = visit(manager, f"/automation/runs/?rule={rule.pk}")
    assert "자기 자신을 다시 불렀어요" in page.locator("main").inner_text()
    shot(page, "loop-1440")


def test_a_button_on_the_page_runs_a_rule(visit: Any, manager: Any) -> None:
    record = writing.create(
        registry.get("customer"), {"name": "㈜한빛정밀", "city": "서울시"}, actor=manager.actor
    )
    make_rule(manager.actor, trigger={"kind": "button", "label": "부산 이전"}, steps=[set_to(city="부산시")])
    page = visit(manager, f"/customers/{record}/")
    page.get_by_role("button", name="실행: 부산 이전").click()
    page.wait_for_load_state("load")
    work()
    assert value(record, "city") == "부산시"


@pytest.mark.parametrize("width", [1440, 390])
def test_an_approval_is_built_asked_and_given(visit: Any, manager: Any, insider: Any, width: int) -> None:
    page = visit(manager, "/automation/new/?type=customer", width=width)
    page.fill("[name=name]", "새 고객 승인")
    page.select_option("[name=add-s]", "approval")
    redrawn(page, lambda: page.click("button[value='add:s']"))
    redrawn(page, lambda: page.select_option("[name=s-0-who1]", "people"))
    page.check(f"[name='s-0-people1[]'][value='{insider.id}']")
    page.select_option("[name=add-s-0-then]", "set")
    redrawn(page, lambda: page.click("button[value='add:s-0-then']"))
    page.select_option("[name=s-0-then-0-lines-0-field]", "city")
    page.fill("[name=s-0-then-0-lines-0-value]", "부산시")
    redrawn(page, lambda: page.select_option("[name=s-0-late]", label="결정하지 않은 사람의 윗 팀에 물음"))
    redrawn(page, lambda: page.select_option("[name=s-0-lock]", label="아무도 기록을 고치지 못함"))
    shot(page, f"approval-builder-{width}")
    assert sideways(page) == 0
    page.click("button[value=save]")
    page.wait_for_load_state("load")
    assert page.locator(".note.r, .err").count() == 0, page.locator("main").inner_text()
    page.get_by_role("button", name="켜기").click()
    page.wait_for_load_state("load")
    record = writing.create(registry.get("customer"), {"name": "㈜한빛정밀"}, actor=manager.actor)
    work()
    held = visit(manager, f"/customers/{record}/", width=width)
    held.get_by_role("link", name="잠김").click()
    assert held.url.endswith("#approvals")
    expect(held.locator("#approvals")).to_be_in_viewport()
    shot(held, f"locked-{width}")
    assert sideways(held) == 0
    held.goto(f"/customers/{record}/edit/")
    assert "결정할 사람: 김지우" in held.locator("main").inner_text()
    shot(held, f"locked-form-{width}")
    assert sideways(held) == 0
    asked = visit(insider, "/approvals/", width=width)
    assert "㈜한빛정밀" in asked.locator("main").inner_text()
    shot(asked, f"approvals-{width}")
    assert sideways(asked) == 0
    asked.get_by_role("button", name="승인", exact=True).click()
    asked.wait_for_load_state("load")
    work()
    assert value(record, "city") == "부산시"
    if width == 1440:
        asked.goto("/approvals/")
        assert axe_findings(asked) == []
