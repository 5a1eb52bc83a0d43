"""Who is told of what, once, and only of what may be seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from dangol.events import services as outbox
from dangol.events.models import Delivery
from dangol.events.outbox import announce
from dangol.identity.models import User
from dangol.identity.services import user_deactivate, user_update
from dangol.interactions.events import Commented, Mentioned
from dangol.interactions.models.notifications import Channel, Kind, Notification, NotificationSetting
from dangol.interactions.notifications import facts, reminding, services, targets
from dangol.interactions.notifications.selectors import notification_page, unread_count
from dangol.records import registry, writing
from dangol.records.events import RecordsAssigned
from dangol.records.importing.events import ImportFinished
from dangol.records.models import ImportRun, ImportState
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


def happened(event, actor=SYSTEM):
    """Announce a fact and deliver it, twice: as a worker that died after the work would."""
    with transaction.atomic():
        announce(event, actor=actor)
    delivered()
    delivered()


def delivered():
    for pk in Delivery.objects.exclude(state=Delivery.State.DONE).order_by("pk").values_list("pk", flat=True):
        outbox.deliver(pk)


def told(person):
    return [(one.kind, one.text, one.target.title) for one in notification_page(actor=person.actor).items]


def test_a_mention_reaches_the_one_mentioned_and_nobody_else(customer, insider, teammate, manager):
    happened(Mentioned("customer", customer, insider.id, [teammate.id, insider.id]))
    assert told(teammate) == [("mentioned", "김지우 님이 나를 언급했어요", "한빛정밀")]
    assert told(insider) == told(manager) == []


def test_unread_comments_fold_and_a_read_one_begins_anew(customer, insider, teammate):
    for _ in range(3):
        happened(Commented("customer", customer, insider.id, [teammate.id], comment_id=1))
    assert [text for _kind, text, _title in told(teammate)] == ["새 댓글 3개, 마지막은 김지우 님"]
    assert unread_count(teammate.id) == 1
    services.mark_read(actor=teammate.actor)
    assert unread_count(teammate.id) == 0
    happened(Commented("customer", customer, insider.id, [teammate.id], comment_id=1))
    assert [text for _kind, text, _title in told(teammate)] == [
        "김지우 님이 댓글을 남겼어요",
        "새 댓글 3개, 마지막은 김지우 님",
    ]


def test_what_may_not_be_seen_is_not_shown_and_comes_back_with_the_right(
    customer, company, insider, outsider
):
    happened(Mentioned("customer", customer, insider.id, [outsider.id]))
    assert told(outsider) == []
    user_update(user=outsider.user, actor=SYSTEM, team=company.seoul)
    assert len(told(outsider)) == 1
    writing.delete(registry.get("customer"), [customer], actor=insider.actor)
    assert told(outsider) == []


def test_a_notification_holds_ids_and_no_contents(customer, insider, teammate):
    happened(Mentioned("customer", customer, insider.id, [teammate.id]))
    row = Notification.objects.values().get()
    assert "한빛정밀" not in str(row)
    writing.update(registry.get("customer"), customer, {"name": "새이름"}, actor=insider.actor)
    assert told(teammate)[0][2] == "새이름"


def test_giving_a_record_away_tells_its_new_owner(customer, insider, teammate):
    kind = registry.get("customer")
    writing.update(kind, customer, {"owner": teammate.id}, actor=insider.actor)
    delivered()
    assert told(teammate) == [("assigned", "김지우 님이 나를 담당으로 정했어요", "한빛정밀")]
    writing.update(kind, customer, {"city": "부산시", "owner": teammate.id}, actor=teammate.actor)
    writing.update(kind, customer, {"city": "서울시", "owner": teammate.id}, actor=SYSTEM)
    delivered()
    assert [text for _kind, text, _title in told(teammate)] == [
        "시스템 님이 바꿨어요",
        "김지우 님이 나를 담당으로 정했어요",
    ], "who is given a record follows it"


def test_what_one_takes_oneself_and_what_an_import_assigns_is_not_told(insider, teammate, administrator):
    kind = registry.get("customer")
    writing.create(kind, {"name": "내 고객"}, actor=insider.actor)
    writing.write(
        kind,
        [writing.Change({"name": "가져온 고객", "owner": teammate.id})],
        actor=administrator.actor,
        origin="import",
    )
    delivered()
    assert Notification.objects.count() == 0


def test_many_records_given_at_once_are_one_line(insider, teammate):
    happened(RecordsAssigned("customer", list(range(1, 41)), [teammate.id] * 40, insider.id))
    assert told(teammate) == [("assigned", "김지우 님이 나를 40건의 담당으로 정했어요", "고객")]


def test_who_has_left_or_does_not_want_it_is_not_told(customer, insider, teammate, manager):
    user_deactivate(user=teammate.user, actor=SYSTEM)
    NotificationSetting.objects.create(user=manager.user, channels={"mentioned": "none"})
    happened(Mentioned("customer", customer, insider.id, [teammate.id, manager.id]))
    assert Notification.objects.count() == 0


def test_the_end_of_an_import_is_told_once_and_to_its_owner(insider, teammate):
    run = ImportRun.objects.create(
        owner=insider.user, file_name="고객.csv", path="/nowhere", size=1, sha256="0", fingerprint="0",
        mapping={}, state=ImportState.FINISHED,
    )  # fmt: skip
    happened(ImportFinished(run.pk))
    happened(ImportFinished(run.pk))
    assert told(insider) == [("finished", "가져오기 작업이 끝났어요", "고객.csv")]
    assert told(teammate) == []
    assert Notification.objects.get().count == 1


def test_a_handler_that_fails_tells_nobody_twice(customer, insider, teammate, monkeypatch):
    real = services.wire.tell
    monkeypatch.setattr(services.wire, "tell", lambda *args, **more: 1 / 0)
    with transaction.atomic():
        announce(Mentioned("customer", customer, insider.id, [teammate.id]))
    delivered()
    assert Notification.objects.count() == 0
    monkeypatch.setattr(services.wire, "tell", real)
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    delivered()
    delivered()
    assert Notification.objects.get().count == 1


def task(owner, due):
    values = {"kind": "task", "subject": "견적 보내기", "due_at": due.isoformat()}
    return writing.create(registry.get("interaction"), values, actor=owner.actor)


def test_a_task_that_falls_due_is_told_once_for_each_due_time(insider):
    now = timezone.now()
    pk = task(insider, now + timedelta(minutes=5))
    task(insider, now + timedelta(hours=2))
    assert [reminding.tell_due(), reminding.tell_due(now + timedelta(minutes=1))] == [1, 0]
    assert told(insider) == [("due", "내 할 일의 기한이 됐어요", "견적 보내기")]
    services.mark_read(actor=insider.actor)
    later = now + timedelta(hours=1)
    writing.update(registry.get("interaction"), pk, {"due_at": later.isoformat()}, actor=insider.actor)
    assert [reminding.tell_due(later), reminding.tell_due(later)] == [1, 0]


def test_a_done_task_and_one_long_overdue_are_not_told(insider):
    now = timezone.now()
    pk = task(insider, now)
    writing.update(registry.get("interaction"), pk, {"done_at": now.isoformat()}, actor=insider.actor)
    task(insider, now - timedelta(days=3))
    assert reminding.tell_due() == 0


def test_administrators_are_told_of_work_that_was_given_up(customer, insider, administrator):
    with transaction.atomic():
        announce(Mentioned("customer", customer, None, [insider.id]))
    Delivery.objects.update(state=Delivery.State.DEAD)
    administrators = User.objects.filter(is_administrator=True).count()
    assert [reminding.tell_given_up(), reminding.tell_given_up()] == [administrators, 0]
    assert told(administrator)[0][0] == "failed"
    assert told(insider) == []
    Delivery.objects.update(state=Delivery.State.DONE)
    assert told(administrator) == []


def test_marking_touches_only_ones_own(customer, insider, teammate, manager):
    happened(Mentioned("customer", customer, insider.id, [teammate.id, manager.id]))
    ids = list(Notification.objects.values_list("pk", flat=True))
    answer = teammate.client.post(
        "/notifications/read/", {"ids": ids}, headers={"accept": "application/json"}
    )
    assert answer.json() == {"unread": 0}
    assert unread_count(manager.id) == 1
    teammate.client.post("/notifications/read/", {"ids": ids, "unread": "1"})
    assert unread_count(teammate.id) == 1


def test_an_old_notification_stays_read_while_a_newer_one_is_unread(customer, insider, teammate):
    about = Commented("customer", customer, insider.id, [teammate.id], comment_id=1)
    happened(about)
    old = Notification.objects.get().pk
    services.mark_read(actor=teammate.actor)
    happened(about)
    assert services.mark_read(actor=teammate.actor, ids=[old], is_read=False) == 0
    assert unread_count(teammate.id) == 1


def test_pages_follow_one_another_without_gap_or_repetition(insider, teammate):
    kind = registry.get("customer")
    for number in range(7):
        pk = writing.create(kind, {"name": f"고객 {number}"}, actor=insider.actor)
        services.notify(kind=Kind.MENTIONED, users=[teammate.id], target_type="customer", target_id=pk)
    seen, after = [], ""
    while after is not None:
        page = notification_page(actor=teammate.actor, after=after, limit=3)
        seen += [one.target.title for one in page.items]
        after = page.next
    assert seen == [f"고객 {number}" for number in reversed(range(7))]


@pytest.mark.parametrize("address", ["?after=x", "?after=2026-01-01~1", "?after=2026-01-01T00:00:00Z~-1"])
def test_a_cursor_that_is_none_of_ours_is_refused(insider, address):
    assert insider.client.get(f"/notifications/{address}").status_code == 400


def test_the_settings_page_keeps_what_is_chosen_and_refuses_half_a_quiet_time(insider):
    good = {
        "channel_mentioned": "now", "channel_due": "daily", "quiet_from": "21:00", "quiet_until": "07:30",
        "digest_at": "09:00",
    }  # fmt: skip
    assert insider.client.post("/notifications/settings/", good).status_code == 302
    kept = NotificationSetting.objects.get(pk=insider.id)
    assert kept.channel("mentioned") == Channel.NOW
    assert kept.channel("due") == Channel.DAILY
    assert not kept.quiet_weekends
    for bad in ({"quiet_until": ""}, {"channel_due": "pigeon"}, {"digest_at": "25:00"}):
        assert insider.client.post("/notifications/settings/", {**good, **bad}).status_code == 422
    assert NotificationSetting.objects.get(pk=insider.id).quiet_until == kept.quiet_until


def test_another_kind_of_thing_can_be_told_of(insider):
    shown = targets.Target("묶음 변경", "/bulk/1/", "묶음 변경")
    targets.register("bulk_run", lambda actor, ids: dict.fromkeys(ids, shown))
    try:
        happened(facts.WorkFinished("bulk_run", 1, users=(insider.id,)))
        assert told(insider) == [("finished", "묶음 변경 작업이 끝났어요", "묶음 변경")]
    finally:
        targets._finders.pop("bulk_run")


def test_the_api_tells_the_same(customer, insider, teammate, outsider):
    happened(Mentioned("customer", customer, insider.id, [teammate.id, outsider.id]))
    (one,) = teammate.api.get("/api/v1/notifications?unread=true&kind=mentioned").json()["items"]
    assert (one["kind"], one["title"], one["page"]) == ("mentioned", "한빛정밀", f"/customers/{customer}/")
    assert outsider.api.get("/api/v1/notifications").json()["items"] == [], "being named gives no right"
    assert teammate.api.get("/api/v1/notifications?kind=commented").json()["items"] == []
    for query in ("kind=x", "unread=1", "after=x", "limit=0"):
        assert teammate.api.get(f"/api/v1/notifications?{query}").status_code == 400, query
