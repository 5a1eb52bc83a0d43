"""The scripts in a real browser, under the real policy: nothing is blocked, the keyboard is answered."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from dangol.web import assets

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in this thread
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def ui(browser, live_server, settings, insider, monkeypatch) -> Iterator[Page]:
    """The page of components as the insider sees it; fails when the browser complained."""
    if not (assets.VENDOR / "htmx.js").exists():
        pytest.skip("browser parts are not there; `make demo` or `make test` brings them")
    settings.DANGOL_UI_PAGE = True
    monkeypatch.setattr("dangol.web.context.routes.search", "web:ui_palette")
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    cookie = insider.client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/ui/")
    page.wait_for_load_state("load")
    page.wait_for_selector("#toasts:popover-open", state="attached")
    yield page
    context.close()
    assert complaints == []


def test_the_palette_finds_as_one_types_and_leaves_composing_alone(ui):
    ui.keyboard.press("Control+k")
    assert ui.evaluate("palette.open")
    devtools = ui.context.new_cdp_session(ui)
    devtools.send("Input.imeSetComposition", {"text": "누리", "selectionStart": 2, "selectionEnd": 2})
    ui.wait_for_selector("#palette-results [role=option]:has-text('누리기공')")
    composing = {"type": "keyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    devtools.send("Input.dispatchKeyEvent", composing)
    assert ui.evaluate("palette.open")
    devtools.send("Input.insertText", {"text": "누리"})
    ui.wait_for_selector("#palette-results [aria-selected=true]:has-text('누리기공')")
    ui.keyboard.press("Enter")
    ui.wait_for_url("**/ui/#table")


def test_a_cell_is_edited_in_its_place(ui):
    cell = ui.locator("td[data-inline]").first
    cell.focus()
    ui.keyboard.press("F2")
    ui.wait_for_selector("td[data-inline] input:focus")
    ui.keyboard.press("Escape")
    assert cell.inner_text() == "창원"
    ui.keyboard.press("Enter")
    ui.wait_for_selector("td[data-inline] input:focus")
    ui.keyboard.type("부산")
    ui.keyboard.press("Enter")
    ui.wait_for_selector(".toast")
    assert cell.inner_text() == "부산"
    cell.dblclick()
    ui.wait_for_selector("td[data-inline] input:focus")


def test_charts_are_drawn_and_their_marks_open(ui):
    chart = ui.locator("#chart-months")
    chart.scroll_into_view_if_needed()
    ui.wait_for_selector("#chart-months[data-drawn]")
    chart.focus()
    ui.keyboard.press("ArrowRight")
    ui.wait_for_selector("#chart-months + output:has-text('24-12')", state="attached")
    ui.keyboard.press("Enter")
    ui.wait_for_url("**/ui/?month=24-12#table")


def test_dialogs_menus_and_single_keys(ui):
    ui.keyboard.press("?")
    ui.wait_for_selector("#keys[open]")
    ui.keyboard.press("Escape")
    ui.wait_for_selector("#keys", state="hidden")
    ui.keyboard.press("/")
    ui.wait_for_selector("#palette[open]")
    ui.keyboard.press("Escape")
    ui.wait_for_selector("#palette", state="hidden")
    ui.click("summary.me")
    ui.wait_for_selector(".menu-list .who")
    ui.keyboard.press("Escape")
    ui.wait_for_selector(".menu-list .who", state="hidden")


def test_the_theme_changes_at_once_and_is_kept(ui, insider):
    ui.click("summary.me")
    with ui.expect_response("**/preferences/"):
        ui.click("button[name=theme][value=dark]")
    assert ui.evaluate("document.documentElement.dataset.theme") == "dark"
    ui.reload()
    assert ui.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("width", [390, 360])
def test_a_telephone_shows_everything_without_moving_sideways(ui, width):
    ui.set_viewport_size({"width": width, "height": 800})
    assert ui.evaluate("document.documentElement.scrollWidth") == width
    ui.click(".only-phone")
    ui.wait_for_selector("#side:popover-open")
    ui.keyboard.press("Escape")
    ui.wait_for_selector("#side", state="hidden")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(ui, theme):
    axe = assets.PACKAGE.parents[1] / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not there; `npm ci` brings it")
    ui.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    ui.evaluate(axe.read_text(encoding="utf-8"))
    found = ui.evaluate("axe.run(document).then(found => found.violations)")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
