"""A file of the public register of companies goes in, is mended and taken back: by clicks alone, in Korean."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.customers.models import Customer
from dangol.records.importing import jobs, runs
from dangol.records.models import ImportRun
from tests.browser.conftest import axe_findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REGISTER = "corp_code,corp_name,corp_eng_name,stock_code,modify_date\n" + "".join(
    f"{434003 + number:08},{name},{name} Co.,{stock},20170{number + 1}30\n"
    for number, (name, stock) in enumerate(
        [("다코", ""), ("일산약품", ""), ("굿앤엘에스", "012345"), ("", ""), ("크레디피아", "")]
    )
)


@pytest.fixture
def own_folder(tmp_path, settings):
    settings.DATA = tmp_path
    return tmp_path


def work(task):
    """Do the job as the worker would."""
    job = ProcrastinateJob.objects.filter(task_name=task).latest("id")
    {runs.RUN_TASK: jobs.run, runs.REHEARSE_TASK: jobs.rehearse, runs.UNDO_TASK: jobs.undo}[task](**job.args)


def send(page, name, content):
    page.set_input_files(
        "input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.locator("main form button[type=submit]").click()


def test_a_register_goes_in_with_a_few_clicks_and_is_taken_back(visit, administrator, own_folder):
    page = visit(administrator, "/imports/new/")
    send(page, "corp_codes.csv", REGISTER)

    # The columns are suggested: the code is the customer's number, by which customers are known.
    page.wait_for_selector("#mapping")
    assert page.locator("#p0-type").input_value() == "customer"
    assert page.locator("#p0-f0").input_value() == "external_id"
    assert page.locator("#p0-f1").input_value() == "name"
    assert page.locator("#p0-key").input_value() == "external_id"
    assert axe_findings(page) == []

    # One more column finds its field by typing.
    page.locator("#p0-f2-q").click()
    page.locator("#p0-f2-q").fill("설명")
    page.keyboard.press("Enter")
    page.wait_for_selector("tr:has(#p0-f2):has-text('직접 고름')")
    assert page.locator("#p0-f2").input_value() == "description"
    page.get_by_role("button", name="다음: 미리 보기").click()

    page.get_by_role("button", name="전체 시험 실행").click()
    page.wait_for_selector("#rehearsal progress")
    work(runs.REHEARSE_TASK)
    page.wait_for_selector("#rehearsal .kpis")
    assert "5행" in page.locator("#rehearsal").inner_text(), "the row without a name, as an example"
    assert not Customer.objects.exists()
    assert axe_findings(page) == []

    page.get_by_role("button", name="가져오기 시작").click()
    page.wait_for_selector("#progress[hx-get]")
    page.get_by_role("button", name="잠시 멈춤").click()
    page.get_by_role("button", name="이어서 하기").click()
    page.wait_for_selector("#progress[hx-get]")
    work(runs.RUN_TASK)
    page.wait_for_selector("#rejects table")
    assert set(Customer.objects.values_list("external_id", "name")) == {
        ("00434003", "다코"),
        ("00434004", "일산약품"),
        ("00434005", "굿앤엘에스"),
        ("00434007", "크레디피아"),
    }
    assert axe_findings(page) == []
    result = page.url

    # The rejected row comes back corrected, through the same mapping, with nothing to be chosen.
    with page.expect_download() as download:
        page.get_by_role("link", name="반려 행 모두 내려받기").click()
    rejects = download.value.path().read_text(encoding="utf-8-sig")
    assert rejects.count("00434006") == 1
    page.get_by_role("link", name="고친 파일 가져오기").click()
    send(page, "고친 행.csv", rejects.replace("00434006,,", "00434006,한라판지,"))
    page.wait_for_selector("table:has-text('들어감')")
    page.get_by_role("button", name="가져오기 시작").click()
    page.wait_for_selector("#progress[hx-get]")
    work(runs.RUN_TASK)
    page.wait_for_selector(".kpis")
    assert Customer.objects.get(external_id="00434006").name == "한라판지"

    # The first import is taken back; the second one stays.
    page.goto(result)
    page.get_by_role("link", name="되돌리기").click()
    assert "4건" in page.locator("main").inner_text()
    page.get_by_role("button", name="가져오기 되돌리기").click()
    page.wait_for_selector("#undoing")
    work(runs.UNDO_TASK)
    page.wait_for_selector("#undone table")
    assert set(Customer.objects.filter(deleted_at=None).values_list("name", flat=True)) == {"한라판지"}
    assert axe_findings(page) == []


def test_an_ambiguous_date_must_be_answered_before_the_import_goes_on(visit, administrator, own_folder):
    page = visit(administrator, "/imports/new/", width=390)
    send(page, "고객.csv", "고객 번호,이름,거래 시작일\nC1,한빛정밀,03/04/2021\n")
    page.get_by_role("button", name="다음: 미리 보기").click()
    page.wait_for_selector("[role=alert]:has-text('거래 시작일')")
    question = page.locator(".ask select")
    answers = question.locator("option").all_inner_texts()
    assert any("2021-04-03" in answer for answer in answers), answers
    question.select_option("dmy")
    page.wait_for_selector(".ask:not(.open)")
    assert sideways(page) == 0
    assert axe_findings(page) == []
    page.get_by_role("button", name="다음: 미리 보기").click()
    page.get_by_role("button", name="가져오기 시작").click()
    page.wait_for_selector("#progress[hx-get]")
    work(runs.RUN_TASK)
    page.wait_for_selector(".kpis")
    assert str(Customer.objects.get().since) == "2021-04-03"


def test_two_kinds_of_records_come_of_the_same_rows(visit, administrator, own_folder):
    page = visit(administrator, "/imports/new/")
    rows = "주문 번호,주문일,고객 번호,고객명\nSO-1,2026-01-05,C1,한빛정밀\nSO-2,2026-01-06,C1,한빛정밀\n"
    send(page, "주문.csv", rows)
    page.wait_for_selector("#mapping")
    assert page.locator("#p0-type").input_value() == "order"
    page.get_by_role("button", name="같은 행에서 다른 항목도 만들기").click()
    page.wait_for_selector("#part-1")
    assert page.locator("#p1-type").input_value() == "customer"
    assert page.locator("#p1-f2").input_value() == "external_id"
    assert page.locator("#p1-f3").input_value() == "name"
    assert page.locator("#p0-l-customer").input_value() == "1", "the order belongs to the customer of its row"
    assert axe_findings(page) == []
    page.get_by_role("button", name="다음: 미리 보기").click()
    page.get_by_role("button", name="가져오기 시작").click()
    page.wait_for_selector("#progress[hx-get]")
    work(runs.RUN_TASK)
    page.wait_for_selector(".kpis")
    run = ImportRun.objects.get()
    assert (run.imported, run.created) == (2, {"customer": 1, "order": 2})
    assert Customer.objects.get().name == "한빛정밀"


def test_who_reads_of_repeated_rows_decides_which_of_them_counts(visit, administrator, own_folder):
    page = visit(administrator, "/imports/new/", width=390)
    rows = [(1, "한빛정밀"), (2, "서광테크"), (1, "한빛정밀㈜"), (2, "서광테크"), (3, "두리상사")]
    send(page, "고객.csv", "고객 번호,이름\n" + "".join(f"C-{number},{name}\n" for number, name in rows))
    page.wait_for_selector("#mapping")
    page.get_by_role("button", name="다음: 미리 보기").click()
    page.wait_for_selector("text=뒤 행의 값이 남아요")
    assert "4행(2행과 같음): “C-1”" in page.locator("main").inner_text()
    assert axe_findings(page) == []

    page.get_by_role("link", name="어느 행의 값을 쓸지 정하기").click()
    page.wait_for_selector("#mapping")
    page.get_by_label("앞 행에 이미 나온 항목은").select_option("뒤 행 반려")
    page.wait_for_load_state("networkidle")
    assert axe_findings(page) == []
    page.get_by_role("button", name="다음: 미리 보기").click()
    page.wait_for_selector("text=뒤 행은 반려돼요")
    page.get_by_role("button", name="전체 시험 실행").click()
    page.wait_for_selector("#rehearsal progress")
    work(runs.REHEARSE_TASK)
    page.wait_for_selector("#rehearsal .kpis")
    assert "앞 행과 같은 키를 쓰는 행이 2개 있어요" in page.locator("#rehearsal").inner_text()

    page.get_by_role("button", name="가져오기 시작").click()
    page.wait_for_selector("#progress[hx-get]")
    work(runs.RUN_TASK)
    page.wait_for_selector("#rejects table")
    assert "「고객 번호」 C-1: 이 파일의 2번째 행에 이미 있어요." in page.locator("#rejects").inner_text()
    assert Customer.objects.get(external_id="C-1").name == "한빛정밀"
    assert axe_findings(page) == []
