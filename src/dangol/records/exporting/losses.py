"""What a file could not hold, counted, so that nothing is lost without being told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 5
SHOWN = 80


@dataclass(slots=True)
class Losses:
    """Characters that the encoding does not have, and texts longer than a spreadsheet's cell."""

    replaced: int = 0
    cells: int = 0
    shortened: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def replace(self, row: int, column: str, text: str, characters: int) -> None:
        """Note a cell in which characters became question marks."""
        self.replaced += characters
        self.cells += 1
        self._example(row, column, text)

    def shorten(self, row: int, column: str, text: str) -> None:
        """Note a text that was cut."""
        self.shortened += 1
        self._example(row, column, text)

    def _example(self, row: int, column: str, text: str) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append({"row": row, "column": column, "text": text[:SHOWN]})

    def __bool__(self) -> bool:
        return bool(self.replaced or self.shortened)

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the run; empty when nothing was lost."""
        if not self:
            return {}
        return {
            "replaced": self.replaced,
            "cells": self.cells,
            "shortened": self.shortened,
            "examples": self.examples,
        }
