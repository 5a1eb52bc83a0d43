"""Mails about notifications: once to each person for each fact, not in the quiet time, and stopped by one click."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail as outgoing

from dangol.identity.services import user_deactivate, user_update
from dangol.interactions.models.notifications import (
    Kind,
    MailState,
    Notification,
    NotificationMail,
    NotificationSetting,
)
from dangol.interactions.notifications import mailing, services
from dangol.interactions.notifications.quiet import digest_day, is_quiet
from dangol.records import registry, writing
from tests.cast import SYSTEM
from tests.post import smtp

pytestmark = pytest.mark.django_db
MONDAY_NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # 12:00 in Seoul


@pytest.fixture
def customer(insider):
    values = {"name": "㈜한빛정밀", "city": "부산시", "phone": "055-123-7788"}
    return writing.create(registry.get("customer"), values, actor=insider.actor)


def wants(person, channel, **more):
    setting = NotificationSetting(
        user=person.user, channels={"mentioned": channel, "assigned": channel}, **more
    )
    setting.save()
    return setting


def mention(customer, by, *people):
    services.notify(
        kind=Kind.MENTIONED,
        users=[one.id for one in people],
        target_type="customer",
        target_id=customer,
        by=by.id,
    )
    Notification.objects.update(at=MONDAY_NOON - timedelta(minutes=5))


def test_a_mail_at_once_says_what_and_where_and_nothing_more(customer, insider, teammate, settings):
    settings.DANGOL_URL = "https://crm.example.com"
    wants(teammate, "now")
    mention(customer, insider, teammate)
    assert mailing.mails_send(now=MONDAY_NOON) == 1
    (sent,) = outgoing.outbox
    assert sent.to == ["teammate@example.com"]
    assert sent.subject == "김지우 님이 나를 언급했어요: ㈜한빛정밀"
    assert f"https://crm.example.com/customers/{customer}/" in sent.body
    for secret in ("부산", "123-7788", "insider@example.com"):
        assert secret not in sent.body + str(sent.alternatives)
    assert NotificationMail.objects.get().state == MailState.SENT


def test_nobody_gets_the_same_news_twice(customer, insider, teammate):
    wants(teammate, "now")
    mention(customer, insider, teammate)
    assert [mailing.mails_send(now=MONDAY_NOON), mailing.mails_send(now=MONDAY_NOON)] == [1, 0]
    assert len(outgoing.outbox) == 1


def test_what_was_read_in_the_page_is_not_mailed(customer, insider, teammate):
    wants(teammate, "now")
    mention(customer, insider, teammate)
    services.mark_read(actor=teammate.actor)
    assert mailing.mails_send(now=MONDAY_NOON) == 0


def test_what_may_not_be_seen_is_not_mailed(customer, insider, outsider):
    wants(outsider, "now")
    mention(customer, insider, outsider)
    assert mailing.mails_send(now=MONDAY_NOON) == 0
    assert outgoing.outbox == []


def test_who_has_left_gets_no_mail(customer, insider, teammate):
    wants(teammate, "now")
    mention(customer, insider, teammate)
    user_deactivate(user=teammate.user, actor=SYSTEM)
    assert mailing.mails_send(now=MONDAY_NOON) == 0


def test_the_daily_mail_comes_once_a_day_with_all_of_it(customer, insider, teammate):
    wants(teammate, "daily")
    other = writing.create(registry.get("customer"), {"name": "대한상사"}, actor=insider.actor)
    mention(customer, insider, teammate)
    mention(other, insider, teammate)
    before = MONDAY_NOON.replace(hour=23) - timedelta(days=1)  # 08:00 on Monday
    assert mailing.mails_send(now=before) == 0
    assert mailing.mails_send(now=MONDAY_NOON) == 1
    assert outgoing.outbox[0].subject == "오늘 알림 2개"
    assert "대한상사" in outgoing.outbox[0].body
    services.mark_read(actor=teammate.actor)
    mention(other, insider, teammate)
    assert mailing.mails_send(now=MONDAY_NOON + timedelta(hours=2)) == 0
    assert mailing.mails_send(now=MONDAY_NOON + timedelta(days=1)) == 1


def test_the_mail_speaks_the_readers_language(customer, insider, teammate):
    user_update(user=teammate.user, actor=SYSTEM, language="en")
    wants(teammate, "now")
    mention(customer, insider, teammate)
    mailing.mails_send(now=MONDAY_NOON)
    assert outgoing.outbox[0].subject == "김지우 mentioned you: ㈜한빛정밀"
    assert "Stop these mails" in outgoing.outbox[0].body


def test_a_title_cannot_write_mail_headers(insider, teammate):
    kind = registry.get("customer")
    pk = writing.create(kind, {"name": "나쁜이름"}, actor=insider.actor)
    kind.model._default_manager.filter(pk=pk).update(name="나쁜\r\nBcc: victim@example.com\r\n이름")
    wants(teammate, "now")
    mention(pk, insider, teammate)
    assert mailing.mails_send(now=MONDAY_NOON) == 1
    assert "\n" not in outgoing.outbox[0].subject
    assert outgoing.outbox[0].recipients() == ["teammate@example.com"]


class Server:
    """A mail server that fails at a chosen point."""

    def __init__(self, opening=None, sending=None):
        self.opening, self.sending = opening, sending

    def open(self):
        if self.opening:
            raise self.opening
        return True

    def close(self):
        """Nothing to close."""

    def send_messages(self, messages):
        raise self.sending


@pytest.mark.parametrize(
    "server",
    [
        Server(opening=ConnectionRefusedError("no server")),
        Server(sending=smtplib.SMTPRecipientsRefused({"x": (550, b"no")})),
        Server(sending=smtplib.SMTPDataError(552, b"full")),
    ],
)
def test_what_the_server_did_not_take_is_tried_again_later(customer, insider, teammate, server, monkeypatch):
    wants(teammate, "now")
    mention(customer, insider, teammate)
    real = mailing.get_connection
    monkeypatch.setattr(mailing, "get_connection", lambda: server)
    assert mailing.mails_send(now=MONDAY_NOON) == 0
    assert NotificationMail.objects.get().state == MailState.NOT_SENT
    NotificationMail.objects.update(created_at=MONDAY_NOON)
    monkeypatch.setattr(mailing, "get_connection", real)
    assert mailing.mails_send(now=MONDAY_NOON + timedelta(minutes=5)) == 0
    assert mailing.mails_send(now=MONDAY_NOON + timedelta(minutes=20)) == 1


def test_a_doubtful_mail_is_not_sent_again(customer, insider, teammate, monkeypatch):
    wants(teammate, "now")
    mention(customer, insider, teammate)
    real = mailing.get_connection
    monkeypatch.setattr(
        mailing, "get_connection", lambda: Server(sending=smtplib.SMTPServerDisconnected("gone"))
    )
    mailing.mails_send(now=MONDAY_NOON)
    assert NotificationMail.objects.get().state == MailState.DOUBTFUL
    monkeypatch.setattr(mailing, "get_connection", real)
    assert mailing.mails_send(now=MONDAY_NOON + timedelta(days=1)) == 0


def test_a_process_that_dies_while_sending_leaves_a_claim_and_no_second_mail(
    customer, insider, teammate, monkeypatch
):
    wants(teammate, "now")
    mention(customer, insider, teammate)

    def die(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(mailing, "_hand_over", die)
    with pytest.raises(KeyboardInterrupt):
        mailing.mails_send(now=MONDAY_NOON)
    monkeypatch.undo()
    assert NotificationMail.objects.get().state == MailState.CLAIMED
    assert mailing.mails_send(now=MONDAY_NOON + timedelta(hours=1)) == 0


@pytest.mark.parametrize(
    ("zone", "clock", "quiet"),
    [
        ("Asia/Seoul", "2026-11-23T10:59", False),  # Monday 19:59
        ("Asia/Seoul", "2026-11-23T11:00", True),  # 20:00
        ("Asia/Seoul", "2026-11-23T22:59", True),  # Tuesday 07:59
        ("Asia/Seoul", "2026-11-23T23:00", False),  # 08:00
        ("America/New_York", "2026-11-23T23:00", False),  # Monday 18:00
        ("America/New_York", "2026-11-24T01:00", True),  # Monday 20:00
        ("Asia/Seoul", "2026-11-20T15:30", True),  # Saturday 00:30 there, Friday here
        ("America/New_York", "2026-11-21T04:00", True),  # Friday 23:00
        ("America/New_York", "2026-11-20T20:00", False),  # Friday 15:00
        ("Pacific/Kiritimati", "2026-11-20T22:00", True),  # Saturday 12:00
    ],
)
def test_the_quiet_time_is_that_of_the_persons_own_clock(zone, clock, quiet):
    moment = datetime.fromisoformat(clock).replace(tzinfo=UTC)
    assert is_quiet(NotificationSetting(), ZoneInfo(zone), moment) is quiet


def test_a_quiet_time_within_one_day_and_none_at_all():
    siesta = NotificationSetting(quiet_from=time(13), quiet_until=time(15), quiet_weekends=False)
    seoul = ZoneInfo("Asia/Seoul")
    assert [is_quiet(siesta, seoul, MONDAY_NOON + timedelta(hours=hours)) for hours in (0, 1, 3)] == [
        False, True, False,
    ]  # fmt: skip
    never = NotificationSetting(quiet_from=None, quiet_until=None, quiet_weekends=False)
    assert not is_quiet(never, seoul, MONDAY_NOON + timedelta(hours=12))


def test_the_day_of_the_daily_mail_is_the_persons_own():
    late = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # Tuesday 01:00 in Seoul, Monday 11:00 in New York
    setting = NotificationSetting()
    assert digest_day(setting, ZoneInfo("Asia/Seoul"), late) is None
    day = digest_day(setting, ZoneInfo("America/New_York"), late)
    assert day is not None
    assert day.isoformat() == "2026-11-23"


def test_mail_waits_for_the_end_of_the_quiet_time(customer, insider, teammate):
    wants(teammate, "now")
    mention(customer, insider, teammate)
    evening = MONDAY_NOON + timedelta(hours=10)
    assert mailing.mails_send(now=evening) == 0
    assert mailing.mails_send(now=evening + timedelta(hours=10)) == 1


def test_one_click_stops_the_mails_without_signing_in(customer, insider, teammate, client):
    wants(teammate, "now")
    mention(customer, insider, teammate)
    mailing.mails_send(now=MONDAY_NOON)
    link = (
        outgoing.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost:8000")
    )
    assert client.get(link).status_code == 200
    assert NotificationSetting.objects.get(pk=teammate.id).channel("mentioned") == "now"
    assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert NotificationSetting.objects.get(pk=teammate.id).channel("mentioned") == "page"
    assert client.post(link.replace("unsubscribe/", "unsubscribe/x")).status_code == 404


def test_real_smtp_takes_the_mail(customer, insider, teammate, settings):
    with smtp(settings) as received:
        wants(teammate, "now")
        mention(customer, insider, teammate)
        assert mailing.mails_send(now=MONDAY_NOON) == 1
    (message,) = received
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]
