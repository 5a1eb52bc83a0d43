"""What somebody has entered into the builder's form so far, and the buttons that rearrange it.

Nothing of it is kept before "save": each press of a button sends the whole form and gets it back rearranged.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from dangol.automation import ports, triggers
from dangol.automation.definitions import DEEPEST, MOST_STEPS
from dangol.automation.models import RuleVersion
from dangol.identity.actors import Actor
from dangol.records import filters, registry
from dangol.records.filters import FilterError
from dangol.records.filters.rows import Rows
from dangol.records.types import RecordType
from dangol.records.views import condition_rows
from dangol.records.views.condition_rows import Entered

Step = dict[str, Any]
MOST_LINES = 20
FILTERS = ("condition", "open")
"""The settings of steps that are conditions."""


@dataclass
class Draft:
    """A definition as it stands in the form: texts, not yet checked."""

    trigger: dict[str, Any] = field(default_factory=lambda: {"kind": triggers.CREATED})
    condition: Entered = field(default_factory=Rows)
    steps: list[Step] = field(default_factory=list)

    def raw(self) -> dict[str, Any]:
        """What `definitions.checked` reads."""
        return {
            "trigger": self.trigger,
            "condition": _said(self.condition),
            "steps": [_raw(step) for step in self.steps],
        }


def _said(given: Any) -> Any:
    """Rows in which no field is chosen say nothing."""
    return "" if isinstance(given, Rows) and not any(row.field for row in given.rows) else given


def _raw(step: Step) -> Step:
    found = {**step, "settings": {name: _said(value) for name, value in step["settings"].items()}}
    for arm in ("then", "else"):
        if arm in step:
            found[arm] = [_raw(one) for one in step[arm]]
    return found


# from the form


def read(data: QueryDict, record_type: RecordType, actor: Actor) -> Draft:
    """The form as it was sent, with what the button of a condition asks for done to it."""
    condition = condition_rows.read(data, "condition", record_type, actor)
    return Draft(_settings(data, "trigger"), condition, _steps(data, "s", 0, record_type, actor))


def _steps(data: QueryDict, prefix: str, depth: int, record_type: RecordType, actor: Actor) -> list[Step]:
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
        for name in FILTERS:
            if f"{at}-{name}-how" in data:
                settings[name] = condition_rows.read(data, f"{at}-{name}", record_type, actor)
        kind = ports.step_kind(step["kind"])
        if kind is not None and kind.leads:
            step["then"] = _steps(data, f"{at}-then", depth + 1, record_type, actor)
            step["else"] = _steps(data, f"{at}-else", depth + 1, record_type, actor)
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
    condition = filter_entered(version.condition or {"and": []}, record_type, actor, version.condition_text)
    return Draft(trigger, condition, [_entered(step, record_type, actor) for step in version.steps])


def _entered(step: Mapping[str, Any], record_type: RecordType, actor: Actor) -> Step:
    settings = dict(step.get("settings") or {})
    for name in FILTERS:
        if isinstance(settings.get(name), Mapping):
            settings[name] = filter_entered(settings[name], record_type, actor)
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


def filter_entered(condition: Any, record_type: RecordType, actor: Actor, text: str = "") -> Entered:
    """A kept condition as it stands in the form; where it names what is gone, the text it was kept with.

    A query for each reference among its values.
    """
    try:
        tree = filters.from_json(condition, record_type)
    except FilterError:
        return text
    return condition_rows.entered(tree, record_type, actor)


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
