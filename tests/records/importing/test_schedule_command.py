"""`dangol import --schedule NAME`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dangol.customers.models import Customer
from dangol.records.importing import command
from tests.records.importing.scheduling import ROWS, put, schedule

pytestmark = pytest.mark.django_db
Call = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command and hand back its exit code, its JSON, and what it said."""

    def run(*arguments: str) -> tuple[int, dict[str, Any], str]:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        code = command.run(parser.parse_args(arguments))
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else {}, said.err

    return run


def test_a_schedule_can_be_run_from_the_command_line_whatever_its_hour(
    administrator: Any, inbox: Path, call: Call
) -> None:
    schedule(administrator, str(inbox), after="move")
    put(inbox)
    code, told, _said = call("--schedule", "밤마다 고객", "--json")
    assert (code, told["taken"], told["runs"][0]["imported"], told["error"]) == (0, 1, 2, None)
    assert Customer.objects.count() == 2
    assert (inbox / "done" / "고객.csv").exists()
    code, told, _said = call("--schedule", "밤마다 고객", "--json")
    assert (code, told["taken"], told["runs"]) == (0, 0, [])


def test_what_is_wrong_with_a_schedule_is_the_exit_code_too(
    administrator: Any, inbox: Path, call: Call
) -> None:
    schedule(administrator, str(inbox))
    put(inbox, content="%PDF-1.4")
    code, told, said = call("--schedule", "밤마다 고객", "--json")
    assert code == 1
    assert told["error"]
    assert "고객.csv" in said
    put(inbox, "young.csv", ROWS, age=0)
    assert call("--schedule", "밤마다 고객", "--json")[1]["growing"] == 1


def test_a_name_that_no_schedule_has_or_no_name_at_all_makes_no_sense(
    administrator: Any, inbox: Path, call: Call
) -> None:
    schedule(administrator, str(inbox))
    code, _told, said = call("--schedule", "anderer")
    assert code == 2
    assert "밤마다 고객" in said
    assert call()[0] == call("customers")[0] == 2
