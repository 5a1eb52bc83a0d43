"""A rule's definition: checked as it is entered, and made ready to run.

{"trigger": {"kind": "changed", "fields": ["stage"], "to": "active"},
 "condition": "city = \\"서울시\\"",
 "steps": [{"id": "s1", "kind": "set", "settings": {…}},
           {"id": "s2", "kind": "branch", "settings": {"condition": "…"}, "then": […], "else": […]}]}
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dangol.automation import ports, triggers
from dangol.automation.models import RuleVersion
from dangol.automation.ports import StepKind, StepProblem
from dangol.identity.actors import Actor
from dangol.records import filters, registry
from dangol.records.filters import EVERYTHING, FilterError, Tree, rows
from dangol.records.filters.rows import Rows
from dangol.records.types import RecordType

MOST_STEPS = 40
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a definition, and where: `trigger`, `condition`, `steps`, or the id of a step, and an input of it."""

    where: str
    message: str
    parameter: str = ""


class DefinitionProblem(ValueError):
    """A definition that cannot be kept; `problems` name all that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)


class Broken(Exception):
    """A kept definition names something that is gone. The message is for people."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A checked definition, in the form it is kept in."""

    trigger: dict[str, Any]
    condition: dict[str, Any]
    condition_text: str
    steps: list[dict[str, Any]]


