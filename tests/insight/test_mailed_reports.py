"""Reports by mail: to each what that person may see and take out, noted down as every export is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dangol.commerce.models import Product
from dangol.identity.models import FieldRule, Grant, Role
from dangol.insight.mailing import keeping, sending
from dangol.insight.mailing.columns import ROOM, Column, laid
from dangol.insight.mailing.subjects import REPORT, MailingError
from dangol.insight.models import CopyState, Mailing, MailingCopy
from dangol.insight.reports import keeping as reports
from dangol.records.models import ExportRun, Look
from tests.insight.test_report_pages import make
from tests.insight.test_reports import ledger  # noqa: F401
from tests.post import EIGHT, smtp, text_of

pytestmark = pytest.mark.django_db
WHY = "월요일 영업 회의"


@pytest.fixture
def exporters(ledger):  # noqa: F811 - a fixture
    """Salespeople who may take out what is their own."""
    role = Role.objects.get(code="sales")
    for scope in ("own", "team"):
        Grant.objects.create(role=role, record_type="*", action="export", scope=scope)
    return role


def scheduled(report, person, *people, reason=WHY, **more):
    values = {"rhythm": "week", "day": 1, "hour": 8, **more}
    mailing = keeping.mailing_create(
        actor=person.actor,
        subject=REPORT,
        thing=report,
        people=[one.id for one in people],
        reason=reason,
        **values,
    )
    Mailing.objects.filter(pk=mailing.pk).update(next_at=EIGHT)
    return mailing


def sent(settings, times=1):
    """What the mail server got of one turn: address → text of the PDF."""
    with smtp(settings) as received:
        sending.turns_begin(now=EIGHT)
        assert sum(sending.copies_send(now=EIGHT) for _time in range(2)) == times
    found = {}
    for message in received:
        (pdf,) = [part for part in message.walk() if part.get_content_type() == "application/pdf"]
        found[message["To"]] = text_of(pdf.get_payload(decode=True))
    assert len(found) == len(received) == times
    return found


def test_each_gets_a_pivot_of_what_that_person_may_take_out(
    on_paper, exporters, administrator, insider, outsider, settings
):
    report = make(administrator, audience="everyone", measures=["count", "sum:total"], across="")
    scheduled(report, administrator, administrator, insider, outsider)
    texts = sent(settings, 3)
    last = {name: re.search(r"합계 (\d+)", text).group(1) for name, text in texts.items()}
    assert last == {administrator.user.email: "9", insider.user.email: "6", outsider.user.email: "2"}
    assert "₩9,007,199,254,743,948" in texts[administrator.user.email]
    assert "₩9,007,199,254,743,948" not in texts[insider.user.email]
    assert "등급별 주문" in texts[insider.user.email]
    runs = ExportRun.objects.all()
    assert {run.owner_id for run in runs} == {administrator.id, insider.id, outsider.id}
    assert {(run.reason, run.format, run.origin, run.state) for run in runs} == {
        (WHY, "pdf", "mail", "finished")
    }
    assert all(run.rows and run.size for run in runs)


def test_a_table_of_customers_is_a_look_at_each_of_them(
    on_paper, exporters, administrator, insider, settings
):
    report = make(
        administrator, audience="everyone", record_type="customer", kind="table", columns=["name", "grade", "city"],
        sort="name", rows="", across="",
    )  # fmt: skip
    scheduled(report, administrator, insider)
    text = sent(settings)[insider.user.email]
    assert [name for name in ("가람", "나래", "다온", "라온") if name in text] == ["가람", "나래", "다온"]
    line = Look.objects.get(act="export")
    assert (line.user_id, line.count, len(line.ids), line.about) == (insider.id, 3, 3, WHY)


def test_whoever_may_not_take_it_out_is_named_and_gets_nothing(
    on_paper,
    ledger,  # noqa: F811
    administrator,
    insider,
    settings,
):
    report = make(administrator, audience="everyone")
    with pytest.raises(MailingError, match=insider.user.name) as refused:
        scheduled(report, administrator, administrator, insider)
    assert refused.value.field == "people"
    assert not Mailing.objects.exists()


def test_a_right_that_has_gone_since_is_noticed_at_the_turn(
    on_paper, exporters, administrator, insider, settings
):
    report = make(administrator, audience="everyone")
    scheduled(report, administrator, insider)
    FieldRule.objects.create(role=exporters, record_type="customer", field="grade", rule="hidden")
    assert sent(settings, 0) == {}
    copy = MailingCopy.objects.get()
    assert copy.state == CopyState.NOT_SENT
    assert "볼 수 없" in copy.error
    assert not ExportRun.objects.exists()
    FieldRule.objects.all().delete()
    Grant.objects.filter(role=exporters, action="export").delete()
    Mailing.objects.update(next_at=EIGHT + timedelta(days=7))
    sending.turns_begin(now=EIGHT + timedelta(days=7))
    assert sending.copies_send(now=EIGHT + timedelta(days=7)) == 0
    assert "내보낼 수 없" in MailingCopy.objects.latest("pk").error


@pytest.mark.parametrize("reason", ["", " 회의 ", "x" * 501])
def test_what_it_is_for_has_to_be_said(ledger, administrator, reason):  # noqa: F811
    with pytest.raises(MailingError) as refused:
        scheduled(make(administrator), administrator, administrator, reason=reason)
    assert refused.value.field == "reason"


def test_no_reason_is_asked_for_what_is_about_nobody(on_paper, ledger, administrator, settings):  # noqa: F811
    Product.objects.create(code="P-1", name="볼트")
    report = make(administrator, record_type="product", rows="is_active", across="", measures=["count"])
    scheduled(report, administrator, administrator, reason="")
    assert "이 사람이 볼 수 있는 범위" in sent(settings)[administrator.user.email]


def test_it_is_noted_down_once_though_the_server_was_away(on_paper, ledger, administrator, settings):  # noqa: F811
    scheduled(make(administrator), administrator, administrator)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    sending.turns_begin(now=EIGHT)
    assert sending.copies_send(now=EIGHT) == 0
    assert not ExportRun.objects.exists()
    with smtp(settings):
        assert sending.copies_send(now=EIGHT + timedelta(hours=1)) == 1
    assert ExportRun.objects.count() == 1


def test_with_the_report_go_its_mails(ledger, administrator):  # noqa: F811
    report = make(administrator)
    scheduled(report, administrator, administrator)
    reports.report_delete(actor=administrator.actor, report_id=report.pk)
    assert sending.turns_begin(now=EIGHT) == 0
    assert not Mailing.objects.filter(deleted_at=None).exists()


def test_the_page_schedules_and_ends(ledger, administrator, insider):  # noqa: F811
    report = make(administrator, audience="everyone")
    address = f"/reports/{report.pk}/mailings/"
    html = administrator.client.get(address).content.decode()
    assert 'name="reason"' in html
    data = {"people": [str(administrator.id)], "rhythm": "week", "weekday": "5", "day": "1", "hour": "18"}
    late = administrator.client.post(address, {**data, "reason": "-"})
    assert late.status_code == 422
    assert 'id="m-reason"' in late.content.decode()
    assert administrator.client.post(address, {**data, "reason": WHY}).status_code == 302
    mailing = Mailing.objects.get()
    assert (mailing.report_id, mailing.dashboard_id, mailing.reason, mailing.day) == (report.pk, None, WHY, 5)
    assert "매주 금요일 18:00" in administrator.client.get(address).content.decode()
    for person, row, status in (
        (insider, report.pk, 404),
        (administrator, report.pk + 1, 404),
        (administrator, report.pk, 302),
    ):
        answer = person.client.post(f"/reports/{row}/mailings/{mailing.pk}/", {"do": "end"})
        assert answer.status_code == status
    mailing.refresh_from_db()
    assert mailing.deleted_at is not None


def test_columns_without_room_go_on_below_and_none_is_missing(
    on_paper,
    ledger,  # noqa: F811
    administrator,
    settings,
):
    measures = ["count", "sum:total", "average:total", "max:total"]
    report = make(administrator, rows="customer", across="ordered_at:month", measures=measures)
    scheduled(report, administrator, administrator)
    text = sent(settings)[administrator.user.email]
    parts = re.findall(r"\((\d)/(\d)\)", text)
    assert [int(number) for number, _of in parts] == list(range(1, len(parts) + 1))
    assert len(parts) > 1
    months = re.findall(r"2026-\d\d|2025-\d\d", text.partition(parts[0][0])[2])
    assert {"2026-01", "2026-10", "2026-11"} <= set(months)
    assert text.count("가람") == len(parts) + 1, "once below its bar, once in each table"
    assert "₩9,007,199,254,743,948" in text


def test_columns_that_belong_together_stay_together():
    first = Column("이름", ["가람", "합계"], words=True)
    columns = [Column(f"열 {number}", ["₩9,007,199", "₩9,007,199"]) for number in range(24)]
    few = laid(first, columns[:4], title="표", together=2, total=True)
    assert [len(one["heads"]) for one in few] == [5]
    assert (few[0]["title"], few[0]["size"]) == ("표", 9.0)
    many = laid(first, columns, title="표", together=2, total=True)
    assert [head for one in many for head in one["heads"][1:]] == [one.head for one in columns]
    assert all(len(one["heads"]) % 2 == 1 for one in many)
    assert [one["title"] for one in many] == [f"표 ({at}/{len(many)})" for at in range(1, len(many) + 1)]
    for one in many:
        shown = [first, *(Column(head, ["₩9,007,199"] * 2) for head in one["heads"][1:])]
        assert sum(column.width(one["size"], 150, total=True) for column in shown) <= ROOM
    assert [one["rest"] for one in laid(first, columns, title="표", rest=["끝"])][-1] == "끝"


def test_words_break_only_where_room_is_short_and_a_single_word_never():
    address = "office@" + "a" * 40 + ".example"
    long = Column("주소", ["서울시 강남구 테헤란로 " * 6, address], words=True)
    first = Column("이름", ["가람", "나래"], words=True)
    assert laid(first, [long], title="표")[0]["wide"] == [0, 0]
    tight = laid(first, [long, long, *[Column("수", ["1,000,000"] * 2)] * 4], title="표")
    assert len(tight) == 1
    longest = Column("", [address]).width(tight[0]["size"], 0, total=False)
    assert tight[0]["wide"][1] == tight[0]["wide"][2] == longest
    assert tight[0]["wide"][3] == 0


def test_a_list_is_offered_its_title_first_and_keeps_the_order_of_a_program(ledger, administrator):  # noqa: F811
    asked = "?record_type=customer&kind=table&columns=grade&columns=name"
    html = administrator.client.get(f"/reports/new/{asked}").content.decode()
    offered = re.findall(r'name="columns" value="([^"]+)"', html)
    assert offered[:2] == ["grade", "name"]
    fresh = administrator.client.get("/reports/new/?record_type=customer&kind=table").content.decode()
    assert re.findall(r'name="columns" value="([^"]+)"', fresh)[0] == "name"
