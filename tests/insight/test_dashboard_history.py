"""The history of a dashboard: who changed what, in words, and for whom."""

from dangol.insight.dashboards import grid, keeping
from dangol.insight.dashboards.changes import changes
from tests.insight.boards import make
from tests.measures.metrics.conftest import _closed, market  # noqa: F401


def told(person, dashboard):
    row = keeping.dashboard_get(person.actor, dashboard.pk)
    return [
        (step.who, [(line.label, line.before, line.after) for line in step.lines])
        for step in changes(person.actor, row).steps
    ]


def test_history_tells_tile_by_tile_what_was_done(administrator):
    mine = make(administrator, name="매출판")
    actor, key = administrator.actor, mine.pk
    keeping.dashboard_change(
        actor=actor, dashboard_id=key, values={"name": "매출", "period": "6m"}, version=None
    )
    keeping.tile_save(
        actor=actor,
        dashboard_id=key,
        values={"chart": "number", "metric": "orders", "title": "수주"},
        version=None,
    )
    keeping.tile_save(
        actor=actor,
        dashboard_id=key,
        tile_id="line",
        values={"chart": "bar", "metric": "orders"},
        version=None,
    )
    keeping.tile_remove(actor=actor, dashboard_id=key, tile_id="note", version=None)
    name = administrator.user.name
    steps = told(administrator, mine)
    assert [who for who, _lines in steps] == [name] * 4
    removed, redrawn, added, renamed = (lines for _who, lines in steps)
    assert ("타일 삭제: <b>주간</b> 회의", "", "") in removed
    assert ("주문", "꺾은선", "막대") in redrawn
    assert ("타일 추가: 수주", "", "") in added
    assert renamed == [("이름", "매출판", "매출"), ("처음 열 때의 기간", "최근 12개월", "최근 6개월")]
    page = administrator.client.get(f"/dashboards/{key}/history/").content.decode()
    assert "타일 추가: 수주" in page
    assert "&lt;b&gt;주간" in page
    assert "<b>주간" not in page


def test_a_moved_tile_is_told_as_moved(administrator):
    mine = make(administrator)
    keeping.tile_place(
        actor=administrator.actor, dashboard_id=mine.pk, version=None, box=grid.Box("people", 3, 30, 4, 3)
    )
    [(_who, lines)] = told(administrator, mine)
    assert [line for line in lines if line[0].startswith(("위치·크기 변경: ", "타일 "))] == lines


def test_only_those_who_may_change_it_read_it_and_none_what_was_private(
    administrator,
    insider,
    reader,
    market,  # noqa: F811
):
    mine = make(insider, name="비밀 초안")
    assert administrator.client.get(f"/dashboards/{mine.pk}/history/").status_code == 404
    keeping.dashboard_change(actor=insider.actor, dashboard_id=mine.pk, values={"name": "공개"}, version=None)
    mine.refresh_from_db()
    mine.audience = "everyone"
    mine.save(update_fields=["audience"])
    keeping.dashboard_change(
        actor=administrator.actor, dashboard_id=mine.pk, values={"name": "모두의 것"}, version=None
    )
    assert reader.client.get(f"/dashboards/{mine.pk}/history/").status_code == 404
    assert [lines for _who, lines in told(administrator, mine)] == [[("이름", "공개", "모두의 것")]]
    assert "비밀 초안" not in administrator.client.get(f"/dashboards/{mine.pk}/history/").content.decode()
    assert "비밀 초안" in insider.client.get(f"/dashboards/{mine.pk}/history/").content.decode()
