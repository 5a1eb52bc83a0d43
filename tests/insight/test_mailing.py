"""Dashboards by mail: to each person once, as that person may see them, as a PDF whose Korean can be read."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as outgoing

from dangol.identity.services import user_deactivate
from dangol.insight.dashboards import keeping as boards
from dangol.insight.mailing import keeping, sending
from dangol.insight.mailing.dashboard_paper import dashboard_pdf
from dangol.insight.mailing.subjects import DASHBOARD, MailingError
from dangol.insight.mailing.turns import next_turn
from dangol.insight.models import CopyState, Mailing, MailingCopy, Why
from dangol.measures import metrics
from tests.cast import SYSTEM
from tests.insight.boards import make
from tests.measures.metrics.conftest import _closed, market  # noqa: F401
from tests.post import EIGHT, smtp, text_of


@pytest.mark.parametrize(
    ("rhythm", "day", "hour", "after", "turn"),
    [
        ("day", 1, 8, "2026-11-22T22:59:00Z", "2026-11-23T08:00"),
        ("day", 1, 8, "2026-11-22T23:00:00Z", "2026-11-24T08:00"),
        ("week", 1, 8, "2026-11-22T22:59:00Z", "2026-11-23T08:00"),
        ("week", 7, 0, "2026-11-23T00:00:00Z", "2026-11-29T00:00"),
        ("month", 31, 9, "2026-01-31T01:00:00Z", "2026-02-28T09:00"),
        ("month", 1, 9, "2026-12-31T20:00:00Z", "2027-01-01T09:00"),
        ("month", 29, 23, "2028-02-10T00:00:00Z", "2028-02-29T23:00"),
    ],
)
def test_turns_come_at_the_hour_of_seoul(rhythm, day, hour, after, turn):
    found = next_turn(rhythm, day, hour, datetime.fromisoformat(after))
    assert found.isoformat() == f"{turn}:00+09:00"


@pytest.fixture
def board(market, administrator):  # noqa: F811 - a fixture
    return make(administrator, audience="everyone")


def scheduled(board, person, *people, **more):
    values = {"rhythm": "week", "day": 1, "hour": 8, **more}
    mailing = keeping.mailing_create(
        actor=person.actor, subject=DASHBOARD, thing=board, people=[one.id for one in people], **values
    )
    Mailing.objects.filter(pk=mailing.pk).update(next_at=EIGHT)
    return mailing


def test_each_gets_a_pdf_of_what_that_person_may_see_and_only_once(
    on_paper, board, administrator, insider, outsider, settings
):
    scheduled(board, administrator, administrator, insider, outsider)
    with smtp(settings) as received:
        assert sending.turns_begin(now=EIGHT - timedelta(seconds=1)) == 0
        assert (sending.turns_begin(now=EIGHT), sending.turns_begin(now=EIGHT)) == (1, 0)
        assert (sending.copies_send(now=EIGHT), sending.copies_send(now=EIGHT)) == (3, 0)
    assert len(received) == 3
    totals = set()
    for person in (administrator, insider, outsider):
        (message,) = [one for one in received if one["To"] == person.user.email]
        assert message["Auto-Submitted"] == "auto-generated"
        (pdf,) = [part for part in message.walk() if part.get_content_type() == "application/pdf"]
        assert pdf.get_filename().endswith("2026-11-23.pdf")
        text = text_of(pdf.get_payload(decode=True))
        total = f"{metrics.ask(person.actor, 'orders').total:,.0f}"
        assert "영업 현황" in text
        assert "최근 12개월" in text
        assert person.user.name in text
        assert total in text.split()
        assert "<b>주간</b>" in text
        assert ("볼 수 없어요" in text) == (person is not administrator)
        totals.add(total)
    assert len(totals) == 3
    assert set(MailingCopy.objects.values_list("state", flat=True)) == {CopyState.SENT}
    assert Mailing.objects.get().next_at == EIGHT + timedelta(days=7)


def test_the_paper_is_in_the_language_of_its_reader(on_paper, board, administrator):
    english = replace(administrator.actor, language="en")
    text = text_of(dashboard_pdf(board, english, at=EIGHT))
    assert "Last 12 months" in text
    assert "Data up to 2026-11-20" in text


def test_whoever_no_longer_finds_it_gets_nothing(board, administrator, insider, outsider):
    scheduled(board, administrator, insider, outsider)
    sending.turns_begin(now=EIGHT)
    values = {"audience": "private"}
    boards.dashboard_change(actor=administrator.actor, dashboard_id=board.pk, values=values, version=None)
    user_deactivate(user=outsider.user, actor=SYSTEM)
    assert sending.copies_send(now=EIGHT) == 0
    assert outgoing.outbox == []
    assert {copy.state for copy in MailingCopy.objects.all()} == {CopyState.NOT_SENT}
    assert {copy.error for copy in MailingCopy.objects.all()} == {Why.GONE}


def test_a_server_that_is_away_is_asked_again_and_given_up_at_last(on_paper, board, administrator, settings):
    scheduled(board, administrator, administrator)
    sending.turns_begin(now=EIGHT)
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", shut.getsockname()[1]
        assert sending.copies_send(now=EIGHT) == 0
        copy = MailingCopy.objects.get()
        assert (copy.state, "Refused" in copy.detail) == (CopyState.WAITING, True)
        page = administrator.client.get(f"/dashboards/{board.pk}/mailings/").content.decode()
        assert "메일 서버에 연결하지 못했어요. 다시 시도해요." in page
        sending.copies_send(now=EIGHT + timedelta(minutes=1))
        assert MailingCopy.objects.get().at == EIGHT, "it was asked again too early"
        sending.copies_send(now=EIGHT + timedelta(hours=7))
    given_up = MailingCopy.objects.get()
    assert (given_up.state, given_up.why) == (CopyState.NOT_SENT, Why.GIVEN_UP.label)


def test_nobody_is_mailed_what_that_person_does_not_find(market, insider, teammate, outsider):  # noqa: F811
    own = make(insider)
    for people in ((teammate,), (outsider,), ()):
        with pytest.raises(MailingError):
            scheduled(own, insider, *people)
    boards.dashboard_change(
        actor=insider.actor, dashboard_id=own.pk, values={"audience": "team"}, version=None
    )
    own.refresh_from_db()
    scheduled(own, insider, insider, teammate)
    with pytest.raises(MailingError):
        scheduled(own, insider, outsider)
    with pytest.raises(MailingError):
        scheduled(own, teammate, insider)  # only who may change it chooses others
    scheduled(own, teammate, teammate)
    assert Mailing.objects.count() == 2


def test_the_page_schedules_and_ends(board, administrator, insider):
    address = f"/dashboards/{board.pk}/mailings/"
    data = {
        "people": [str(insider.id), str(administrator.id)],
        "rhythm": "month",
        "day": "31",
        "weekday": "1",
        "hour": "7",
    }
    assert administrator.client.post(address, data).status_code == 302
    mailing = Mailing.objects.get()
    assert (mailing.rhythm, mailing.day, mailing.hour, mailing.people.count()) == ("month", 31, 7, 2)
    page = administrator.client.get(address).content.decode()
    assert "매월 31일 07:00" in page
    assert administrator.client.post(address, {**data, "hour": "25"}).status_code == 422
    assert administrator.client.post(address, {**data, "people": ["x"]}).status_code == 422
    assert insider.client.post(f"{address}{mailing.pk}/", {"do": "end"}).status_code == 404
    assert administrator.client.post(f"{address}{mailing.pk}/", {"do": "now"}).status_code == 302
    assert MailingCopy.objects.get().user_id == administrator.id
    assert administrator.client.post(f"{address}{mailing.pk}/", {"do": "end"}).status_code == 302
    assert MailingCopy.objects.get().state == CopyState.NOT_SENT
    assert sending.turns_begin(now=datetime(2030, 1, 1, tzinfo=UTC)) == 0
