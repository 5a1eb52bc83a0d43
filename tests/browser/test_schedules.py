"""The form of a schedule shows what its source and its rule need, without a word of script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import sideways
from tests.records.importing.scheduling import look, put, schedule

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def inbox(settings: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    settings.DANGOL_IMPORT_FOLDERS = [str(folder)]
    settings.DANGOL_IMPORTS_DIR = tmp_path / "imports"
    return folder


@pytest.mark.parametrize("width", [1440, 390])
def test_only_the_fields_that_are_needed_are_there(
    visit: Any, administrator: Any, inbox: Path, width: int
) -> None:
    page = visit(administrator, "/imports/schedules/new/", width=width)

    def there() -> set[str]:
        names = ("pattern", "after", "access", "username", "secret", "every", "at_time")
        return {name for name in names if page.locator(f"[name={name}]").is_visible()}

    assert there() == {"pattern", "after"}
    page.select_option("[name=source]", "sftp")
    page.select_option("[name=access]", "key")
    page.select_option("[name=rule]", "minutes")
    assert there() == {"pattern", "after", "access", "username", "secret", "every"}
    page.select_option("[name=source]", "http")
    page.select_option("[name=access]", "token")
    page.select_option("[name=rule]", "weekdays")
    assert there() == {"access", "secret", "at_time"}
    assert sideways(page) == 0


@pytest.mark.parametrize("width", [1440, 390])
def test_a_schedule_is_tried_out_by_keyboard_and_fits_the_screen(
    visit: Any, administrator: Any, inbox: Path, width: int
) -> None:
    one = schedule(administrator, str(inbox))
    put(inbox)
    page = visit(administrator, f"/imports/schedules/{one.pk}/", width=width)
    page.locator(f"form[action$='/schedules/{one.pk}/test/'] button").focus()
    page.keyboard.press("Enter")
    page.locator("#trial").wait_for()
    assert "고객.csv" in page.locator("#trial").inner_text()
    assert sideways(page) == 0
    look(one)
    page.goto("/imports/schedules/")
    assert "밤마다 고객" in page.locator("main").inner_text()
    assert sideways(page) == 0
