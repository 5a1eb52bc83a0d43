"""Own fields come in from files like all others, and go out and in again unchanged."""

import json

import pytest

from dangol.records import registry
from dangol.records.importing import undoing
from dangol.records.importing.guessing import guess
from dangol.records.lists import record_list
from tests.records.importing.conftest import bring_in, file, own_folder
from tests.records.own.conftest import CHOICES, SYSTEM
from tests.records.own.test_values import VALUES, made

__all__ = ["bring_in", "file", "own_folder"]


def rows(columns):
    found = record_list(
        actor=SYSTEM, record_type=registry.get("machine"), columns=columns, sort=["code"]
    ).rows
    return [[row[name] for name in columns] for row in found]


def test_columns_are_recognised_by_label_and_content(own):
    own("machine", "x_grade", "choice", "등급표", settings={"choices": CHOICES})
    own("machine", "x_weight", "number", "무게", label_en="Weight", settings={})
    own("machine", "x_mail", "email", "보조 메일", settings={})
    header = ["설비 번호", "이름", "WEIGHT", "등급표", "contact"]
    found = guess(registry.get("machine"), header, [["M-1", "선반", "1.5", "금", "a@example.com"]] * 3)
    uses = {item.column: item.field for item in found.columns}
    assert uses == {
        "설비 번호": "code",
        "이름": "name",
        "WEIGHT": "x_weight",
        "등급표": "x_grade",
        "contact": "x_mail",
    }


def test_a_file_fills_own_fields_says_what_is_wrong_and_can_be_taken_back(bring_in, own):
    own("machine", "x_grade", "choice", "등급표", settings={"choices": CHOICES})
    own("machine", "x_weight", "number", "무게", settings={"places": 2})
    own("machine", "x_tags", "multi_choice", "관심사", settings={"choices": CHOICES})
    head = "설비 번호,이름,등급표,무게,관심사\n"
    bring_in(f'{head}M-1,선반,금,1.25,"금, 동"\nM-2,절단기,silver,2,\n', "machine")
    columns = ["code", "x_grade", "x_weight", "x_tags"]
    before = rows(columns)
    assert [[str(value) for value in row] for row in before] == [
        ["M-1", "gold", "1.25", "('gold', 'bronze')"],
        ["M-2", "silver", "2", "None"],
    ]
    run = bring_in(f"{head}M-1,선반,동,3,\nM-2,절단기,백금,4,\nM-3,톱,은,5,은\n", "machine")
    assert (run.created, run.rejected) == ({"machine": 1}, 1)
    assert [row[1] for row in rows(columns)] == ["bronze", "silver", "silver"]
    undoing.undo(run, SYSTEM)
    assert rows(columns) == before


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_what_an_export_wrote_an_import_reads(bring_in, own, every_kind, manager, insider, kind):
    every_kind("machine")
    record_id = made("machine", insider.actor, **VALUES, x_buddy=insider.id)
    # JSON lines name a person by id and title, of which a mapping is made by hand.
    people = ["x_buddy"] if kind == "csv" else []
    names = ",".join(["code", "name", *VALUES, *people])
    answer = manager.api.get(f"/api/v1/machines/export?format={kind}&fields={names}")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    record_type = registry.get("machine")
    before = rows([*VALUES, *people])
    # Another code: a new record out of the old one's line.
    text = content.decode("utf-8-sig").replace("M-1", "M-9")
    run = bring_in(text, "machine")
    assert run.rejected == 0, list(run.rejects.values())
    again = record_list(
        actor=SYSTEM, record_type=record_type, columns=["code", *VALUES, *people], sort=["-id"]
    ).rows[0]
    assert again["code"] == "M-9"
    assert [again[name] for name in [*VALUES, *people]] == before[0]
    assert again["id"] != record_id
    assert json.dumps(run.created) == '{"machine": 1}'
