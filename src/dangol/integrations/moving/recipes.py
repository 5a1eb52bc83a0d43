"""Recipes: what the files of another program are called, what stands in them, and how it goes in. JSON beside this module.

A recipe is `{"name", "title", "note", "steps": […]}`. A step is `{"name", "files": ["accounts*"], "columns": ["Id", …],
"mapping": "zoho-accounts"}` with the name of a built-in mapping, or has `"records": […]` in the language of mappings instead,
of which fields whose columns a file lacks are left out. `after` names steps that must come before. `passed` beside the steps are
names of files that the program exports and the recipe leaves alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from dangol.integrations.moving.expressions import fitted
from dangol.records.importing import registry as mappings

FOLDER: Final = Path(__file__).parent / "recipes"
MOST_LACKING: Final = 0.6
"""A file called as the recipe says is taken for it when it has at least this share of the columns."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way in which a file goes in. `columns` are those by which the file is known."""

    name: str
    files: tuple[str, ...]
    columns: tuple[str, ...]
    data: Mapping[str, Any]
    after: tuple[str, ...] = ()

    def likeness(self, file_name: str, header: Sequence[str]) -> float:
        """How much a file looks like this, from 0 to 1: half by its name, half by its columns."""
        stem = _stem(file_name)
        share = sum(column in header for column in self.columns) / len(self.columns)
        named = any(fnmatchcase(stem, pattern) for pattern in self.files)
        if named and share >= MOST_LACKING:
            return 0.5 + share / 2
        return share / 2 if share == 1 and len(self.columns) > 2 else 0.0

    def mapping_for(self, header: Sequence[str]) -> dict[str, Any]:
        """The mapping for a file with this header."""
        name = self.data.get("mapping")
        whole = mappings.get(name).data if isinstance(name, str) else self.data
        found = fitted(whole, header)
        return {
            key: found[key] for key in ("name", "title", "source", "time_zone", "records") if key in found
        }


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    title: Mapping[str, str]
    note: Mapping[str, str]
    steps: tuple[Step, ...]
    passed: tuple[str, ...] = ()

    def passes(self, file_name: str) -> bool:
        """Whether the file is one that the recipe knows and leaves alone."""
        stem = _stem(file_name)
        return any(fnmatchcase(stem, pattern) for pattern in self.passed)

    def steps_for(self, file_name: str, header: Sequence[str]) -> list[tuple[Step, float]]:
        """The steps that a file is for: all that know it by its name, else the one that knows its columns best."""
        if self.passes(file_name):
            return []
        found = [(step, step.likeness(file_name, header)) for step in self.steps]
        named = [(step, worth) for step, worth in found if worth > 0.5]
        if named:
            return named
        known = [(step, worth) for step, worth in found if worth]
        return [max(known, key=lambda item: len(item[0].columns))] if known else []


def _stem(file_name: str) -> str:
    name = Path(file_name).name.casefold()
    for ending in (".gz", ".zip", ".csv", ".xlsx", ".xls", ".txt", ".tsv", ".header", ".jsonl"):
        name = name.removesuffix(ending)
    return name


@lru_cache(maxsize=1)
def all_recipes() -> tuple[Recipe, ...]:
    """Every recipe there is, by name."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.json")))


def _read(path: Path) -> Recipe:
    data = json.loads(path.read_text(encoding="utf-8"))
    steps = tuple(
        Step(
            name=step["name"],
            files=tuple(pattern.casefold() for pattern in step["files"]),
            columns=tuple(step["columns"]),
            data={"name": f"{path.stem}-{step['name']}", **step},
            after=tuple(step.get("after", ())),
        )
        for step in data["steps"]
    )
    passed = tuple(pattern.casefold() for pattern in data.get("passed", ()))
    return Recipe(path.stem, data["title"], data.get("note", {}), steps, passed)


def named(name: str) -> Recipe | None:
    return next((recipe for recipe in all_recipes() if recipe.name == name), None)


def likeliest(files: Sequence[tuple[str, Sequence[str]]]) -> Recipe | None:
    """The recipe that knows most of these files (name and header); None where none knows any.

    Of two that know as many, the one that knows them better.
    """
    best: tuple[int, float] = (0, 0.0)
    found = None
    for recipe in all_recipes():
        worths = [max((worth for _step, worth in recipe.steps_for(*file)), default=0.0) for file in files]
        now = (sum(worth > 0 for worth in worths), sum(worths))
        if now > best:
            best, found = now, recipe
    return found
