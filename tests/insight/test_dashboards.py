"""Dashboards: answered for whoever looks, each mark leads to its records, and nobody overwrites another's work."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.identity.services import user_update
from dangol.insight.dashboards import keeping
from dangol.insight.dashboards.answering import Lens, day_of_data, show
from dangol.insight.dashboards.pictures import picture
from dangol.insight.dashboards.tiles import Tile, TileError
from dangol.insight.models import Dashboard
from dangol.measures import metrics
from dangol.records.models.history import Change
from tests.cast import SYSTEM
from tests.insight.boards import TILES, behind, make, marks, tile
from tests.measures.metrics.conftest import _closed, market  # noqa: F401


def total(html):
    found = re.search(r'class="big">(?:<a[^>]*>)?([^<]+)', html)
    return found and found.group(1)


@pytest.fixture
def shared(market, administrator):  # noqa: F811 - a fixture
    return make(administrator, audience="everyone")


def test_everybody_sees_the_numbers_of_what_that_person_may_see(shared, administrator, insider, outsider):
    seen = {}
    for person in (administrator, insider, outsider):
        own = metrics.ask(person.actor, "orders")
        html = tile(person, shared, "orders")
        assert total(html) == f"{own.total:,.0f}"
        assert ("볼 수 있는 범위" in html) == own.limited
        seen[person.id] = own.total
    assert len(set(seen.values())) == 3
    assert seen[administrator.id] > seen[insider.id] + seen[outsider.id] - 1


def test_what_one_may_not_see_says_so_and_tells_nothing(shared, administrator, insider):
    assert "볼 수 없어요" not in tile(administrator, shared, "people")
    html = tile(insider, shared, "people")
    assert total(html) is None
    assert "볼 수 없어요" in html
    assert "활성 사용자" not in insider.client.get(f"/dashboards/{shared.pk}/").content.decode()


def test_every_mark_opens_exactly_its_records(shared, administrator, insider):
    looked = 0
    for person in (administrator, insider):
        for key in ("orders", "line", "grades", "stack", "heat", "table", "funnel", "lines"):
            html = tile(person, shared, key)
            found = marks(html)
            assert found, key
            for url, value in found:
                assert behind(person, url) == value, (key, url)
                looked += 1
    assert looked > 150


def test_one_period_and_one_filter_lie_over_all_tiles(shared, administrator):
    from datetime import date

    since, until = date(2026, 10, 1), date(2026, 11, 15)
    query = "since=2026-10-01&until=2026-11-15&filter=grade+%3D+vip"
    for key, metric, text in (
        ("orders", "orders", "customer.grade = vip"),
        ("grades", "orders", "customer.grade = vip"),
    ):
        own = metrics.ask(administrator.actor, metric, filter=text, since=since, until=until)
        html = tile(administrator, shared, key, query)
        if key == "orders":
            assert total(html) == f"{own.total:,.0f}"
        assert all(behind(administrator, url) == value for url, value in marks(html))
    customers = tile(administrator, shared, "funnel", query)
    assert [value for _url, value in marks(customers)] == [4]
    assert "고객에 관한 것" in tile(administrator, shared, "people", query)
    page = administrator.client.get(f"/dashboards/{shared.pk}/?{query}").content.decode()
    assert "filter=grade" in page


def test_a_period_or_filter_that_is_none_is_said_and_the_page_stands(shared, administrator):
    for query, told in (
        ("period=spring", "12m"),
        ("filter=wing+%3D+1", "wing"),
        ("since=2026-11-02&until=2026-11-01", "2026-01-01"),
    ):
        answer = administrator.client.get(f"/dashboards/{shared.pk}/?{query}")
        assert answer.status_code == 400
        assert told in answer.content.decode()
    assert "tile-said" in tile(administrator, shared, "orders", "period=spring")


def test_a_filter_over_a_field_that_is_hidden_is_not_told_to_others(market, administrator, insider):  # noqa: F811
    board = make(
        administrator,
        [{"id": "a", "chart": "number", "metric": "orders", "filter": 'customer.x_secret = "흑자도산"'}],
        audience="everyone",
    )
    html = tile(insider, board, "a")
    assert "x_secret" not in html
    assert "흑자도산" not in html
    assert "x_secret" in tile(administrator, board, "a")


def test_what_a_dashboard_opens_with_is_not_told_to_whom_it_is_hidden(market, administrator, insider):  # noqa: F811
    told = make(administrator, filter="grade = vip", audience="everyone")
    hidden = make(administrator, audience="everyone")
    Dashboard.objects.filter(pk=hidden.pk).update(filter='x_secret = "흑자도산"')
    page = insider.client.get(f"/dashboards/{told.pk}/").content.decode()
    assert 'value="grade = vip"' in page
    vip = metrics.ask(insider.actor, "orders", filter="customer.grade = vip").total
    assert total(tile(insider, told, "orders")) == f"{vip:,.0f}"
    page = insider.client.get(f"/dashboards/{hidden.pk}/").content.decode()
    assert "x_secret" not in page
    assert "흑자도산" not in page
    assert total(tile(insider, hidden, "orders")) is None
    assert insider.api.get(f"/api/v1/dashboards/{hidden.pk}").json()["filter"] is None


def test_notes_are_text_and_never_markup(shared, insider):
    assert "&lt;b&gt;주간&lt;/b&gt;<br>회의" in tile(insider, shared, "note")


def test_who_finds_what(market, insider, teammate, outsider, manager, administrator, nobody):  # noqa: F811
    board = make(insider)
    address = f"/dashboards/{board.pk}/"
    seen = lambda: [p.client.get(address).status_code for p in (insider, teammate, outsider, manager, nobody)]  # noqa: E731
    assert seen() == [200, 404, 404, 404, 404]
    keeping.dashboard_change(
        actor=insider.actor, dashboard_id=board.pk, values={"audience": "team"}, version=1
    )
    assert seen() == [200, 200, 404, 200, 404]
    for refused in (teammate, manager, outsider):
        before = Dashboard.objects.values().get()
        for path, data in (
            ("place/", {"tile": "orders", "x": 0, "y": 0, "w": 3, "h": 3, "version": 2}),
            ("act/", {"do": "remove", "tile": "orders", "version": 2}),
            ("settings/", {"name": "x", "version": 2}),
            ("tile/", {"chart": "number", "metric": "orders", "version": 2}),
            ("delete/", {}),
        ):
            assert refused.client.post(address + path, data).status_code == 404
        assert Dashboard.objects.values().get() == before
    with pytest.raises(TileError, match="모두"):
        keeping.dashboard_change(
            actor=insider.actor, dashboard_id=board.pk, values={"audience": "everyone"}, version=2
        )
    user_update(user=teammate.user, actor=SYSTEM, team=outsider.user.team)
    assert teammate.client.get(address).status_code == 404


def test_two_who_build_at_once_do_not_overwrite_each_other(shared, administrator):
    place = f"/dashboards/{shared.pk}/place/"
    first = administrator.client.post(place, {"tile": "orders", "x": 9, "y": 0, "w": 3, "h": 2, "version": 1})
    assert first.status_code == 200
    body = first.json()
    assert body["version"] == 2
    assert body["tiles"]["orders"] == [9, 0, 3, 2]
    assert "10열" in body["said"]
    second = administrator.client.post(place, {"tile": "line", "x": 0, "y": 0, "w": 6, "h": 4, "version": 1})
    assert second.status_code == 409
    assert "바꿨어요" in second.json()["detail"]
    row = Dashboard.objects.get()
    assert (row.version, next(t for t in row.tiles if t["id"] == "orders")["x"]) == (2, 9)
    stale = {"chart": "number", "metric": "revenue", "version": "1"}
    assert administrator.client.post(f"/dashboards/{shared.pk}/tile/", stale).status_code == 409
    assert Change.objects.filter(table="insight_dashboard", record_id=shared.pk).count() == 1


def test_steps_are_taken_back_one_after_the_other(shared, administrator):
    before = Dashboard.objects.get().tiles
    act = f"/dashboards/{shared.pk}/act/"
    for data in ({"do": "remove", "tile": "heat"}, {"do": "down", "tile": "orders"}):
        version = Dashboard.objects.get().version
        assert administrator.client.post(act, {**data, "version": version}).status_code == 302
    assert len(Dashboard.objects.get().tiles) == len(before) - 1
    for _step in range(3):
        administrator.client.post(act, {"do": "undo", "version": Dashboard.objects.get().version})
    assert Dashboard.objects.get().tiles == before
    assert keeping.can_undo(Dashboard.objects.get()) is False


def test_a_tile_is_built_with_a_preview_of_its_numbers(market, insider):  # noqa: F811
    board = make(insider, [])
    form = f"/dashboards/{board.pk}/tile/"
    htmx = {"HX-Request": "true"}
    empty = insider.client.get(form, headers=htmx).content.decode()
    assert 'value="revenue"' in empty
    assert 'value="active_users"' not in empty
    chosen = insider.client.get(
        form + "?metric=orders&by=customer.grade&chart=bar", headers=htmx
    ).content.decode()
    assert "VIP" in chosen
    assert marks(chosen)
    data = {"metric": "orders", "by": "customer.grade", "chart": "bar", "version": "1"}
    answer = insider.client.post(form, data, headers=htmx)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/dashboards/{board.pk}/?edit=1")
    (made,) = Dashboard.objects.get().tiles
    assert (made["metric"], made["by"], made["chart"], made["w"]) == ("orders", "customer.grade", "bar", 6)
    wrong = insider.client.post(form, {"metric": "", "chart": "bar", "version": "2"}, headers=htmx)
    assert wrong.status_code == 422
    edit = f"/dashboards/{board.pk}/tiles/{made['id']}/edit/"
    assert (
        insider.client.post(edit, {**data, "chart": "funnel", "version": "2"}, headers=htmx).status_code
        == 204
    )
    (changed,) = Dashboard.objects.get().tiles
    assert (changed["id"], changed["chart"], changed["x"]) == (made["id"], "funnel", made["x"])


WRONG = (
    ({"chart": "pie"}, "chart"),
    ({"chart": "bar"}, "metric"),
    ({"chart": "stacked", "metric": "orders"}, "by"),
    ({"chart": "number", "metric": "orders", "by": "customer.grade"}, "by"),
    ({"chart": "line", "metric": "orders", "grain": "hour"}, "grain"),
    ({"chart": "line", "metric": "orders", "period": "soon"}, "period"),
    ({"chart": "line", "metric": "orders", "against": "spring"}, "against"),
    ({"chart": "note", "text": " "}, "text"),
    ({"chart": "note", "text": "a\0"}, "text"),
    ({"chart": "line", "metric": "orders", "x": -1}, "x"),
    ({"chart": "line", "metric": "orders", "colour": "red"}, "colour"),
)


def test_a_tile_that_is_wrong_says_which_field(market, insider):  # noqa: F811
    for values, field in WRONG:
        with pytest.raises(TileError) as caught:
            make(insider, [values])
        assert caught.value.field == "tiles"
        assert f" {field}:" in caught.value.message, (values, caught.value.message)
    with pytest.raises(TileError, match="30"):
        make(insider, [{"chart": "note", "text": "x"}] * 31)
    assert not Dashboard.objects.exists()


def test_a_first_dashboard_is_offered_of_standing_metrics(market, insider, nobody):  # noqa: F811
    assert 'name="first"' in insider.client.get("/dashboards/").content.decode()
    insider.client.post("/dashboards/new/", {"first": "1"})
    board = Dashboard.objects.get()
    assert len(board.tiles) >= 6
    for one in board.tiles:
        assert "tile-said" not in tile(insider, board, one["id"]), one
    assert 'name="first"' not in insider.client.get("/dashboards/").content.decode()
    assert nobody.client.get("/dashboards/").status_code == 404


def test_a_dashboard_of_many_tiles_costs_no_more_queries_than_one_of_one(market, administrator):  # noqa: F811
    one = make(administrator, TILES[:1])
    many = make(administrator, [{**TILES[0], "id": f"t{at}"} for at in range(12)])
    counts = []
    for board in (one, many):
        administrator.client.get(f"/dashboards/{board.pk}/")
        with CaptureQueriesContext(connection) as queries:
            administrator.client.get(f"/dashboards/{board.pk}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    with CaptureQueriesContext(connection) as queries:
        tile(administrator, many, "t3")
    assert len(queries) <= 10, [query["sql"][:90] for query in queries]


def test_nothing_was_computed_yet_and_the_tiles_say_so(shop, insider, company):
    board = make(insider, TILES[:2])
    assert "새로 고침" in tile(insider, board, "orders") or "계산" in tile(insider, board, "orders")


def test_a_deleted_dashboard_is_gone_for_all(shared, administrator, insider):
    assert administrator.client.post(f"/dashboards/{shared.pk}/delete/").status_code == 302
    for person in (administrator, insider):
        assert person.client.get(f"/dashboards/{shared.pk}/").status_code == 404


def test_programs_read_make_and_change_dashboards(market, administrator, insider, outsider):  # noqa: F811
    made = administrator.api.post(
        "/api/v1/dashboards",
        {"name": "월간", "audience": "everyone", "period": "12m", "tiles": TILES},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content
    address = made["Location"]
    for person in (administrator, insider, outsider):
        body = person.api.get(f"{address}/tiles/orders").json()
        assert body["number"]["value"] == f"{metrics.ask(person.actor, 'orders').total:.0f}"
        assert behind(person, body["number"]["url"]) == int(body["number"]["value"])
    refused = insider.api.get(f"{address}/tiles/people").json()
    assert (refused["refused"], "number" in refused) == (True, False)
    before = Dashboard.objects.values().get()
    assert insider.api.patch(address, {"name": "x"}, content_type="application/json").status_code == 403
    assert insider.api.delete(address).status_code == 403
    assert Dashboard.objects.values().get() == before
    changed = administrator.api.patch(
        address, {"name": "주간", "version": 1}, content_type="application/json"
    )
    assert (changed.status_code, changed.json()["name"], changed.json()["version"]) == (200, "주간", 2)
    late = administrator.api.patch(address, {"name": "x", "version": 1}, content_type="application/json")
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    wrong = administrator.api.patch(address, {"tiles": [{"chart": "pie"}]}, content_type="application/json")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "tiles"
    assert administrator.api.delete(address).status_code == 204
    assert insider.api.get(address).status_code == 404


def test_cohorts_stand_in_their_order_and_are_empty_before_they_began(market, administrator):  # noqa: F811
    one = Tile(id="c", chart="heat", metric="active_customers", by="cohort", period="12m")
    drawn = picture(show(administrator.actor, one, Lens(), day=day_of_data()))
    names = [name for name, _cells in drawn.rows]
    assert names == sorted(names)
    assert len(names) > 1
    for name, cells in drawn.rows:
        for head, (mark, shade) in zip(drawn.heads[1:], cells, strict=True):
            assert (mark.text == "") == (f"20{head}" < name)
            assert (shade < 0) == (mark.text == "")
