"""The builder's form as the templates draw it: cards and inputs, with what is wrong beside each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from dangol.automation import ports, triggers
from dangol.automation.definitions import Problem
from dangol.automation.drafts import Draft, Step
from dangol.automation.ports import Parameter
from dangol.automation.steps.values import MODES, SELF_MODE
from dangol.identity.actors import Actor
from dangol.records import permissions, registry
from dangol.records.filters.rows import Rows
from dangol.records.types import RecordType
from dangol.records.views import condition_rows
from dangol.records.views.condition_rows import ShownCondition


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
    condition: ShownCondition | None = None

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
    do: str = "",
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
                    do=do,
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
                [_input(here, one, settings, target, record_type, mine, actor, do) for one in parameters],
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
    do: str = "",
) -> Input:
    many = parameter.kind == "choices"
    value = settings.get(parameter.name)
    lines: list[Line] = []
    modes: list[tuple[str, Any]] = []
    sources: list[tuple[str, Any]] = []
    if parameter.kind == "lines":
        held = value if isinstance(value, list) else []
        for number, line in enumerate(held or [{}]):
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
    error = " ".join(problem.message for problem in problems if problem.parameter == parameter.name)
    condition = None
    if parameter.kind == "filter":
        given = value if isinstance(value, (str, Rows)) else Rows()
        condition = condition_rows.shown(
            given, f"{prefix}-{parameter.name}", source, actor, error=error, do=do
        )
    if many:
        value = [str(one) for one in value] if isinstance(value, list) else []
    elif not isinstance(value, (str, list)):
        value = "" if value is None else str(value)
    suggested = source if parameter.kind == "value" else None
    return Input(
        name=f"{prefix}-{parameter.name}{'[]' if many else ''}",
        kind=parameter.kind,
        label=parameter.label,
        help=parameter.help,
        value=value,
        options=parameter.options,
        redraws=parameter.redraws,
        error=error,
        suggest=_suggestions(suggested) if suggested else "",
        before=parameter.before,
        lines=lines,
        modes=modes,
        sources=sources,
        condition=condition,
    )


def _suggestions(record_type: RecordType) -> str:
    return reverse("records:suggest", args=[record_type])
