"""What can be wrong with a selection or with what is to be done to it."""

from __future__ import annotations

from dangol.records.fields.base import Label


class BulkProblem(Exception):
    """The act cannot be done; the text says why and what would be right.

    `field` is the field or parameter that is wrong; empty for the act as a whole. `code` is for programs.
    """

    def __init__(self, message: Label, *, field: str = "", code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code

    def __str__(self) -> str:
        return str(self.message)


class RunBusy(BulkProblem):
    """Another process is working on this run."""
