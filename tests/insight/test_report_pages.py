"""Pages, files and endpoints of reports: kept, shared, guarded, taken out."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from dangol.identity.models import FieldRule, Role
from dangol.insight.models import Report
from dangol.insight.reports import keeping
from dangol.insight.reports.plans import ReportError
from dangol.records import registry
from dangol.records.merging.registry import movers
from dangol.records.models import ExportRun
from tests.insight.ledger import behind
from tests.insight.test_reports import ledger  # noqa: F401

pytestmark = pytest.mark.django_db
PLAN = {
    "record_type": "order",
    "rows": "customer.grade",
    "across": "status",
    "measures": ["count", "sum:total"],
}


def make(person, **values) -> Report:
    return keeping.report_create(actor=person.actor, values={"name": "등급별 주문", **PLAN, **values})


@pytest.fixture
def shared(ledger, administrator):  # noqa: F811 - a fixture
    return make(administrator, audience="everyone")


def page(person, report, query="", status=200) -> str:
    answer = person.client.get(f"/reports/{report.pk}/{query}")
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def counts(html):
    """Address and number of every cell of a table whose only measure is the count."""
    cells = re.findall(r'<td class="num[^"]*"><a href="([^"]+)"[^>]*><span>([\d,]+)</span></a>', html)
    return [(unescape(url), int(text.replace(",", ""))) for url, text in cells]


def opened(person, url):
    parts = urlsplit(url)
    record_type = registry.by_path(parts.path.strip("/"))
    text = parse_qs(parts.query).get("filter", [""])[0]
    return len(behind(person, record_type.name, text))


def test_every_number_of_the_page_opens_exactly_its_records(ledger, administrator, insider):  # noqa: F811
    report = make(administrator, measures=["count"], audience="everyone")
    for person, whole in ((administrator, 9), (insider, 6)):
        found = counts(page(person, report))
        assert whole in [number for _url, number in found]
        for url, number in found:
            assert opened(person, url) == number, url
    html = page(administrator, report)
    assert "(없음)" in html
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="gfx"' in html


def test_amounts_of_two_currencies_stand_beside_each_other(shared, administrator):
    html = page(administrator, shared)
    assert "<span>₩9,007,199,254,743,948</span><span>$19.75</span>" in html
    assert "더하지 않아요" in html


def test_a_new_report_is_built_previewed_and_kept(ledger, insider):  # noqa: F811
    offered = insider.client.get("/reports/new/").content.decode()
    assert 'value="customer.grade"' in offered
    assert 'value="ordered_at:quarter"' in offered
    chosen = {**PLAN, "was": "order", "kind": "pivot", "was_kind": "pivot"}
    preview = insider.client.get("/reports/new/", chosen).content.decode()
    assert "(없음)" in preview
    assert not Report.objects.exists()
    refused = insider.client.post("/reports/new/", chosen)
    assert refused.status_code == 422
    answer = insider.client.post("/reports/new/", {**chosen, "name": "내 보고서", "audience": "team"})
    report = Report.objects.get()
    assert answer.headers["Location"] == f"/reports/{report.pk}/"
    assert (report.owner_id, report.audience, report.plan["rows"]) == (insider.id, "team", "customer.grade")
    listed = insider.client.get("/reports/").content.decode()
    assert "내 보고서" in listed


def test_another_record_type_forgets_the_former_ones_fields(ledger, insider):  # noqa: F811
    chosen = {**PLAN, "record_type": "customer", "was": "order"}
    html = insider.client.get("/reports/new/", chosen).content.decode()
    assert 'role="alert"' not in html
    assert "고객" in html


def test_a_table_shows_the_lists_columns_and_goes_out_as_the_list_does(ledger, administrator):  # noqa: F811
    report = make(
        administrator, kind="table", columns=["number", "total"], sort="-number", filter="total > 0"
    )
    html = page(administrator, report)
    assert html.index("R-9") < html.index("R-1")
    assert "R-6" not in html
    answer = administrator.client.get(f"/reports/{report.pk}/export/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/orders/export/?filter=total+%3E+0&sort=-number&cols=number%2Ctotal"


def test_others_find_what_is_given_to_them_and_change_nothing(shared, insider, outsider, nobody):
    mine = make(insider)
    assert outsider.client.get(f"/reports/{mine.pk}/").status_code == 404
    assert insider.client.get(f"/reports/{shared.pk}/?edit=1").status_code == 404
    assert insider.client.post(f"/reports/{shared.pk}/delete/").status_code == 404
    assert insider.client.post(f"/reports/{shared.pk}/", {**PLAN, "name": "뺏기"}).status_code == 404
    assert nobody.client.get("/reports/").status_code == 404
    with pytest.raises(ReportError):
        make(insider, audience="everyone")
    shared.refresh_from_db()
    assert (shared.name, shared.deleted_at) == ("등급별 주문", None)


def test_who_may_not_see_a_field_of_a_shared_report_is_told_no_more(shared, insider):
    FieldRule.objects.create(
        role=Role.objects.get(code="sales"), record_type="customer", field="grade", rule="hidden"
    )
    html = page(insider, shared)
    assert "볼 수 없는" in html
    assert "grade" not in html
    told = insider.api.get(f"/api/v1/reports/{shared.pk}").json()
    assert told["rows"] is None
    assert insider.api.get(f"/api/v1/reports/{shared.pk}/result").status_code == 403
    assert insider.client.get(f"/reports/{shared.pk}/export/").status_code == 404


def test_nobody_overwrites_what_somebody_else_changed(shared, administrator):
    values = {**PLAN, "kind": "pivot", "audience": "everyone", "name": "새 이름"}
    address = f"/reports/{shared.pk}/"
    assert administrator.client.post(address, {**values, "version": shared.version}).status_code == 302
    late = administrator.client.post(address, {**values, "name": "늦은 이름", "version": shared.version})
    assert late.status_code == 409
    shared.refresh_from_db()
    assert shared.name == "새 이름"
    administrator.client.post(f"/reports/{shared.pk}/delete/")
    page(administrator, shared, status=404)


def body(answer):
    return b"".join(answer.streaming_content)


def test_a_pivot_goes_out_as_csv_with_every_digit_and_is_noted_down(shared, administrator):
    Report.objects.filter(pk=shared.pk).update(plan={**shared.plan, "across": ""})
    address = f"/reports/{shared.pk}/export/"
    assert administrator.client.post(address, {"format": "csv", "reason": ""}).status_code == 422
    assert not ExportRun.objects.exists()
    answer = administrator.client.post(address, {"format": "csv", "reason": "월간 회의 자료"})
    rows = list(csv.reader(io.StringIO(body(answer).decode("utf-8-sig"))))
    assert rows[0] == ["고객 · 등급", "기록", "문서 합계 · 합계 (KRW)", "문서 합계 · 합계 (USD)"]
    total = rows[-1]
    assert int(total[1]) == 9
    assert (Decimal(total[2]), Decimal(total[3])) == (Decimal("9007199254743948.2334"), Decimal("19.75"))
    run = ExportRun.objects.get()
    assert (run.state, run.reason, run.rows, run.columns) == (
        "finished", "월간 회의 자료", len(rows) - 1, ["customer", "total"]
    )  # fmt: skip


def test_a_name_that_could_be_a_formula_goes_out_as_text(ledger, administrator):  # noqa: F811
    from dangol.customers.models import Customer

    Customer.objects.filter(name="가람").update(name="=1+1")
    report = make(administrator, rows="customer", across="", measures=["count"])
    for kind in ("csv", "xlsx"):
        answer = administrator.client.post(
            f"/reports/{report.pk}/export/", {"format": kind, "reason": "월간 회의 자료"}
        )
        data = body(answer)
        if kind == "csv":
            assert "'=1+1,3" in data.decode("utf-8-sig")
            continue
        from openpyxl import load_workbook

        sheet = load_workbook(io.BytesIO(data)).active
        cells = {row[0].value: row for row in sheet.iter_rows()}
        assert cells["=1+1"][0].data_type == "s"
        assert cells["=1+1"][1].value == 3


def test_only_those_who_may_export_take_a_report_out(shared, reader):
    assert "/export/" not in page(reader, shared)
    assert reader.client.get(f"/reports/{shared.pk}/export/").status_code == 404
    assert not ExportRun.objects.exists()


def test_programs_make_read_change_and_take_away_reports(ledger, insider, outsider):  # noqa: F811
    made = insider.api.post("/api/v1/reports", {"name": "등급별", **PLAN}, content_type="application/json")
    assert made.status_code == 201, made.content
    address = made.headers["Location"]
    assert insider.api.get("/api/v1/reports").json()["items"][0]["rows"] == "customer.grade"
    result = insider.api.get(f"{address}/result").json()
    whole = next(cell for cell in result["cells"] if cell["row"] is None and cell["across"] is None)
    assert whole["count"] == 6
    assert whole["values"][1] == [
        {"currency": "KRW", "value": "2950.2333"}, {"currency": "USD", "value": "12.5"}
    ]  # fmt: skip
    assert opened(insider, whole["url"]) == 6
    wrong = insider.api.patch(address, {"rows": "nothing"}, content_type="application/json")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "rows"
    stale = insider.api.patch(address, {"name": "새 이름", "version": 99}, content_type="application/json")
    assert stale.status_code == 409
    changed = insider.api.patch(address, {"sort": "-value"}, content_type="application/json")
    assert changed.json()["sort"] == "-value"
    assert outsider.api.delete(address).status_code == 404
    assert insider.api.delete(address).status_code == 204
    assert insider.api.get(address).status_code == 404


def test_a_kept_filter_names_the_survivor_of_a_merge(ledger, insider):  # noqa: F811
    from dangol.customers.models import Customer

    first, second = Customer.objects.order_by("pk")[:2]
    report = make(insider, filter=f"customer = {second.pk}")
    mover = movers()["reports"]
    memory = mover.move(registry.get("customer"), first.pk, second.pk)
    report.refresh_from_db()
    assert report.filter == f"customer = {first.pk}"
    mover.back(registry.get("customer"), first.pk, second.pk, memory)
    report.refresh_from_db()
    assert report.filter == f"customer = {second.pk}"
