"""What happens to followed records, told once to those who may see it; schedules that stopped."""

from __future__ import annotations

import pytest

from dangol.events.models import Delivery, Event
from dangol.interactions import comments, following, services
from dangol.interactions.models import Follow
from dangol.interactions.models.notifications import Kind, Notification
from dangol.records import registry, writing
from dangol.records.attachments import services as attachments
from dangol.records.importing.scheduling.services import MOST_FAILURES, look_failed
from dangol.records.models import ImportSchedule, ImportScheduleState
from tests.cast import SYSTEM
from tests.interactions.notifications.test_telling import delivered, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


def follow(who, record_id, name="customer"):
    following.follow(actor=who.actor, record_type=registry.get(name), record_id=record_id)


def change(who, record_id, **values):
    writing.update(registry.get("customer"), record_id, values, actor=getattr(who, "actor", who))


def kinds(person):
    return [kind for kind, _text, _title in told(person)]


def test_a_change_of_a_followed_record_is_told_to_its_followers_only(customer, insider, teammate, manager):
    follow(teammate, customer)
    follow(insider, customer)
    change(insider, customer, city="부산시")
    change(SYSTEM, customer, city="대구시")
    delivered()
    assert told(teammate) == [("changed", "변경 2건, 마지막은 시스템 님", "한빛정밀")]
    assert told(insider) == [("changed", "시스템 님이 바꿨어요", "한빛정밀")]
    assert told(manager) == []
    assert "부산시" not in str(list(Notification.objects.values()))


def test_what_nobody_follows_makes_no_work(customer, insider):
    change(insider, customer, city="부산시")
    writing.create(registry.get("customer"), {"name": "새 고객"}, actor=insider.actor)
    assert Event.objects.filter(name="records.written").exists()
    assert not Delivery.objects.filter(handler__endswith="tell_changes").exists()


def test_a_followed_record_that_becomes_mine_is_told_once(customer, insider, teammate):
    follow(teammate, customer)
    change(insider, customer, owner=teammate.id, city="부산시")
    delivered()
    assert kinds(teammate) == ["assigned"]


def test_who_is_given_a_record_hears_of_what_comes_after(customer, insider, teammate):
    change(insider, customer, owner=teammate.id)
    delivered()
    assert kinds(teammate) == ["assigned"]
    assert Follow.objects.get(user=teammate.id).reason == "assigned"
    change(SYSTEM, customer, city="부산시")
    delivered()
    assert kinds(teammate) == ["changed", "assigned"]


def test_followers_who_may_not_see_the_record_any_more_are_told_nothing(customer, insider, outsider):
    follow(outsider, customer)
    change(insider, customer, city="부산시")
    delivered()
    assert not Notification.objects.exists()


def test_changes_of_many_followed_records_at_once_are_one_line(insider, teammate):
    kind = registry.get("customer")
    made = writing.write(
        kind, [writing.Change({"name": f"고객 {number}"}) for number in range(7)], actor=insider.actor
    ).created
    for record_id in made:
        follow(teammate, record_id)
    writing.write(kind, [writing.Change({"city": "부산시"}, id=pk) for pk in made], actor=insider.actor)
    delivered()
    assert told(teammate) == [("changed", "변경 7건, 마지막은 김지우 님", "고객")]
    assert Notification.objects.get().target_type == "followed:customer"


def test_a_note_with_a_followed_customer_is_told_but_not_to_whom_it_names_or_is_given(
    customer, insider, teammate, manager
):
    for who in (insider, teammate, manager):
        follow(who, customer)
    services.interaction_log(actor=insider.actor, kind="note", subject="비밀 협의", customer_id=customer)
    delivered()
    assert told(manager) == [("logged", "김지우 님이 타임라인에 기록했어요", "한빛정밀")]
    assert kinds(insider) == []
    writing.create(
        registry.get("interaction"),
        {"kind": "task", "subject": "전화", "customer": customer, "owner": teammate.id},
        actor=manager.actor,
    )
    delivered()
    assert sorted(kinds(teammate)) == ["assigned", "logged"], "the task was given, the note was told"
    assert kinds(insider) == ["logged"]
    assert Notification.objects.get(user=teammate.id, kind=Kind.LOGGED).count == 1


def test_comments_tell_followers_and_the_mentioned_each_once(customer, insider, teammate, manager):
    follow(teammate, customer)
    follow(manager, customer)
    comments.comment_add(
        actor=insider.actor,
        record_type=registry.get("customer"),
        record_id=customer,
        text="@이서준 봐 주세요",
        chosen=[teammate.id],
    )
    delivered()
    assert kinds(teammate) == ["mentioned"]
    assert kinds(manager) == ["commented"]
    assert kinds(insider) == []


def test_files_are_told_to_followers(customer, insider, teammate, settings, tmp_path):
    settings.DATA = tmp_path
    follow(teammate, customer)
    attachments.attach(
        actor=insider.actor,
        record_type=registry.get("customer"),
        record_id=customer,
        name="계약서.txt",
        chunks=[b"contract"],
    )
    delivered()
    assert kinds(teammate) == ["changed"]


def test_a_schedule_that_stopped_is_told_to_whose_it_is_and_to_administrators(
    manager, insider, administrator
):
    schedule = ImportSchedule.objects.create(
        name="밤마다", source="folder", location="in", mapping_name="built-in:x", acts_as=manager.user
    )
    ImportScheduleState.objects.create(schedule=schedule)
    for _ in range(MOST_FAILURES):
        look_failed(schedule=schedule, why="no such folder")
    delivered()
    told_so = ("stopped", "여러 번 실패해서 멈췄어요: 예약 가져오기", "밤마다")
    assert told(manager) == told(administrator) == [told_so]
    assert told(insider) == []
    assert manager.client.get(f"/imports/schedules/{schedule.pk}/").status_code == 200
