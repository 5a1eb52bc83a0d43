"""The builder's form: what somebody has entered so far, its cards and inputs, and the buttons that rearrange it.

Nothing of it is kept before "save": each press of a button sends the whole form and gets it back rearranged.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from dangol.automation import ports, triggers
from dangol.automation.definitions import DEEPEST, MOST_STEPS, Problem
from dangol.automation.models import RuleVersion
from dangol.automation.ports import Parameter
from dangol.automation.steps.values import MODES, SELF_MODE
from dangol.identity.actors import Actor
from dangol.records import filters, permissions, registry
from dangol.records.filters import FilterError
from dangol.records.types import RecordType

Step = dict[str, Any]
MOST_LINES = 20


@dataclass
class Draft:
    """A definition as it stands in the form: texts, not yet checked."""

    trigger: dict[str, Any] = field(default_factory=lambda: {"kind": triggers.CREATED})
    condition: str = ""
    steps: list[Step] = field(default_factory=list)

    def raw(self) -> dict[str, Any]:
        """What `definitions.checked` reads."""
        return {"trigger": self.trigger, "condition": self.condition, "steps": self.steps}


# from the form


def read(data: QueryDict) -> Draft:
    """The form as it was sent."""
    return Draft(_settings(data, "trigger"), str(data.get("condition", "")), _steps(data, "s", 0))


def _steps(data: QueryDict, prefix: str, depth: int) -> list[Step]:
    found: list[Step] = []
    while len(found) < MOST_STEPS and depth < DEEPEST:
        at = f"{prefix}-{len(found)}"
        if f"{at}-kind" not in data:
            break
        settings = _settings(data, at)
        step: Step = {
            "id": str(settings.pop("id", "")),
            "kind": str(settings.pop("kind", "")),
            "settings": settings,
        }
        kind = ports.step_kind(step["kind"])
        if kind is not None and kind.leads:
            step["then"] = _steps(data, f"{at}-then", depth + 1)
            step["else"] = _steps(data, f"{at}-else", depth + 1)
        found.append(step)
    return found


def _settings(data: QueryDict, prefix: str) -> dict[str, Any]:
    """The inputs that begin with the prefix: those whose names end in `[]` are lists; lines are lists of objects."""
    found: dict[str, Any] = {}
    lines: dict[int, dict[str, str]] = {}
    for name in data:
        rest = name.removeprefix(f"{prefix}-")
        if rest == name:
            continue
        if rest.endswith("[]") and "-" not in rest:
            found[rest[:-2]] = data.getlist(name)
        elif "-" not in rest:
            found[rest] = str(data.get(name, ""))
        elif rest.startswith("lines-"):
            parts = rest.split("-")
            if len(parts) == 3 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) <= 2:
                lines.setdefault(int(parts[1]), {})[parts[2]] = str(data.get(name, ""))
    if lines:
        found["lines"] = [lines[number] for number in sorted(lines)][:MOST_LINES]
    return found


# from what is kept


def of_version(version: RuleVersion, record_type: RecordType, actor: Actor) -> Draft:
    """A kept version as it stands in the form. A query for each constant that is a reference."""
    trigger = dict(version.trigger)
    for side in ("from", "to"):
        if side in trigger:
            trigger[side] = triggers.entered(record_type, trigger["fields"][0], trigger[side], actor)
    return Draft(
        trigger, version.condition_text, [_entered(step, record_type, actor) for step in version.steps]
    )


def _entered(step: Mapping[str, Any], record_type: RecordType, actor: Actor) -> Step:
    settings = dict(step.get("settings") or {})
    for name in ("condition", "open"):
        if isinstance(settings.get(name), Mapping):
            settings[name] = filter_text(settings[name], record_type)
    target = registry.find(str(settings.get("record_type", ""))) or record_type
    if "lines" in settings:
        settings["lines"] = [
            {**line, "value": triggers.entered(target, line["field"], line["value"], actor)}
            if line["mode"] == "value"
            else line
            for line in settings["lines"]
        ]
    for name in [name for name in settings if name.startswith("input_")]:
        settings[name] = triggers.entered(record_type, name.removeprefix("input_"), settings[name], actor)
    found: Step = {"id": step["id"], "kind": step["kind"], "settings": settings}
    for arm in ("then", "else"):
        if arm in step:
            found[arm] = [_entered(one, record_type, actor) for one in step[arm]]
    return found


def filter_text(condition: Any, record_type: RecordType) -> str:
    """A kept condition as text; empty where it names what is gone."""
    try:
        return filters.to_text(filters.from_json(condition, record_type))
    except FilterError:
        return ""


# buttons


def act(draft: Draft, do: str, data: QueryDict) -> None:
    """Rearrange: `add:PLACE` (the kind stands in `add-PLACE`), `remove:`, `up:`, `down:`, `line:` with a step's place."""
    verb, _colon, place = do.partition(":")
    if verb == "add":
        steps = _list_at(draft, place)
        if steps is not None and len(steps) < MOST_STEPS:
            kind = ports.step_kind(str(data.get(f"add-{place}", "")))
            if kind is not None:
                step: Step = {"id": f"s{uuid.uuid4().hex[:8]}", "kind": kind.kind, "settings": {}}
                steps.append({**step, "then": [], "else": []} if kind.leads else step)
        return
    parent, _dash, number = place.rpartition("-")
    steps = _list_at(draft, parent)
    if steps is None or not number.isascii() or not number.isdigit() or int(number[:3]) >= len(steps):
        return
    at = int(number[:3])
    if verb == "remove":
        del steps[at]
    elif verb == "up" and at > 0:
        steps[at - 1], steps[at] = steps[at], steps[at - 1]
    elif verb == "down" and at + 1 < len(steps):
        steps[at + 1], steps[at] = steps[at], steps[at + 1]
    elif verb == "line":
        steps[at]["settings"].setdefault("lines", []).append({})


