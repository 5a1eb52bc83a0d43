"""A list as a board."""

from __future__ import annotations

import pytest

from dangol.customers.models import Customer
from dangol.records import boards, writing

pytestmark = pytest.mark.django_db


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


def test_a_lane_that_takes_too_long_keeps_no_other_from_being_read(insider, some, customers, monkeypatch):
    from django.db import connection

    read = boards.lane_read

    def slow_for_new(*, lane, **given):
        if lane.key == "new":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(3)")
        return read(lane=lane, **given)

    monkeypatch.setattr(boards, "LANE_PATIENCE_MS", 400)
    monkeypatch.setattr(boards, "lane_read", slow_for_new)
    found = boards.board_read(
        actor=insider.actor, record_type=customers, tree=None, lanes=boards.lanes_of(customers.fields["stage"]),
        columns=["name"], sort=customers.default_sort,
    )  # fmt: skip
    assert {lane.key for lane in found if lane.page is None} == {"new"}
    assert [len(lane.page.rows) for lane in found if lane.key in ("active", "lost")] == [2, 1]


def test_each_card_that_may_be_moved_says_where_to_without_dragging(insider, reader, some):
    page = insider.client.get("/customers/?as=board&by=stage").content.decode()
    assert page.count("data-move-open") == 3
    menu = page[page.index('id="move-menu"') :]
    assert menu.count('data-to="') >= 5
    page = reader.client.get("/customers/?as=board&by=stage").content.decode()
    assert "data-move-open" not in page
    assert 'id="move-menu"' not in page
