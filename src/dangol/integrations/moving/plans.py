"""The plan of a move, as it is kept: files, steps, relations, people, own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dangol.integrations.moving.looking import Looked
from dangol.records.importing.readers import SourceOptions


@dataclass(slots=True)
class PlannedFile:
    """A file of the plan. `source` is how it is read; `problem` why it cannot be."""

    name: str
    path: str
    stored: bool = False
    size: int = 0
    sha256: str = ""
    header: list[str] = field(default_factory=list)
    source: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    def looked(self) -> Looked:
        """The file, to read its rows again."""
        source = dict(self.source)
        if source.get("widths") is not None:
            source["widths"] = tuple(source["widths"])
        return Looked(
            self.name,
            Path(self.path),
            self.stored,
            self.size,
            self.sha256,
            self.header,
            [],
            SourceOptions(**source),
        )


@dataclass(slots=True)
class PlannedStep:
    """One file through one mapping. `run` is the import run that carries it out, once it was begun.

    `why`: recipe, columns (guessed by them) or chosen. `open` are columns whose values can be read in several ways and
    which are left out therefore, `unused` all that are left out.
    """

    name: str
    file: int
    types: list[str]
    mapping: dict[str, Any]
    why: str
    likeness: float = 0.0
    skip: bool = False
    run: int | None = None
    unused: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FoundRelation:
    """Values of a column that stand in the key column of another file. `share` of those looked at, from 0 to 1."""

    file: int
    column: str
    to_file: int
    to_column: str
    share: float


@dataclass(slots=True)
class Person:
    """Somebody whom the files name: in a file of users, or only as owner of something.

    `act`: `existing` (is the user `user`), `new`, `inactive` (an account that cannot sign in) or `nobody` (what the
    person owned has no owner). `how` says how an existing user was found: mail, name, or "" when it was chosen.
    """

    email: str
    name: str
    number: str = ""
    act: str = "new"
    user: int | None = None
    how: str = ""


@dataclass(slots=True)
class ProposedField:
    """An own field that a column without place could get. `made` is its name once it is there."""

    step: str
    column: str
    record_type: str
    kind: str
    choices: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    made: str = ""


@dataclass(slots=True)
class Plan:
    """All of it. Steps stand in the order in which they are carried out."""

    files: list[PlannedFile] = field(default_factory=list)
    steps: list[PlannedStep] = field(default_factory=list)
    relations: list[FoundRelation] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    fields: list[ProposedField] = field(default_factory=list)
    date_order: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def step_named(self, name: str) -> PlannedStep | None:
        return next((step for step in self.steps if step.name == name), None)

    def carried_out(self) -> list[PlannedStep]:
        """The steps that count, in order."""
        return [step for step in self.steps if not step.skip]

    def left(self) -> list[int]:
        """The places of files that no step reads."""
        read = {step.file for step in self.steps}
        return [at for at in range(len(self.files)) if at not in read]


def plan_from_json(data: Mapping[str, Any]) -> Plan:
    """The plan as it was kept."""
    return Plan(
        files=[PlannedFile(**one) for one in data.get("files", ())],
        steps=[PlannedStep(**one) for one in data.get("steps", ())],
        relations=[FoundRelation(**one) for one in data.get("relations", ())],
        people=[Person(**one) for one in data.get("people", ())],
        fields=[ProposedField(**one) for one in data.get("fields", ())],
        date_order=data.get("date_order", ""),
    )
