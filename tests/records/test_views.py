"""Saved views, groups, boards and calendars, through the browser's door."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dangol.customers.models import Customer
from dangol.identity.models import Role
from dangol.records import calendars, groups, permissions, registry, saved_views, writing
from dangol.records.filters import parse
from dangol.records.models import Change, SavedView
from tests.workshop.models import Machine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy machine a page asks again sooner than a test would like."""
    from dangol.records import boards
    from dangol.records.views import calendars as calendar_pages
    from dangol.records.views import grouped

    monkeypatch.setattr(boards, "PATIENCE_MS", 20_000)
    monkeypatch.setattr(grouped, "PATIENCE_MS", 20_000)
    monkeypatch.setattr(calendar_pages, "PATIENCE_MS", 20_000)


@pytest.fixture
def customers():
    return registry.get("customer")


@pytest.fixture
def machines():
    return registry.get("machine")


@pytest.fixture
def some(insider, outsider, customers):
    """Three of the insider's team, one of the other."""
    made = {}
    for name, stage, city in (
        ("가나", "active", "서울"),
        ("다라", "active", "부산"),
        ("마바", "lost", "서울"),
    ):
        made[name] = writing.create(
            customers, {"name": name, "stage": stage, "city": city}, actor=insider.actor
        )
    made["남의것"] = writing.create(customers, {"name": "남의것", "stage": "active"}, actor=outsider.actor)
    return made


def keep(person, **values):
    answer = person.client.post("/customers/views/", {"name": "내 것", "audience": "private", **values})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return answer.url


# saved views


def test_a_kept_view_opens_with_filter_columns_and_sort(insider, some):
    url = keep(insider, filter="stage = active", cols="name,city", sort="name")
    page = insider.client.get(url).content.decode()
    assert "가나" in page
    assert "다라" in page
    assert "마바" not in page
    assert page.index("가나") < page.index("다라")
    assert page.count('<th scope="col"') == 2
    assert "내 것" in page
    assert "변경됨" not in page


def test_a_page_that_differs_from_its_view_says_so_and_can_be_kept(insider, some):
    url = keep(insider, filter="stage = active")
    page = insider.client.get(f"{url}&filter=stage+%3D+lost").content.decode()
    assert "변경됨" in page
    assert "마바" in page
    assert "가나" not in page
    view = SavedView.objects.get()
    insider.client.post(
        f"/customers/views/{view.pk}/", {"act": "save", "version": view.version, "filter": "stage = lost"}
    )
    assert SavedView.objects.get().state == {"filter": "stage = lost"}
    history = Change.objects.get(table="records_savedview")
    assert history.changes["state"] == [{"filter": "stage = active"}, {"filter": "stage = lost"}]
    assert history.actor_id == insider.id


def test_a_filter_taken_away_stays_away_though_the_view_has_one(insider, some):
    url = keep(insider, filter="stage = active")
    page = insider.client.get(f"{url}&filter=").content.decode()
    assert "마바" in page
    assert "변경됨" in page


def test_a_private_view_is_found_by_nobody_else(insider, teammate, administrator, some):
    url = keep(insider, filter="stage = active")
    for other in (teammate, administrator):
        page = other.client.get(url).content.decode()
        assert "내 것" not in page
        assert "마바" in page  # the plain list
    view = SavedView.objects.get()
    for act in ("save", "rename", "delete", "copy", "default"):
        answer = teammate.client.post(f"/customers/views/{view.pk}/", {"act": act, "name": "x"})
        assert answer.status_code == 404, act
    view.refresh_from_db()
    assert (view.name, view.deleted_at, view.version) == ("내 것", None, 1)


def test_a_teams_view_is_found_in_the_team_and_shows_each_what_that_person_may_see(
    insider, teammate, manager, outsider, some
):
    url = keep(insider, audience="team", filter="stage = active", name="우리 팀")
    for colleague in (teammate, manager):
        assert "우리 팀" in colleague.client.get(url).content.decode()
    page = outsider.client.get(f"{url}&filter=stage+%3D+active").content.decode()
    assert "우리 팀" not in page
    assert "남의것" in page
    assert "가나" not in page


