"""`dangol import`: its JSON, its exit codes, and what a killed run does when it is called again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dangol.commerce.models import Order, OrderLine
from dangol.records.commandline import INTERRUPTED
from dangol.records.importing import command
from dangol.records.models import ImportRun
from tests.records.importing.conftest import HEADER
from tests.records.importing.test_engine import FLAT, LINES

Call = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def call(db: None, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command and hand back its exit code, its JSON, and what it said."""

    def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        code = command.run(parser.parse_args(arguments))
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out.startswith("{") else {}, said.err

    return run


@pytest.fixture
def lines(file: Any, tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "lines.json").write_text(json.dumps(LINES))
    return str(file(FLAT)), str(tmp_path / "lines.json")


def test_the_json_has_exactly_the_promised_keys(call: Call, lines: tuple[str, str]) -> None:
    path, mapping = lines
    code, result, _said = call("order-lines", path, "--mapping", mapping, "--json")
    assert code == 0
    assert set(result) == {
        "rows", "imported", "rejected", "unchanged", "created", "updated", "seconds", "rows_per_second", "rejects_file",
    }  # fmt: skip
    assert (result["rows"], result["imported"], result["rejects_file"]) == (6, 6, None)
    assert result["created"] == {"customer": 1, "product": 2, "order": 3, "order_line": 6}
    _code, again, _said = call("order-lines", path, "--mapping", mapping, "--json")
    assert (again["imported"], again["unchanged"], again["created"], again["updated"]) == (0, 6, {}, {})


def test_a_dry_run_says_the_same_and_writes_nothing(call: Call, lines: tuple[str, str]) -> None:
    path, mapping = lines
    code, result, _said = call(
        "order-lines", path, "--mapping", mapping, "--json", "--dry-run", "--chunk", "2"
    )
    assert (code, result["imported"], result["created"]["order"]) == (0, 6, 3)
    assert not OrderLine.objects.exists()
    assert not Order.objects.exists()
    assert not ImportRun.objects.exists()


def test_rejects_end_up_in_a_file_and_the_exit_code_stays_zero(call: Call, file: Any) -> None:
    path = file("external_id,name,since\nC1,가나,2020-01-01\nC2,다라,gestern\n")
    code, result, _said = call("customers", str(path), "--json")
    assert (code, result["imported"], result["rejected"]) == (0, 1, 1)
    content = Path(result["rejects_file"]).read_text(encoding="utf-8-sig")
    assert "gestern" in content
    assert content.count("\n") == 2


def test_an_unfinished_run_of_the_same_file_is_taken_up(
    call: Call, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file("external_id,name\n" + "".join(f"C{n},고객 {n}\n" for n in range(10)))
    monkeypatch.setattr(command._Reporter, "__call__", _interrupt)
    code, _result, said = call("customers", str(path), "--json", "--chunk", "4")
    assert code == INTERRUPTED
    assert said
    monkeypatch.undo()
    code, result, _said = call("customers", str(path), "--json")
    assert (code, result["rows"], result["imported"]) == (0, 10, 10)
    assert ImportRun.objects.count() == 1


def _interrupt(_reporter: object, _progress: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["spaceships", "FILE"], 2),
        (["customers", "/nowhere.csv"], 1),
        (["customers", "FILE", "--mapping", "nonesuch"], 1),
        (["customers", "FILE", "--mapping", "/nowhere.json"], 1),
        (["products", "FILE", "--mapping", "MAPPING"], 2),
        (["customers", "FILE", "--user", "nobody@nowhere.example"], 2),
        (["customers", "FILE", "--chunk", "-3"], 2),
    ],
)
def test_what_cannot_be_done_says_why(
    call: Call, file: Any, tmp_path: Path, arguments: list[str], code: int
) -> None:
    path = file(HEADER)
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"records": [{"type": "customer", "fields": {"name": "이름"}}]}))
    given = [{"FILE": str(path), "MAPPING": str(mapping)}.get(part, part) for part in arguments]
    found, result, said = call(*given, "--json")
    assert found == code
    assert said.startswith("dangol: ")
    assert not result


def test_a_user_without_the_right_is_told(call: Call, file: Any, reader: Any) -> None:
    path = file("external_id,name\nC1,가나\n")
    code, _result, said = call("customers", str(path), "--user", reader.user.email)
    assert code == 1
    assert said


def test_rows_that_name_a_record_again_are_told_in_the_summary(
    file: Any, capsys: pytest.CaptureFixture[str], db: None
) -> None:
    path = file("external_id,name\nC1,가나\nC2,다라\nC1,마바\n")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(["customers", str(path), "--dry-run", "--chunk", "1"])) == 0
    assert "앞 행과 같은 키를 쓰는 행이 1개 있어요. 뒤 행의 값이 남아요." in capsys.readouterr().out
    assert command.run(parser.parse_args(["customers", str(path), "--chunk", "1"])) == 0
    assert "앞 행과 같은 키" not in capsys.readouterr().out, "chunks of one row do not see it"