def _list_at(draft: Draft, place: str) -> list[Step] | None:
    """The steps at a place like `s`, `s-0-then`."""
    parts = place.split("-")
    if parts[0] != "s":
        return None
    steps: list[Step] = draft.steps
    for number, arm in zip(parts[1::2], parts[2::2], strict=False):
        if (
            not (number.isascii() and number.isdigit())
            or int(number[:3]) >= len(steps)
            or arm not in ("then", "else")
        ):
            return None
        inner = steps[int(number[:3])].get(arm)
        if inner is None:
            return None
        steps = inner
    return steps if len(parts) % 2 else None


# cards


@dataclass(frozen=True, slots=True)
class Line:
    """One line of "set fields"."""

    name: str
    field: str
    mode: str
    value: str
    suggest: str


@dataclass(frozen=True, slots=True)
class Input:
    """One input as the template draws it."""

    name: str
    kind: str
    label: Any
    help: Any
    value: Any
    options: Sequence[tuple[str, Any]]
    redraws: bool
    error: str = ""
    suggest: str = ""
    before: str = ""
    lines: Sequence[Line] = ()
    modes: Sequence[tuple[str, Any]] = ()
    sources: Sequence[tuple[str, Any]] = ()

    @property
    def id(self) -> str:
        return f"i-{self.name}".replace("[]", "").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a branch."""

    place: str
    word: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Card:
    """One step as the template draws it."""

    place: str
    number: str
    id: str
    kind: str
    label: Any
    icon: str
    inputs: Sequence[Input]
    errors: Sequence[str]
    is_first: bool
    is_last: bool
    arms: Sequence[Arm] = ()


def trigger_inputs(
    draft: Draft, record_type: RecordType, actor: Actor, problems: Sequence[Problem]
) -> list[Input]:
    """The inputs of the card "when"."""
    mine = [problem for problem in problems if problem.where == "trigger"]
    parameters = triggers.parameters(record_type, draft.trigger, actor)
    return [
        _input("trigger", one, draft.trigger, record_type, record_type, mine, actor) for one in parameters
    ]


def cards(
    steps: Sequence[Step],
    record_type: RecordType,
    actor: Actor,
    problems: Sequence[Problem],
    *,
    place: str = "s",
    numbered: str = "",
) -> list[Card]:
    """The cards of these steps, with what is wrong beside each. A few queries for lists of people and teams."""
    found = []
    for at, step in enumerate(steps):
        kind = ports.step_kind(str(step["kind"]))
        if kind is None:
            continue
        here, number = f"{place}-{at}", f"{numbered}{at + 1}"
        mine = [problem for problem in problems if problem.where == step["id"]]
        settings = step["settings"]
        target = registry.find(str(settings.get("record_type", ""))) or record_type
        parameters = kind.parameters(record_type, settings, actor)
        named = {parameter.name for parameter in parameters}
        arms = [
            Arm(
                f"{here}-{arm}",
                arm,
                cards(
                    step.get(arm) or [],
                    record_type,
                    actor,
                    problems,
                    place=f"{here}-{arm}",
                    numbered=f"{number}.",
                ),
            )
            for arm in ("then", "else")
            if kind.leads
        ]
        found.append(
            Card(
                here,
                number,
                step["id"],
                kind.kind,
                kind.label,
                kind.icon,
                [_input(here, one, settings, target, record_type, mine, actor) for one in parameters],
                [problem.message for problem in mine if problem.parameter not in named],
                at == 0,
                at == len(steps) - 1,
                arms,
            )
        )
    return found


def _input(
    prefix: str,
    parameter: Parameter,
    settings: Mapping[str, Any],
    target: RecordType,
    source: RecordType,
    problems: Sequence[Problem],
    actor: Actor,
) -> Input:
    many = parameter.kind == "choices"
    value = settings.get(parameter.name)
    lines: list[Line] = []
    modes: list[tuple[str, Any]] = []
    sources: list[tuple[str, Any]] = []
    if parameter.kind == "lines":
        given = value if isinstance(value, list) else []
        for number, line in enumerate(given or [{}]):
            lines.append(
                Line(
                    f"{prefix}-lines-{number}",
                    str(line.get("field", "")),
                    str(line.get("mode") or "value"),
                    str(line.get("value") or ""),
                    _suggestions(target),
                )
            )
        modes = list(MODES.items())
        if target is not source or parameter.suggest:
            modes.append(SELF_MODE)
        sources = [(name, one.label) for name, one in permissions.fields_for(actor, source).items()]
    if many:
        value = [str(one) for one in value] if isinstance(value, list) else []
    elif not isinstance(value, (str, list)):
        value = "" if value is None else str(value)
    suggested = source if parameter.kind in ("filter", "value") else None
    return Input(
        name=f"{prefix}-{parameter.name}{'[]' if many else ''}",
        kind=parameter.kind,
        label=parameter.label,
        help=parameter.help,
        value=value,
        options=parameter.options,
        redraws=parameter.redraws,
        error=" ".join(problem.message for problem in problems if problem.parameter == parameter.name),
        suggest=_suggestions(suggested) if suggested else "",
        before=parameter.before,
        lines=lines,
        modes=modes,
        sources=sources,
    )


def _suggestions(record_type: RecordType) -> str:
    return reverse("records:suggest", args=[record_type])