def test_only_those_who_administer_give_a_view_to_everyone(insider, administrator, outsider, some):
    insider.client.post("/customers/views/", {"name": "모두", "audience": "everyone"})
    assert not SavedView.objects.exists()
    url = keep(administrator, name="모두의 것", audience="everyone")
    assert "모두의 것" in outsider.client.get(url).content.decode()


def test_the_narrowest_default_opens_the_list(insider, teammate, administrator, some):
    everyone = keep(administrator, name="모두", audience="everyone", filter="stage = lost")
    number = everyone.partition("=")[2]
    administrator.client.post(f"/customers/views/{number}/", {"act": "default", "whose": "everyone"})
    assert "가나" not in insider.client.get("/customers/").content.decode()
    assert "가나" in insider.client.get("/customers/?view=0").content.decode()
    other = keep(administrator, name="역할", audience="everyone", filter="city = 부산").partition("=")[2]
    role = Role.objects.get(code="sales")
    administrator.client.post(f"/customers/views/{other}/", {"act": "default", "whose": f"role:{role.pk}"})
    page = insider.client.get("/customers/").content.decode()
    assert "다라" in page
    assert "마바" not in page
    mine = keep(insider, name="나", filter="name = 가나").partition("=")[2]
    insider.client.post(f"/customers/views/{mine}/", {"act": "default", "whose": "me"})
    page = insider.client.get("/customers/").content.decode()
    assert "가나" in page
    assert "다라" not in page
    assert "다라" in teammate.client.get("/customers/").content.decode()
    insider.client.post(f"/customers/views/{mine}/", {"act": "default", "whose": "me", "off": "1"})
    assert "다라" in insider.client.get("/customers/").content.decode()


def test_a_clerk_sets_no_default_for_others(insider, administrator, some):
    number = keep(administrator, name="모두", audience="everyone").partition("=")[2]
    insider.client.post(f"/customers/views/{number}/", {"act": "default", "whose": "everyone"})
    from dangol.records.models import ViewDefault

    assert not ViewDefault.objects.exists()


def test_a_view_with_fields_that_are_gone_says_which_and_shows_the_rest(insider, some):
    url = keep(insider, cols="name,x_gone,city", sort="-x_gone", group="", filter="stage = active")
    answer = insider.client.get(url)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "x_gone" in page
    assert "가나" in page
    assert page.count('<th scope="col"') == 2


