"""Own objects come in from files and go out to files; what came in can be taken back, also when the type is gone."""

from __future__ import annotations

import csv
import io

import pytest

from dangol.identity.models import Grant, Role
from dangol.records import registry, writing
from dangol.records.importing import undoing
from dangol.records.importing.guessing import guess
from dangol.records.models import Change, OwnObject
from dangol.records.objects import services
from tests.records.importing.conftest import bring_in, file, own_folder
from tests.records.objects.conftest import SYSTEM

__all__ = ["bring_in", "file", "own_folder"]

pytestmark = pytest.mark.django_db
HEAD = "번호,설비명,제조사,가동 상태,취득가,설치일,시리얼\n"


def stored(record_type):
    rows = record_type.model.objects.filter(deleted_at=None).order_by("number")
    return [(row.number, row.name, row.own.get("x_state"), row.own.get("x_price")) for row in rows]


def test_columns_are_recognised(equipment):
    header = ["번호", "설비명", "제조사", "가동 상태", "취득가", "설치일", "시리얼"]
    rows = [["EQ-9", "선반", "한빛", "가동", "1,000", "2026-01-02", "S1"]] * 3
    found = guess(equipment, header, rows)
    assert {item.column: item.field for item in found.columns} == {
        "번호": "number", "설비명": "name", "제조사": "x_maker", "가동 상태": "x_state", "취득가": "x_price",
        "설치일": "x_installed", "시리얼": "x_serial",
    }  # fmt: skip


def test_a_file_comes_in_for_somebody_with_rights_of_the_team_and_is_taken_back(
    bring_in, equipment, manager, teammate, outsider
):
    content = (
        f"{HEAD}EQ-000007,선반,한빛,가동,1500,2026-01-02,S1\n"
        "EQ-000008,절단기,,녹슮,2,,S2\n"
        "EQ-000009,톱,,정지,3,,S1\n"
        "EQ-000010,프레스,,정지,4,,S4\n"
    )
    run = bring_in(content, "x_equipment", actor=manager.actor)
    assert (run.created, run.rejected) == ({"x_equipment": 2}, 2), list(run.rejects.values())
    assert set(run.rejects.values_list("field", flat=True)) == {"x_state", "x_serial"}
    assert stored(equipment) == [
        ("EQ-000007", "선반", "running", 1500),
        ("EQ-000010", "프레스", "stopped", 4),
    ]
    again = bring_in(f"{HEAD}EQ-000007,대형 선반,한빛,정지,,,S1\n", "x_equipment", actor=manager.actor)
    assert again.updated == {"x_equipment": 1}
    assert stored(equipment)[0] == ("EQ-000007", "대형 선반", "stopped", 1500)
    assert teammate.api.get("/api/v1/x-equipment").json()["items"]
    assert outsider.api.get("/api/v1/x-equipment").json()["items"] == []
    undoing.undo(again, manager.actor)
    assert stored(equipment)[0] == ("EQ-000007", "선반", "running", 1500)
    undoing.undo(run, manager.actor)
    # What was changed after the run stays, as with every type.
    assert stored(equipment) == [("EQ-000007", "선반", "running", 1500)]
    assert Change.objects.filter(table="x_equipment", action="delete").count() == 1


def test_many_rows_come_in_by_copy_and_keep_their_numbers(bring_in, equipment):
    lines = "".join(f"설비 {place},,가동,{place},,S{place}\n" for place in range(120))
    run = bring_in(HEAD.removeprefix("번호,") + lines, "x_equipment", chunk_rows=50)
    assert run.created == {"x_equipment": 120}, list(run.rejects.values()[:3])
    numbers = list(equipment.model.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [f"EQ-{place:06d}" for place in range(1, 121)]


def test_a_list_goes_out_as_the_reader_sees_it(equipment, manager, insider, outsider):
    for name, who in (("선반", insider), ("톱", outsider)):
        writing.create(equipment, {"name": name, "x_price": "1500"}, actor=who.actor)
    answer = manager.api.get("/api/v1/x-equipment/export?format=csv&fields=number,name,x_price,owner")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row["설비명"] == "선반"
    assert row["취득가"] == "1500"
    Grant.objects.filter(role__code="sales-manager", action="export").delete()
    Grant.objects.create(
        role=Role.objects.get(code="sales-manager"), record_type="x_equipment", action="export", scope="team"
    )
    answer = manager.api.get("/api/v1/x-equipment/export?format=csv&fields=name")
    assert answer.status_code == 200, answer.content
    assert manager.api.get("/api/v1/customers/export?format=csv&fields=industry").status_code == 403


def test_runs_of_a_type_that_is_gone_can_still_be_looked_at(bring_in, equipment, administrator):
    run = bring_in(f"{HEAD},선반,,녹슮,,,\n,톱,,,,,\n", "x_equipment", actor=administrator.actor)
    run.owner = administrator.user
    run.save(update_fields=["owner"])
    pages = administrator.client
    before = pages.get(f"/imports/{run.key}/")
    assert before.status_code == 200
    services.delete(actor=SYSTEM, definition=OwnObject.objects.get(), confirmed="설비")
    assert registry.find("x_equipment") is None
    for path in ("/imports/", f"/imports/{run.key}/", "/exports/", "/imports/new/"):
        assert pages.get(path).status_code in (200, 302), path
    undoing.undo(run, administrator.actor)
