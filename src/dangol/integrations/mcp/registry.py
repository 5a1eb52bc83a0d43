"""The tools: their names, what they take, and how they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records.bulk.errors import BulkProblem
from dangol.records.rest import problems
from dangol.records.rest.bulk import as_problem
from dangol.records.rest.problems import Problem

Schema = Mapping[str, Any]


class BadArguments(ValueError):
    """A tool that is not there."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something an assistant may do. `properties` are JSON Schemas of its arguments; `reads` says that it changes nothing,
    `destroys` that it takes something away."""

    name: str
    title: str | Promise
    description: str | Promise
    act: Callable[[Actor, dict[str, Any]], dict[str, Any]]
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    reads: bool = True
    destroys: bool = False

    def described(self) -> dict[str, Any]:
        """As `tools/list` has it."""
        return {
            "name": self.name,
            "title": str(self.title),
            "description": str(self.description),
            "inputSchema": {
                "type": "object",
                "properties": dict(self.properties),
                "required": list(self.required),
                "additionalProperties": False,
            },
            "annotations": {
                "readOnlyHint": self.reads,
                "destructiveHint": self.destroys,
                "openWorldHint": False,
            },
        }


_tools: dict[str, Tool] = {}
MOST = 2**63 - 1


def register(tool: Tool) -> None:
    """Make a tool known; called while the project starts. One of the same name is replaced."""
    _tools[tool.name] = tool


def tools() -> list[Tool]:
    """Every tool, in the order in which they were registered."""
    return list(_tools.values())


def find(name: object) -> Tool | None:
    """The tool of that name."""
    return _tools.get(name) if isinstance(name, str) else None


def called(tool: Tool, arguments: object, actor: Actor) -> tuple[dict[str, Any], bool]:
    """What came of a call, and whether it was refused; a refusal says what would be right, as the API does."""
    try:
        given = checked(tool, arguments)
        return tool.act(actor, given), False
    except BulkProblem as problem:
        return refused(as_problem(problem)), True
    except PermissionDenied:
        return refused(Problem(403, "forbidden", _("Your roles do not allow this."))), True
    except Exception as error:
        known = problems.of(error)
        if known is None:
            raise
        return refused(known), True


def refused(problem: Problem) -> dict[str, Any]:
    """A refusal as a tool gives it."""
    found: dict[str, Any] = {"status": problem.status, "code": problem.code, "detail": problem.detail}
    return {**found, "errors": problem.errors} if problem.errors else found


def checked(tool: Tool, arguments: object) -> dict[str, Any]:
    """The arguments, when they are what the tool takes. Raises Problem, naming the one that is not."""
    if not isinstance(arguments, dict):
        raise Problem(422, "invalid", _("Give the arguments as an object."))
    for name in tool.required:
        if name not in arguments:
            raise _wrong(name, "required", _("This is needed."))
    for name, value in arguments.items():
        schema = tool.properties.get(name)
        if schema is None:
            known = ", ".join(tool.properties)
            raise _wrong(
                name[:40], "unknown", _("There is no “%(name)s” here. Possible: %(known)s.") % {"name": name[:40], "known": known}
            )  # fmt: skip
        if not _fits(value, schema):
            raise _wrong(name, "type", _("This is not a value of the right kind."))
    return dict(arguments)


def _fits(value: Any, schema: Schema) -> bool:
    match schema["type"]:
        case "string":
            return (
                isinstance(value, str)
                and "\0" not in value
                and len(value) <= schema.get("maxLength", 100_000)
            )
        case "integer":
            is_number = isinstance(value, int) and not isinstance(value, bool)
            return bool(is_number and schema.get("minimum", -MOST) <= value <= schema.get("maximum", MOST))
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
    return isinstance(value, list) and all(_fits(item, schema["items"]) for item in value)


def _wrong(name: str, code: str, message: str) -> Problem:
    return Problem(422, "invalid", message, errors=[{"field": name, "code": code, "message": message}])
