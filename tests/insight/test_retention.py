"""Who comes back, and how long customers stay."""

from datetime import date, timedelta

import pytest

from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.insight.modelling.retention import retention
from tests.insight.market import UNTIL, as_days, bought, sell


def test_cohorts_are_counted_by_hand():
    rows = [
        (1, date(2026, 1, 5), 10.0),
        (1, date(2026, 2, 5), 10.0),
        (1, date(2026, 2, 20), 10.0),
        (2, date(2026, 1, 31), 10.0),
        (2, date(2026, 3, 1), 10.0),
        (3, date(2026, 2, 1), 10.0),
        (4, date(2026, 2, 2), 10.0),
        (4, date(2026, 2, 3), -10.0),
        (3, date(2026, 4, 2), 10.0),
    ]
    found = retention(as_days(rows), until=date(2026, 4, 15).toordinal(), gap_days=45)
    assert found["cohorts"] == [
        {"month": "2026-01", "customers": 2, "active": [2, 1, 1]},
        {"month": "2026-02", "customers": 1, "active": [1, 0]},
    ]
    assert (found["customers"], found["left"]) == (3, 1)
    assert (found["gap"], found["gap_chosen"]) == (45, "said")
    assert len(retention(as_days(rows), until=date(2026, 4, 30).toordinal())["cohorts"][0]["active"]) == 4


def test_the_gap_comes_from_the_data_and_curves_fall():
    rows = bought(500, length=700, seed=4)
    found = retention(as_days(rows), until=UNTIL.toordinal())
    gaps, last = [], {}
    for who, day, _ in rows:
        if who in last:
            gaps.append((day - last[who]).days)
        last[who] = day
    assert found["gap_chosen"] == "data"
    assert sum(gap <= found["gap"] for gap in gaps) >= 0.9 * len(gaps)
    assert sum(gap < found["gap"] for gap in gaps) <= 0.9 * len(gaps) + 1
    assert found["left"] == sum((UNTIL - day).days > found["gap"] for day in last.values())
    for curve in (found["all"], *found["groups"]):
        assert curve["share"] == sorted(curve["share"], reverse=True)
        ends = zip(curve["low"], curve["share"], curve["high"], strict=True)
        assert all(low <= share <= high for low, share, high in ends)
    assert retention(as_days([(1, UNTIL - timedelta(3), -1.0)]), until=UNTIL.toordinal()) == {}


@pytest.mark.django_db
def test_the_page_shows_them_to_nobody_but_whoever_sees_all_orders(shop, administrator, insider):
    assert "아직 주문이 없어요" in administrator.client.get("/retention/").content.decode()
    sell(bought(60, seed=8))
    services.refresh_all(actor=Actor.system("test"))
    page = administrator.client.get("/retention/")
    chart = page.context["cohorts"]
    assert {cell[2] for cell in chart["cells"] if cell[0] == 0} == {"1.0000"}
    assert len(page.context["staying"]["series"][0]["values"]) == len(page.context["staying"]["labels"])
    # whoever sees a part of the customers sees nothing of the whole company's staying
    theirs = insider.client.get("/retention/")
    assert theirs.status_code == 200
    assert "cohorts" not in theirs.context
    assert "staying" not in theirs.context
