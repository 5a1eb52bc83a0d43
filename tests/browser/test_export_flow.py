"""A filtered list becomes a workbook: by clicks alone, in Korean, with the reason that the law asks for."""

import io

import openpyxl
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.records.exporting import jobs, runs
from dangol.records.models import ExportRun, ExportState
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "분기 고객 명단 점검"


@pytest.fixture
def own_folder(tmp_path, settings):
    settings.DATA = tmp_path
    settings.DANGOL_EXPORTS_DIR = tmp_path / "exports"
    return tmp_path


@pytest.mark.parametrize("width", [1440, 390])
def test_a_filtered_list_is_made_by_the_worker_and_downloaded(
    visit, manager, insider, world, own_folder, monkeypatch, width
):
    monkeypatch.setattr(runs, "DIRECT_ROWS", 0)  # so that even a short list is made in the background
    page = visit(manager, "/customers/?filter=city+%3D+%22부산시%22", width=width)
    page.locator("[data-open=export]").click()
    dialog = page.locator("dialog#export")
    dialog.locator("select[name=kind]").select_option("xlsx")
    assert axe_findings(page) == []

    # Without the reason nothing leaves: the browser stays on the dialog and says what is missing.
    dialog.locator("button[type=submit]").click()
    assert dialog.locator("input[name=reason]:invalid").count() == 1
    assert not ExportRun.objects.exists()

    dialog.locator("input[name=reason]").fill(REASON)
    dialog.locator("button[type=submit]").click()
    page.wait_for_selector("#progress[hx-get]")
    assert "대기" in page.locator("#progress").inner_text()
    assert axe_findings(page) == []
    assert sideways(page) == 0

    jobs.run(**ProcrastinateJob.objects.filter(task_name=runs.RUN_TASK).latest("id").args)
    page.wait_for_selector("a[download]:has-text('내려받기')")
    assert axe_findings(page) == []
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    downloaded = io.BytesIO(download.value.path().read_bytes())
    book = openpyxl.load_workbook(downloaded, read_only=True)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    assert [row[header.index("이름")] for row in rows] == ["㈜한빛정밀"], "the others are in other cities"
    run = ExportRun.objects.get()
    assert (run.state, run.rows, run.reason, run.downloads) == (ExportState.FINISHED, 1, REASON, 1)

    # It stays under Exports for a week.
    page.goto("/exports/")
    assert REASON in page.locator("main").inner_text()
    assert page.locator("a[download]").count() == 1
    assert axe_findings(page) == []
