"""What can be wrong with a file, a mapping, or one row."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class ImportProblem(Exception):
    """The import cannot start or go on; the text says why and what to do, in the language active when shown."""

    def __init__(self, message: Text) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class SourceProblem(ImportProblem):
    """The file cannot be read."""


class MappingProblem(ImportProblem):
    """The mapping is not valid. `path` points into its JSON, such as `records[1].fields.kind`."""

    def __init__(self, path: str, message: Text) -> None:
        super().__init__(message)
        self.path = path

    def __str__(self) -> str:
        if not self.path:
            return str(self.message)
        return str(_("Mapping, at %(path)s: %(message)s") % {"path": self.path, "message": self.message})


class RunBusy(ImportProblem):
    """Another process is working on this run."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row does not go in."""

    code: str
    message: Text
    field: str = ""
    column: str = ""
    value: str = ""


class CellProblem(ValueError):
    """A value in a row that cannot be used; the mapping's closures raise it."""

    def __init__(
        self, code: str, message: Text, *, field: str = "", column: str = "", value: str = ""
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
        self.column = column
        self.value = value

    def problem(self) -> Problem:
        return Problem(self.code, self.message, self.field, self.column, self.value)
