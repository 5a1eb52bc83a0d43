"""What is seldom looked at and must be right: duplicates, merges, quality, privacy, rules and doors – in Korean, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect

from dangol.automation import definitions, index
from dangol.identity import revisions
from dangol.integrations.webhooks import subscriptions
from tests.browser import areas
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WIDTHS = (1440, 390)


@pytest.fixture
def company_of_areas(
    transactional_db: None, settings: Any, tmp_path: Path, administrator: Any, manager: Any, insider: Any
) -> Iterator[areas.Areas]:
    settings.DATA = tmp_path
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    revisions.forget()
    revisions.look()
    server = areas.receiving()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    (tmp_path / "move").mkdir()
    try:
        yield areas.make(
            administrator=administrator, manager=manager, insider=insider, folder=tmp_path / "move",
            receiver=f"http://127.0.0.1:{server.server_address[1]}",
        )  # fmt: skip
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        index._known = index._Known()
        definitions._programs.clear()
        subscriptions.forget()
        revisions.forget()


def test_every_page_is_whole_and_clean(visit: Any, company_of_areas: areas.Areas) -> None:
    page = visit(company_of_areas.people["administrator"], "/")
    found: dict[str, Any] = {}
    for area, places in company_of_areas.places.items():
        for name, place in places.items():
            page.set_viewport_size({"width": WIDTHS[0], "height": 900})
            answer = page.goto(place)
            expect(page.locator(".htmx-request")).to_have_count(0)
            assert answer.status in (200, 400), (place, answer.status)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                if wider := sideways(page):
                    found[f"{area}/{name} {width} wider"] = wider
                if findings := axe_findings(page):
                    found[f"{area}/{name} {width} axe"] = findings
    assert found == {}
