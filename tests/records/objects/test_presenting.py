"""Own objects in groups, on a board and in a calendar, as somebody sees them who reaches one team only."""

from __future__ import annotations

import pytest

from dangol.records import writing
from dangol.records.writing import Change

pytestmark = pytest.mark.django_db


@pytest.fixture
def machines(equipment, insider, outsider):
    mine = writing.write(
        equipment,
        [
            Change(
                {"name": "프레스", "x_state": "running", "x_price": "1200000", "x_installed": "2026-10-05"}
            ),
            Change({"name": "선반", "x_state": "stopped", "x_price": "800000", "x_installed": "2026-10-07"}),
        ],
        actor=insider.actor,
    ).created
    writing.write(
        equipment,
        [
            Change(
                {"name": "남의 설비", "x_state": "running", "x_price": "5000000", "x_installed": "2026-10-05"}
            )
        ],
        actor=outsider.actor,
    )
    return mine


def test_they_stand_in_groups_with_totals(insider, machines):
    page = insider.client.get("/x-equipment/?group=x_state&total=x_price").content.decode()
    assert "가동" in page
    assert "정지" in page
    assert "남의 설비" not in page
    assert "1,200,000" in page
    assert "6,200,000" not in page


def test_they_stand_on_a_board_and_move(insider, equipment, machines):
    page = insider.client.get("/x-equipment/?as=board&by=x_state").content.decode()
    assert "프레스" in page
    assert "선반" in page
    assert "남의 설비" not in page
    answer = insider.client.post(
        "/x-equipment/board/move/", {"by": "x_state", "id": machines[0], "to": "stopped", "version": 1}
    )
    assert answer.status_code < 400, answer.content.decode()[:500]
    assert equipment.model.objects.get(pk=machines[0]).own["x_state"] == "stopped"


def test_they_stand_in_a_calendar(insider, machines):
    page = insider.client.get("/x-equipment/?as=calendar&by=x_installed&day=2026-10-01").content.decode()
    assert "프레스" in page
    assert "선반" in page
    assert "남의 설비" not in page