def checked(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> Definition:
    """Read a definition as somebody entered it.

    Args:
        record_type: whose records the rule is for.
        raw: `trigger`, `condition` (text, rows, or the filter language's JSON) and `steps`.
        actor: who enters it, in whose words values are read and whose rights the rule will have.

    Raises:
        DefinitionProblem: with all that is wrong, each with its place.

    Costs a query for each value that refers to another record.
    """
    if _has_nul(raw):
        message = _("This character cannot be part of a text. Remove it.")
        raise DefinitionProblem([Problem("steps", message)])
    problems: list[Problem] = []
    trigger: dict[str, Any] = {}
    tree: Tree = EVERYTHING
    try:
        trigger = triggers.checked(record_type, raw.get("trigger") or {}, actor)
    except StepProblem as problem:
        problems.append(Problem("trigger", problem.message, problem.parameter))
    try:
        tree = condition_of(raw.get("condition") or "", record_type, actor)
    except FilterError as error:
        problems.append(Problem("condition", error.message))
    given = raw.get("steps")
    steps: list[dict[str, Any]] = []
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        problems.append(Problem("steps", _("Add at least one step.")))
    elif sum(1 for _step in _walk(given)) > MOST_STEPS:
        problems.append(Problem("steps", _("A rule has at most %(limit)s steps.") % {"limit": MOST_STEPS}))
    else:
        steps = _steps(record_type, given, actor, problems, 0)
    if problems:
        raise DefinitionProblem(problems)
    return Definition(trigger, filters.to_json(tree), filters.to_text(tree), steps)


def _has_nul(given: Any) -> bool:
    """Whether a NUL, or half of a surrogate pair, stands anywhere in it: the database can keep neither."""
    if isinstance(given, str):
        return "\0" in given or any("\ud800" <= letter <= "\udfff" for letter in given)
    if isinstance(given, Mapping):
        return any(_has_nul(part) for pair in given.items() for part in pair)
    return isinstance(given, Sequence) and any(_has_nul(part) for part in given)


def condition_of(given: Any, record_type: RecordType, actor: Actor | None) -> Tree:
    """A condition from rows, text or JSON; none holds always. Raises FilterError."""
    if isinstance(given, Rows):
        return rows.tree_of(given, record_type, actor=actor)
    if isinstance(given, str):
        return filters.parse(given, record_type, actor=actor) if given.strip() else EVERYTHING
    return filters.from_json(given, record_type, actor=actor)


def _walk(steps: Any) -> Iterator[Any]:
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        return
    for step in steps:
        yield step
        if isinstance(step, Mapping):
            yield from _walk(step.get("then"))
            yield from _walk(step.get("else"))


def _steps(
    record_type: RecordType, given: Any, actor: Actor, problems: list[Problem], depth: int
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if not isinstance(given, Sequence) or isinstance(given, str):
        return found
    for raw in given:
        if not isinstance(raw, Mapping):
            problems.append(Problem("steps", _("A step is an object with “kind” and “settings”.")))
            continue
        step_id = str(raw.get("id") or f"s{uuid.uuid4().hex[:8]}")[:40]
        kind = ports.step_kind(str(raw.get("kind", "")))
        settings = raw.get("settings") or {}
        if kind is None or not kind.offered(record_type, actor) or not isinstance(settings, Mapping):
            problems.append(
                Problem(step_id, _("There is no step “%(kind)s”.") % {"kind": str(raw.get("kind"))[:40]})
            )
            continue
        step: dict[str, Any] = {"id": step_id, "kind": kind.kind}
        try:
            step["settings"] = kind.check(record_type, settings, actor)
        except StepProblem as problem:
            problems.append(Problem(step_id, problem.message, problem.parameter))
        if kind.leads:
            if depth + 1 >= DEEPEST:
                problems.append(Problem(step_id, _("Branches stand in each other at most three deep.")))
                continue
            step["then"] = _steps(record_type, raw.get("then"), actor, problems, depth + 1)
            step["else"] = _steps(record_type, raw.get("else"), actor, problems, depth + 1)
            if kind.kind == "branch" and not step["then"] and not step["else"]:
                problems.append(Problem(step_id, _("Say what is to be done in at least one case.")))
        found.append(step)
    return found


# ready to run


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of the flattened program; a branch goes on at `otherwise` where its condition does not hold.

    Without a kind it only leads on to `jump`: past what is done where a condition does not hold.
    """

    id: str
    kind: StepKind | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    condition: Tree | None = None
    otherwise: int = 0
    jump: int = 0
    decides: bool = False
    """Whether it is the place where ways part."""


@dataclass(frozen=True, slots=True)
class Program:
    """A version made ready to run."""

    record_type: RecordType
    trigger: Mapping[str, Any]
    condition: Tree
    instructions: Sequence[Instruction] = field(default_factory=list)


_programs: dict[tuple[int, int], Program] = {}


def program_of(version: RuleVersion, record_type_name: str) -> Program:
    """The program of a version, kept in memory. Raises Broken with words for what is gone.

    No query where the version is loaded.
    """
    record_type = registry.find(record_type_name)
    if record_type is None:
        raise Broken(_("The records it was made for are gone."))
    key = (version.pk, record_type.edition)
    found = _programs.get(key)
    if found is None:
        found = compiled(version, record_type)
        if len(_programs) > 5_000:
            _programs.clear()
        _programs[key] = found
    return found


def compiled(version: RuleVersion | Definition, record_type: RecordType) -> Program:
    """A definition made ready to run. Raises Broken. No query."""
    triggers.require(record_type, version.trigger)
    try:
        condition = filters.from_json(version.condition or {"and": []}, record_type)
    except FilterError as error:
        raise Broken(_("The condition: %(why)s") % {"why": error.message}) from error
    instructions: list[Instruction] = []
    _flatten(record_type, version.steps, instructions)
    return Program(record_type, version.trigger, condition, instructions)


def _flatten(record_type: RecordType, steps: Sequence[Mapping[str, Any]], into: list[Instruction]) -> None:
    for step in steps:
        kind = ports.step_kind(str(step["kind"]))
        if kind is None:
            raise Broken(_("The step “%(kind)s” does not exist any more.") % {"kind": step["kind"]})
        settings: Mapping[str, Any] = step.get("settings") or {}
        _require_fields(record_type, kind, settings)
        if not kind.leads or kind.decided:
            into.append(Instruction(str(step["id"]), kind, settings))
        if not kind.leads:
            continue
        try:
            condition = filters.from_json(settings.get("condition") or {"and": []}, record_type)
        except FilterError as error:
            raise Broken(_("The condition: %(why)s") % {"why": error.message}) from error
        place = len(into)
        into.append(Instruction(str(step["id"]), None))
        _flatten(record_type, step.get("then") or [], into)
        others = step.get("else") or []
        leave = len(into)
        if others:
            into.append(Instruction(str(step["id"]), None))
        into[place] = Instruction(
            str(step["id"]), kind, settings, condition, otherwise=len(into), decides=True
        )
        _flatten(record_type, others, into)
        if others:
            into[leave] = Instruction(str(step["id"]), None, jump=len(into))


def _require_fields(record_type: RecordType, kind: StepKind, settings: Mapping[str, Any]) -> None:
    """Names of fields that a step was made with must be there still."""
    of = registry.find(str(settings["record_type"])) if "record_type" in settings else record_type
    if of is None:
        raise Broken(_("The records that the step “%(step)s” makes are gone.") % {"step": kind.label})
    named = [line["field"] for line in settings.get("lines", ())]
    named += settings.get("locked_fields", ())
    if "until" in settings:
        named.append(settings["until"])
    for name in named:
        if name not in of.fields:
            raise Broken(
                _("The step “%(step)s” names the field “%(name)s”, which is gone.")
                % {"step": kind.label, "name": name}
            )
