"""Interactions, timeline, composer and home page."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dangol.events.models import Event
from dangol.identity.services import role_save
from dangol.interactions.home import registry as home
from dangol.interactions.home.views import called, greeting
from dangol.interactions.models import Interaction, TimelineEntry
from dangol.interactions.services import interaction_log, task_complete, task_reopen
from dangol.interactions.timeline import StoredTimeline, TimelineError
from dangol.interactions.timeline.days import grouped
from dangol.interactions.timeline.presenting import Shown
from dangol.measures.models import Score
from dangol.records import registry, writing
from dangol.records.ports import Entry
from dangol.records.writing import Missing, WriteError
from tests.cast import SYSTEM, Person, person

pytestmark = pytest.mark.django_db
SEOUL = ZoneInfo("Asia/Seoul")
TIMELINE = StoredTimeline()


def create(who: Person, record_type: str, **values: Any) -> int:
    return writing.create(registry.get(record_type), values, actor=who.actor)


def titles(who: Person, customer: int, **options: Any) -> list[str]:
    page = TIMELINE.page(actor=who.actor, record_type=registry.get("customer"), record_id=customer, **options)
    return [entry.title for entry in page.entries]


@pytest.fixture
def customer(insider: Person) -> int:
    return create(insider, "customer", name="가람정밀")


@pytest.fixture
def contact(insider: Person, customer: int) -> int:
    return create(insider, "contact", customer=customer, name="김도현", job_title="부장")


class TestLogging:
    def test_a_call_stands_on_the_timelines_of_customer_and_contact(
        self, insider: Person, customer: int, contact: int
    ) -> None:
        pk = interaction_log(
            actor=insider.actor, kind="call", subject="납기 확인", contact_id=contact, duration_minutes=12
        )
        interaction = Interaction.objects.get(pk=pk)
        assert (interaction.customer_id, interaction.owner_id) == (customer, insider.id)
        subjects = TimelineEntry.objects.filter(source_id=pk).values_list("subject_type", "subject_id")
        assert set(subjects) == {("customer", customer), ("contact", contact)}
        event = Event.objects.get(name="interactions.logged")
        assert event.payload["interaction_id"] == pk

    def test_the_contact_must_be_one_of_the_customer(self, insider: Person, contact: int) -> None:
        other = create(insider, "customer", name="다온테크")
        with pytest.raises(WriteError) as problem:
            interaction_log(
                actor=insider.actor, kind="call", subject="납기", customer_id=other, contact_id=contact
            )
        assert problem.value.errors[0].field == "contact"
        assert not Interaction.objects.exists()

    def test_nothing_is_written_on_a_customer_one_does_not_see(self, outsider: Person, customer: int) -> None:
        with pytest.raises(WriteError):
            interaction_log(actor=outsider.actor, kind="note", subject="몰래", customer_id=customer)
        assert not Interaction.objects.exists()
        assert not TimelineEntry.objects.filter(subject_id=customer).exists()


class TestTasks:
    @pytest.fixture
    def task(self, insider: Person, customer: int) -> int:
        due = timezone.now() + timedelta(hours=3)
        return interaction_log(
            actor=insider.actor, kind="task", subject="견적", customer_id=customer, due_at=due
        )

    def test_done_twice_is_done_once_and_it_can_be_opened_again(self, insider: Person, task: int) -> None:
        task_complete(interaction_id=task, actor=insider.actor)
        first = Interaction.objects.get(pk=task).done_at
        task_complete(interaction_id=task, actor=insider.actor)
        assert Interaction.objects.get(pk=task).done_at == first
        assert Event.objects.filter(name="interactions.task_completed").count() == 1
        assert "done" in TimelineEntry.objects.get(source_id=task).data
        task_reopen(interaction_id=task, actor=insider.actor)
        assert Interaction.objects.get(pk=task).done_at is None
        assert "done" not in TimelineEntry.objects.get(source_id=task).data

    def test_only_who_may_edit_it_may_tick_it_off(
        self, teammate: Person, outsider: Person, insider: Person, task: int
    ) -> None:
        for who in (teammate, outsider):
            with pytest.raises(Missing):
                task_complete(interaction_id=task, actor=who.actor)
            assert who.client.post(f"/tasks/{task}/done/").status_code == 404
            assert Interaction.objects.get(pk=task).done_at is None
        answer = insider.client.post(f"/tasks/{task}/done/", headers={"hx-request": "true"})
        assert answer.status_code == 200
        assert 'aria-pressed="true"' in answer.content.decode()
        assert Interaction.objects.get(pk=task).done_at is not None

    def test_a_call_is_no_task(self, insider: Person, customer: int) -> None:
        call = interaction_log(actor=insider.actor, kind="call", subject="통화", customer_id=customer)
        with pytest.raises(Missing):
            task_complete(interaction_id=call, actor=insider.actor)


class TestTimeline:
    def entry(self, customer: int, source: int, at: datetime, title: str, kind: str = "note") -> Entry:
        return Entry(("customer", customer), ("interaction", source), kind, at, title)

    def test_rewriting_an_entry_leaves_one(self, customer: int) -> None:
        at = timezone.now()
        TIMELINE.add([self.entry(customer, 7, at, "처음")])
        TIMELINE.add([self.entry(customer, 7, at, "나중"), self.entry(customer, 7, at, "마지막")])
        assert list(TimelineEntry.objects.values_list("title", flat=True)) == ["마지막"]

    def test_pages_come_newest_first_and_join_without_gaps(
        self, administrator: Person, customer: int
    ) -> None:
        at = timezone.now().replace(microsecond=123456)
        TIMELINE.add([self.entry(customer, n, at - timedelta(minutes=n // 3), f"{n}") for n in range(1, 26)])
        found: list[str] = []
        after = None
        while True:
            page = TIMELINE.page(
                actor=administrator.actor,
                record_type=registry.get("customer"),
                record_id=customer,
                limit=4,
                after=after,
            )
            found += [entry.title for entry in page.entries]
            after = page.next
            if after is None:
                break
        assert len(found) == len(set(found)) == 25
        assert found == titles(administrator, customer, limit=100)

    @pytest.mark.parametrize(
        "cursor", ["x", "1-", "-1", "99999999999999999999999-1", "1-99999999999999999999", "१-१"]
    )
    def test_a_cursor_that_is_none_is_refused(
        self, administrator: Person, customer: int, cursor: str
    ) -> None:
        with pytest.raises(TimelineError):
            titles(administrator, customer, after=cursor)
        answer = administrator.client.get(f"/timeline/customer/{customer}/", {"after": cursor})
        assert answer.status_code == 400

    def test_an_entry_is_read_by_those_who_may_see_its_source(
        self, insider: Person, teammate: Person, outsider: Person, administrator: Person, customer: int
    ) -> None:
        interaction_log(actor=insider.actor, kind="note", subject="우리 팀 메모", customer_id=customer)
        create(
            administrator, "interaction", kind="note", subject="부산 팀 메모", customer=customer,
            owner=outsider.id, team=outsider.user.team_id,
        )  # fmt: skip
        assert titles(insider, customer) == titles(teammate, customer) == ["우리 팀 메모"]
        assert titles(outsider, customer) == ["부산 팀 메모"]
        assert set(titles(administrator, customer)) == {"우리 팀 메모", "부산 팀 메모"}

    def test_who_sees_customers_but_no_orders_reads_no_orders(
        self, insider: Person, company: Any, customer: int
    ) -> None:
        create(insider, "order", number="SO-1", customer=customer, ordered_at="2026-11-02 10:00")
        role_save(
            actor=SYSTEM,
            code="desk",
            name="상담",
            grants=[("customer", "view", "all"), ("interaction", "view", "all")],
        )
        clerk = person("clerk@example.com", "문상담", roles=("desk",), team=company.busan)
        assert titles(clerk, customer) == []
        assert len(titles(insider, customer)) == 1

    def test_one_statement_however_many_entries(
        self, teammate: Person, insider: Person, customer: int, django_assert_num_queries: Any
    ) -> None:
        for number in range(5):
            interaction_log(actor=insider.actor, kind="note", subject=f"메모 {number}", customer_id=customer)
        actor = teammate.actor
        with django_assert_num_queries(1):
            TIMELINE.page(actor=actor, record_type=registry.get("customer"), record_id=customer)

    def test_tabs_keep_conversations_and_orders_apart(self, insider: Person, customer: int) -> None:
        interaction_log(actor=insider.actor, kind="call", subject="통화했어요", customer_id=customer)
        create(insider, "order", number="SO-1", customer=customer, ordered_at="2026-11-02 10:00")
        assert titles(insider, customer, tab="conversations") == ["통화했어요"]
        assert titles(insider, customer, tab="orders") == ["주문 SO-1"]
        writing.update(registry.get("customer"), customer, {"name": "가람정밀(주)"}, actor=insider.actor)
        page = insider.client.get(f"/timeline/customer/{customer}/?tab=changes").content.decode()
        assert "가람정밀 → 가람정밀(주)" in page

    def test_words_are_the_readers(self, insider: Person, administrator: Person, customer: int) -> None:
        create(insider, "order", number="SO-1", customer=customer, ordered_at="2026-11-02 10:00")
        administrator.user.language = "en"
        administrator.user.save()
        assert titles(administrator, customer) == ["Order SO-1"]
        assert titles(insider, customer) == ["주문 SO-1"]

    def test_the_page_of_its_own_is_closed_to_outsiders(
        self, insider: Person, outsider: Person, customer: int
    ) -> None:
        assert insider.client.get(f"/timeline/customer/{customer}/").status_code == 200
        assert outsider.client.get(f"/timeline/customer/{customer}/").status_code == 404
        assert insider.client.get(f"/timeline/product/{customer}/").status_code == 404
        assert insider.client.get(f"/timeline/nothing/{customer}/").status_code == 404

    def test_days_have_the_names_people_use(self) -> None:
        now = datetime(2026, 11, 20, 15, 0, tzinfo=SEOUL)
        ats = ["2026-11-24 11:00", "2026-11-20 18:00", "2026-11-20 09:00", "2026-11-19 09:00", "2026-11-17 09:00",
               "2026-11-12 09:00", "2026-11-02 09:00", "2026-10-31 09:00"]  # fmt: skip
        entries = [
            Shown(n, datetime.fromisoformat(at).replace(tzinfo=SEOUL), "note", "note", at)
            for n, at in enumerate(ats)
        ]
        labels = [(group.label, len(group.entries)) for group in grouped(entries, now, SEOUL)]
        assert labels == [
            ("예정", 1),
            ("오늘", 2),
            ("어제", 1),
            ("이번 주", 1),
            ("지난주", 1),
            ("이번 달", 1),
            ("2026-10", 1),
        ]


class TestComposer:
    def post(self, who: Person, customer: int, **values: str) -> Any:
        return who.client.post(f"/timeline/customer/{customer}/add/", values, headers={"hx-request": "true"})

    def test_a_task_takes_its_due_time_from_the_words(self, insider: Person, customer: int) -> None:
        answer = self.post(insider, customer, kind="task", text="내일 3시 견적 보내기\n조건은 메일 참고")
        assert answer.status_code == 200
        task = Interaction.objects.get()
        tomorrow = timezone.now().astimezone(SEOUL).date() + timedelta(days=1)
        assert task.due_at is not None
        assert task.due_at.astimezone(SEOUL) == datetime(
            tomorrow.year, tomorrow.month, tomorrow.day, 15, tzinfo=SEOUL
        )
        assert (task.subject, task.body) == ("견적 보내기", "조건은 메일 참고")
        assert "견적 보내기" in answer.content.decode()

    def test_a_call_keeps_minutes_contact_and_time(
        self, insider: Person, customer: int, contact: int
    ) -> None:
        self.post(
            insider,
            customer,
            kind="call",
            text="납기 확인",
            contact=str(contact),
            minutes="12",
            when="어제 4시",
        )
        call = Interaction.objects.get()
        assert (call.duration_minutes, call.contact_id) == (12, contact)
        assert call.occurred_at.astimezone(SEOUL).hour == 16
        assert call.occurred_at < timezone.now()

    @pytest.mark.parametrize(
        ("values", "word"),
        [
            ({"kind": "note", "text": "  "}, "적어 주세요"),
            ({"kind": "call", "text": "통화", "when": "언젠가"}, "내일 3시"),
            ({"kind": "call", "text": "통화", "minutes": "열"}, "정수"),
            ({"kind": "visit", "text": "방문"}, "골라 주세요"),
            ({"kind": "note", "text": "메모", "contact": "99999"}, ""),
        ],
    )
    def test_what_is_wrong_is_said_in_place_and_nothing_is_written(
        self, insider: Person, customer: int, values: dict[str, str], word: str
    ) -> None:
        answer = self.post(insider, customer, **values)
        assert answer.status_code == 422
        assert answer["HX-Retarget"] == "#composer"
        assert word in answer.content.decode()
        assert not Interaction.objects.exists()

    def test_outsiders_and_readers_write_nothing(
        self, outsider: Person, reader: Person, nobody: Person, customer: int
    ) -> None:
        for who in (outsider, reader, nobody):
            assert self.post(who, customer, kind="note", text="몰래").status_code == 404
        assert not Interaction.objects.exists()

    def test_without_scripts_it_leads_back_to_the_page(self, insider: Person, customer: int) -> None:
        answer = insider.client.post(f"/timeline/customer/{customer}/add/", {"kind": "note", "text": "메모"})
        assert (answer.status_code, answer["Location"]) == (302, f"/customers/{customer}/")
        assert Interaction.objects.count() == 1

    def test_the_words_for_a_time_are_read_while_they_are_typed(self, insider: Person) -> None:
        assert "15:00" in insider.client.get("/timeline/due/", {"when": "내일 3시"}).content.decode()


class TestHome:
    def score(self, customer: int, name: str, value: Any = None, label: str = "") -> None:
        Score.objects.create(
            record_type="customer",
            record_id=customer,
            name=name,
            value=value,
            label=label,
            as_of="2026-11-20",
            model="t",
        )

    def test_the_list_is_ordered_by_the_value_at_stake(self, insider: Person, customer: int) -> None:
        small = create(insider, "customer", name="작은 고객")
        for pk, value in ((customer, 9_000_000), (small, 100_000)):
            self.score(pk, "rfm.monetary", Decimal(value))
        past = timezone.now() - timedelta(hours=30)
        interaction_log(actor=insider.actor, kind="task", subject="작은 일", customer_id=small, due_at=past)
        interaction_log(actor=insider.actor, kind="task", subject="큰 일", customer_id=customer, due_at=past)
        interaction_log(actor=insider.actor, kind="task", subject="모르는 일", due_at=past)
        later = timezone.now() + timedelta(days=3)
        interaction_log(
            actor=insider.actor, kind="task", subject="나중 일", customer_id=customer, due_at=later
        )
        now = timezone.now().astimezone(SEOUL)
        shown = [item.title for item in home.items(insider.actor, now)]
        assert shown == ["가람정밀 — 큰 일", "작은 고객 — 작은 일", "모르는 일"]

    def test_a_customer_who_went_quiet_stands_there_with_the_reason(
        self, insider: Person, customer: int
    ) -> None:
        for number, day in enumerate(("2026-01-10", "2026-01-31", "2026-02-21"), start=1):
            create(insider, "order", number=f"SO-{number}", customer=customer, ordered_at=f"{day} 10:00")
        self.score(customer, "rfm.segment", label="at_risk")
        self.score(customer, "rfm.monetary", Decimal(5_000_000))
        self.score(customer, "rfm.recency", Decimal(58))
        page = insider.client.get("/").content.decode()
        assert "가람정밀에 전화 — 이탈 직전" in page
        assert "평소 21일마다 주문하던 곳이 58일째 조용해요." in page
        assert f"/customers/{customer}/#call" in page

    def test_others_tasks_and_customers_stay_out(
        self, insider: Person, teammate: Person, outsider: Person, customer: int
    ) -> None:
        past = timezone.now() - timedelta(hours=1)
        interaction_log(actor=insider.actor, kind="task", subject="내 일", customer_id=customer, due_at=past)
        interaction_log(actor=insider.actor, kind="call", subject="내 통화", customer_id=customer)
        assert "내 일" in insider.client.get("/").content.decode()
        page = teammate.client.get("/").content.decode()
        assert "내 일" not in page
        assert "내 통화" in page
        page = outsider.client.get("/").content.decode()
        assert "내 일" not in page
        assert "내 통화" not in page

    def test_whoever_has_no_role_gets_an_empty_page(self, nobody: Person, reader: Person) -> None:
        assert nobody.client.get("/").status_code == 200
        assert reader.client.get("/").status_code == 200

    def test_it_greets_by_the_hour_and_the_given_name(self, insider: Person) -> None:
        morning = datetime(2026, 11, 20, 9, 0, tzinfo=SEOUL)
        assert greeting(insider.actor, morning) == "좋은 아침이에요, 지우 님"
        assert greeting(insider.actor, morning.replace(hour=14)) == "좋은 오후예요, 지우 님"
        assert greeting(insider.actor, morning.replace(hour=20)) == "좋은 저녁이에요, 지우 님"
        assert called("김구") == "김구"
        assert called("John Smith") == "John Smith"


def test_the_customer_page_takes_three_queries_of_these_rooms(
    insider: Person, customer: int, contact: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        create(insider, "order", number=f"SO-{number}", customer=customer, ordered_at="2026-11-02 10:00")
        interaction_log(actor=insider.actor, kind="call", subject=f"통화 {number}", contact_id=contact)
    assert insider.client.get(f"/customers/{customer}/").status_code == 200
    with django_assert_max_num_queries(10) as captured:
        page = insider.client.get(f"/customers/{customer}/")
    assert page.status_code == 200
    ours = ("commerce_order", "interactions_timelineentry", "customers_contactpoint")
    assert (
        sum(any(f'"{t}"' in q["sql"] or f"{t} " in q["sql"] for t in ours) for q in captured.captured_queries)
        == 3
    )
