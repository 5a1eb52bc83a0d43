"""`dangol export`: the file, its JSON and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dangol.config import cli
from dangol.records import registry, writing
from dangol.records.exporting import command
from dangol.records.models import ExportRun
from tests.cast import Person
from tests.records.exporting.conftest import REASON, table

pytestmark = pytest.mark.django_db
Call = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command and hand back its exit code, its JSON, and what it said."""

    def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
        code = command.run(cli.parser().parse_args(["export", *arguments]))
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out.startswith("{") else {}, said.err

    return run


def test_a_list_goes_into_a_file(call: Call, customers: list[int], tmp_path: Path, own_folders: Path) -> None:
    out = tmp_path / "고객.csv"
    code, result, _said = call(
        "customers", "--out", str(out), "--filter", "external_id starts with C", "--sort=-name",
        "--fields", "name", "--reason", REASON, "--json",
    )  # fmt: skip
    assert (code, result["rows"], result["bytes"]) == (0, 2, out.stat().st_size)
    assert [row["이름"] for row in table(out.read_bytes())] == ["한빛정밀", "서광테크"]
    assert (ExportRun.objects.get().origin, ExportRun.objects.get().reason) == ("command", REASON)
    assert not list(own_folders.iterdir())


def test_it_acts_with_the_rights_of_the_user(
    call: Call, manager: Person, outsider: Person, customers: list[int], tmp_path: Path
) -> None:
    out = tmp_path / "x.jsonl"
    arguments = ("customers", "--out", str(out), "--reason", REASON, "--json", "--user")
    assert call(*arguments, outsider.user.email)[0] == 1
    assert not out.exists()
    assert call(*arguments, manager.user.email)[1]["rows"] == 3
    assert call(*arguments, "who@example.com")[0] == 2


def test_replaced_characters_are_said_and_the_file_is_there(
    call: Call, manager: Person, tmp_path: Path, own_folders: Path
) -> None:
    writing.create(registry.get("machine"), {"code": "A", "name": "🙂"}, actor=manager.actor)
    out = tmp_path / "x.csv"
    code, result, said = call("machines", "--out", str(out), "--encoding", "cp949", "--json")
    assert (code, result["replaced"]) == (0, 1)
    assert "CP949" in said
    assert table(out.read_bytes(), "cp949")[0]["이름"] == "?"
    assert not list(own_folders.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing", "--reason", REASON),
        ("customers",),
        ("customers", "--reason", REASON, "--filter", "name ="),
        ("customers", "--reason", REASON, "--fields", "secret"),
        ("customers", "--reason", REASON, "--sort", "secret"),
        ("customers", "--reason", REASON, "--format", "doc"),
    ],
)
def test_what_makes_no_sense_is_misuse_and_leaves_the_old_file(
    call: Call, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    out = tmp_path / "x.csv"
    out.write_text("old")
    code, _result, said = call(*arguments, "--out", str(out))
    assert code == 2
    assert said.startswith("dangol: ")
    assert out.read_text() == "old"
    assert not ExportRun.objects.exists()
