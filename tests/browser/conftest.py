"""A real browser before the real pages, with a small company behind them.

Every page is watched: an error in the console, a script error or something that the policy blocked fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from dangol.records import registry, writing
from dangol.records.writing import Change
from dangol.web import assets
from tests.cast import Person

PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
REFUSED = re.compile(r"status of (400|404|409|422)|Error Code (400|404|409|422)")
"""What the console says when the server refuses what a test enters wrongly on purpose."""


def chromium() -> str | None:
    """The browser, found as make/chromium.sh finds it."""
    if named := os.environ.get("CHROMIUM"):
        return named
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = (shutil.which(name) for name in names)
    return next((path for path in (*found, *PLACES) if path and Path(path).exists()), None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        message = "Chromium is not there; `make test` finds or installs it, or set CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    if not (assets.VENDOR / "htmx.js").exists():
        pytest.skip("browser libraries are not there; `make test` brings them")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in this thread
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, live_server: Any, settings: Any) -> Iterator[Visit]:
    """`visit(person, path)` opens a page as this person; `visit(None, path)` as somebody who is not signed in."""
    contexts = []
    complaints: list[str] = []

    def heard(message: Any) -> None:
        if message.type in ("error", "warning") and not REFUSED.search(message.text):
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def open_page(person: Person | None, path: str, *, width: int = 1440, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
            base_url=live_server.url,
            locale=options.pop("locale", "ko-KR"),
            **options,
        )
        contexts.append(context)
        if person is not None:
            cookie = person.client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
            )
        page = context.new_page()
        page.set_default_timeout(20_000)  # a machine may be busy with another worker's tests
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        page.wait_for_load_state("load")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@dataclass(frozen=True)
class World:
    """Ids of what there is."""

    hong: int
    hanbit: int
    others: list[int]
    contact: int
    order: int


@pytest.fixture
def world(insider: Person) -> World:
    """Sixty customers of the insider's, of them one company with a decider, orders and a task."""
    actor = insider.actor

    def make(name: str, *rows: dict[str, Any]) -> list[int]:
        return writing.write(registry.get(name), [Change(row) for row in rows], actor=actor).created

    others = make(
        "customer",
        *({"name": f"고객 {number:02}", "stage": "active", "city": "창원시"} for number in range(58)),
    )
    hong, hanbit = make(
        "customer",
        {"name": "홍길동", "kind": "person", "phone": "010-1234-5678"},
        {"name": "㈜한빛정밀", "stage": "active", "city": "부산시", "phone": "055-123-7788"},
    )
    (contact,) = make(
        "contact",
        {"customer": hanbit, "name": "최은호", "job_title": "이사", "email": "choi@hanbit.example"},
    )
    (product,) = make("product", {"code": "HX-500", "name": "스핀들"})
    orders = make(
        "order",
        *(
            {"number": f"SO-{month}", "customer": hanbit, "ordered_at": f"2026-{month:02}-05"}
            for month in range(1, 5)
        ),
    )
    make(
        "order_line",
        *(
            {"order": order, "ordinal": 1, "product": product, "quantity": 2, "unit_price": 150_000}
            for order in orders
        ),
    )
    make(
        "interaction",
        {
            "kind": "task",
            "subject": "견적 보내기",
            "customer": hanbit,
            "due_at": "2026-01-10 10:00",
            "occurred_at": "2026-01-05 10:00",
        },
    )
    return World(hong=hong, hanbit=hanbit, others=others, contact=contact, order=orders[0])


def axe_findings(page: Page) -> list[tuple[str, str]]:
    """What axe finds on the page as it stands: rule and element."""
    axe = assets.PACKAGE.parents[1] / "node_modules" / "axe-core" / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


def sideways(page: Page) -> int:
    """How far the page moves sideways, in pixels: nothing, where it is as it should be.

    Charts are drawn anew in the frame after their place has become narrower, so two frames pass before it is measured.
    """
    frames = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(f"{frames}.then(() => {wide})"))