def test_a_view_whose_filter_names_a_field_that_is_gone_shows_no_wrong_rows(insider, some):
    answer = insider.client.get(keep(insider, filter="x_gone = 3", cols="name"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "x_gone" in page
    assert "가나" not in page


def test_a_copy_is_ones_own_and_a_deleted_view_is_gone_from_the_list(insider, administrator, some):
    number = keep(administrator, name="모두", audience="everyone", filter="stage = lost").partition("=")[2]
    insider.client.post(f"/customers/views/{number}/", {"act": "copy"})
    copy = SavedView.objects.get(owner=insider.user)
    assert (copy.audience, copy.state) == ("private", {"filter": "stage = lost"})
    insider.client.post(f"/customers/views/{copy.pk}/", {"act": "delete"})
    found = saved_views.views_for(insider.actor, registry.get("customer"))
    assert [view.name for view in found] == ["모두"]
    assert Change.objects.filter(table="records_savedview", record_id=copy.pk).exists()


def test_two_people_do_not_overwrite_each_other(administrator, some):
    number = keep(administrator, name="모두", audience="everyone").partition("=")[2]
    customers = registry.get("customer")
    saved_views.view_save(
        actor=administrator.actor,
        record_type=customers,
        values={"name": "neu"},
        view_id=int(number),
        version=1,
    )
    with pytest.raises(saved_views.ViewError) as raised:
        saved_views.view_save(
            actor=administrator.actor,
            record_type=customers,
            values={"name": "alt"},
            view_id=int(number),
            version=1,
        )
    assert raised.value.code == "conflict"
    assert SavedView.objects.get().name == "neu"


@pytest.mark.parametrize(
    "state",
    [{"nonsense": "1"}, {"as": "hologram"}, {"filter": "a\0b"}, {"filter": 3}, [], {"filter": "x" * 30_000}],
)
def test_a_state_that_is_none_is_refused(state):
    with pytest.raises(saved_views.ViewError):
        saved_views.clean_state(state)


# groups


def test_groups_count_and_add_up_what_the_actor_may_see(insider, outsider, machines):
    for name, state, price in (("a", "running", 100), ("b", "running", 300), ("c", "stopped", None)):
        writing.create(
            machines, {"code": name, "name": name, "state": state, "price": price}, actor=insider.actor
        )
    writing.create(
        machines, {"code": "z", "name": "z", "state": "running", "price": 9999}, actor=outsider.actor
    )
    known = permissions.fields_for(insider.actor, machines)
    found = groups.group_list(
        actor=insider.actor,
        record_type=machines,
        tree=None,
        grouping=groups.grouping_of("state", known),
        totals=groups.totals_of(known, ["price", "name"]),
        patience=5000,
    )
    assert found is not None
    assert found.exact
    by = {group.value: group for group in found.groups}
    assert by["running"].count == 2
    assert by["running"].totals[0].sum == Decimal(400)
    assert by["running"].totals[0].average == Decimal(200)
    assert by["stopped"].totals[0].sum is None
    page = insider.client.get("/machines/?group=state").content.decode()
    assert "400" in page
    assert "9,999" not in page


@pytest.mark.parametrize("span", ["month", "quarter", "year"])
def test_groups_of_dates_open_exactly_their_records(insider, customers, span):
    for day in ("2025-12-31", "2026-01-01", "2026-02-15", "2026-04-01"):
        writing.create(customers, {"name": day, "since": day}, actor=insider.actor)
    writing.create(customers, {"name": "언제인지 모름"}, actor=insider.actor)
    known = permissions.fields_for(insider.actor, customers)
    found = groups.group_list(
        actor=insider.actor, record_type=customers, tree=None,
        grouping=groups.grouping_of(f"since:{span}", known), patience=5000,
    )  # fmt: skip
    assert found is not None
    from dangol.records.lists import record_count

    for group in found.groups:
        counted = record_count(actor=insider.actor, record_type=customers, tree=group.tree)
        assert counted.value == group.count
    assert sum(group.count for group in found.groups) == 5
    assert len(found.groups) == {"month": 5, "quarter": 4, "year": 3}[span]
    assert found.groups[-1].value is None


def test_groups_by_a_reference_do_not_name_what_the_actor_may_not_see(insider, outsider, customers):
    parent = writing.create(customers, {"name": "비밀 모회사"}, actor=outsider.actor)
    child = writing.create(customers, {"name": "자회사"}, actor=insider.actor)
    Customer.objects.filter(pk=child).update(parent_id=parent)
    known = permissions.fields_for(insider.actor, customers)
    found = groups.group_list(
        actor=insider.actor, record_type=customers, tree=None, grouping=groups.grouping_of("parent", known),
        patience=5000,
    )  # fmt: skip
    assert found is not None
    (group,) = found.groups
    assert (group.hidden, group.value, group.tree) == (True, None, None)
    page = insider.client.get("/customers/?group=parent").content.decode()
    assert "비밀 모회사" not in page
    assert f"parent+%3D+{parent}" not in page


def test_groups_that_take_too_long_say_at_least_so_many(insider, customers, some, monkeypatch):
    known = permissions.fields_for(insider.actor, customers)
    real = groups.rows_within
    asked = []

    def slow(milliseconds, sql, parameters):
        asked.append(milliseconds)
        return None if len(asked) == 1 else real(5000, sql, parameters)

    monkeypatch.setattr(groups, "rows_within", slow)
    monkeypatch.setattr(groups, "SAMPLE", 2)
    found = groups.group_list(
        actor=insider.actor, record_type=customers, tree=None, grouping=groups.grouping_of("stage", known),
        totals=(), patience=100,
    )  # fmt: skip
    assert found is not None
    assert not found.exact
    assert sum(group.count for group in found.groups) == 2
    assert asked == [100, 50]


# the board


def test_the_board_has_a_lane_for_each_stage_with_the_actors_cards(insider, some):
    page = insider.client.get("/customers/?as=board&by=stage").content.decode()
    assert page.count("data-card=") == 3
    assert "남의것" not in page
    totals = insider.client.get("/customers/board/totals/?as=board&by=stage").content.decode()
    assert '<span id="sum-active" hx-swap-oob="true">2</span>' in totals
    assert '<span id="sum-lost" hx-swap-oob="true">1</span>' in totals


def test_a_board_sums_its_lanes(insider, machines):
    for name, price in (("a", 12_000_000), ("b", 8_000_000)):
        writing.create(
            machines, {"code": name, "name": name, "state": "running", "price": price}, actor=insider.actor
        )
    totals = insider.client.get("/machines/board/totals/?by=state&total=price").content.decode()
    assert "2 · 2,000만" in totals


def test_a_card_is_moved_through_the_writer_with_its_version(insider, some):
    number = some["가나"]
    data = {"id": number, "version": 1, "by": "stage", "to": "lost"}
    answer = insider.client.post("/customers/board/move/", data)
    assert answer.status_code == 200
    assert answer.json()["version"] == 2
    row = Customer.objects.get(pk=number)
    assert (row.stage, row.version) == ("lost", 2)
    late = insider.client.post("/customers/board/move/", {**data, "to": "active"})
    assert late.status_code == 409
    assert insider.user.name in late.json()["message"]
    assert Customer.objects.get(pk=number).stage == "lost"


def test_nobody_moves_what_is_not_theirs(outsider, reader, insider, some):
    data = {"id": some["가나"], "version": 1, "by": "stage", "to": "lost"}
    assert outsider.client.post("/customers/board/move/", data).status_code == 404
    assert reader.client.post("/customers/board/move/", data).status_code in (404, 422)
    assert insider.client.post("/customers/board/move/", {**data, "by": "name"}).status_code == 404
    assert insider.client.post("/customers/board/move/", {**data, "to": "nonsense"}).status_code == 404
    assert Customer.objects.get(pk=some["가나"]).version == 1


def test_a_long_lane_loads_further_cards_without_gap_or_repeat(insider, customers):
    from dangol.records.writing import Change as Written

    names = [f"고객 {place:03d}" for place in range(45)]
    writing.write(
        customers, [Written({"name": name, "stage": "active"}) for name in names], actor=insider.actor
    )
    import re

    page = insider.client.get("/customers/?as=board&by=stage&sort=name").content.decode()
    seen: list[str] = []
    for _step in range(5):
        lane = page[page.index('data-lane="active"') :] if not seen else page
        lane = lane.partition("</section>")[0]
        seen += re.findall(r'data-card="(\d+)"', lane)
        more = re.search(r'hx-get="([^"]*board/cards/[^"]*)"', lane)
        if more is None:
            break
        page = insider.client.get(more[1].replace("&amp;", "&")).content.decode()
    assert len(seen) == len(set(seen)) == 45


def test_a_lane_that_takes_too_long_comes_by_itself_afterwards(insider, some, monkeypatch):
    from dangol.records import boards

    monkeypatch.setattr(boards, "PATIENCE_MS", 0)
    page = insider.client.get("/customers/?as=board&by=stage").content.decode()
    assert "data-card=" not in page
    assert page.count('hx-trigger="load" hx-swap="outerHTML"') >= 5
    cards = insider.client.get("/customers/board/cards/?as=board&by=stage&lane=active").content.decode()
    assert cards.count("data-card=") == 2


# the calendar


def test_the_calendar_has_records_on_their_days_and_the_holidays(insider, customers):
    writing.create(customers, {"name": "한글날 고객", "since": "2026-10-09"}, actor=insider.actor)
    page = insider.client.get("/customers/?as=calendar&by=since&day=2026-10-01").content.decode()
    cell = page[page.index('data-day="2026-10-09"') :].partition('data-day="2026-10-10"')[0]
    assert "한글날 고객" in cell
    assert "한글날" in cell
    assert 'class="day-c sun' in page
    week = insider.client.get("/customers/?as=calendar&by=since&day=2026-10-09&span=week").content.decode()
    assert week.count("data-day=") == 7
    agenda = insider.client.get(
        "/customers/?as=calendar&by=since&day=2026-10-09&span=agenda"
    ).content.decode()
    assert "한글날 고객" in agenda


def test_a_moment_stands_on_the_day_of_the_readers_zone(insider, machines):
    writing.create(
        machines,
        {"code": "1", "name": "늦은 점검", "checked_at": "2026-10-08T15:30:00+00:00"},
        actor=insider.actor,
    )
    page = insider.client.get("/machines/?as=calendar&by=checked_at&day=2026-10-01").content.decode()
    cell = page[page.index('data-day="2026-10-09"') :].partition('data-day="2026-10-10"')[0]
    assert "늦은 점검" in cell
    assert "12:30" in cell


@pytest.mark.parametrize("whole", [False, True])
def test_a_full_day_says_how_many_more(insider, outsider, customers, whole):
    from dangol.records.writing import Change as Written

    rows = [Written({"name": f"{place}", "since": "2026-10-12"}) for place in range(9)]
    writing.write(customers, rows, actor=insider.actor)
    writing.write(customers, rows, actor=outsider.actor)
    days = calendars.calendar_read(
        actor=insider.actor, record_type=customers, tree=parse("", customers, actor=insider.actor),
        field=customers.fields["since"], first=date(2026, 10, 10), days=7, each=4, columns=["name", "since"],
        patience=5000, whole=whole,
    )  # fmt: skip
    assert days is not None
    assert [day.count for day in days] == [0, 0, 9, 0, 0, 0, 0]
    assert len(days[2].rows) == 4
    assert days[2].exact


def test_a_record_is_put_on_another_day_and_keeps_its_hour(insider, machines):
    moment = timezone.now().replace(minute=30, second=0, microsecond=0)
    number = writing.create(
        machines, {"code": "1", "name": "x", "checked_at": moment.isoformat()}, actor=insider.actor
    )
    to = (moment + timedelta(days=3)).astimezone(ZoneInfo("Asia/Seoul")).date()
    answer = insider.client.post(
        "/machines/calendar/move/", {"id": number, "version": 1, "by": "checked_at", "to": to.isoformat()}
    )
    assert answer.status_code == 200, answer.content
    assert Machine.objects.get(pk=number).checked_at == moment + timedelta(days=3)


def test_nobody_puts_others_records_on_other_days(insider, outsider, customers):
    number = writing.create(customers, {"name": "x", "since": "2026-10-12"}, actor=insider.actor)
    data = {"id": number, "version": 1, "by": "since", "to": "2026-10-13"}
    assert outsider.client.post("/customers/calendar/move/", data).status_code == 404
    assert insider.client.post("/customers/calendar/move/", {**data, "to": "9999-99-99"}).status_code == 404
    assert insider.client.post("/customers/calendar/move/", {**data, "by": "created_at"}).status_code == 404
    assert Customer.objects.get(pk=number).since == date(2026, 10, 12)


# side by side


def test_the_split_view_opens_the_record_beside_the_list(insider, some):
    page = insider.client.get(f"/customers/?as=split&at={some['다라']}").content.decode()
    assert f'hx-get="/customers/{some["다라"]}/" hx-trigger="load"' in page
    assert "남의것" not in page


@pytest.mark.parametrize("kind", ["table", "board", "calendar", "split"])
@pytest.mark.parametrize(
    "path", ["customers", "contacts", "interactions", "orders", "machines", "repairs", "products"]
)
def test_every_type_has_every_presentation_that_its_fields_allow(insider, path, kind):
    answer = insider.client.get(f"/{path}/?as={kind}")
    record_type = registry.by_path(path)
    known = permissions.fields_for(insider.actor, record_type)
    from dangol.records import boards

    missing = kind == "board" and boards.board_field(record_type, known, "") is None
    assert answer.status_code == (404 if missing else 200)
