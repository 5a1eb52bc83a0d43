"""The step "set fields"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from dangol.automation.ports import Batch, Outcomes, Parameter, StepKind
from dangol.automation.steps import values
from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.types import RecordType


def _parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> Sequence[Parameter]:
    options = [(name, field.label) for name, field in values.writable(record_type, actor).items()]
    return [Parameter("lines", gettext_lazy("Fields"), "lines", options)]


def _check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    raw = settings.get("lines")
    return {"lines": values.checked_lines(record_type, record_type, raw, actor, creating=False)}


def _says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    return values.says_lines(record_type, record_type, settings["lines"], actor)


def _preview(batch: Batch) -> dict[int, str]:
    made = values.values_for(batch, batch.settings["lines"], batch.record_type)
    return {number: values.preview_values(batch, batch.record_type, row) for number, row in made.items()}


def _execute(batch: Batch) -> Outcomes:
    made = values.values_for(batch, batch.settings["lines"], batch.record_type)
    return values.written(batch, batch.record_type, made, new=False)


STEP = StepKind(
    "set",
    gettext_lazy("Set fields"),
    "pencil",
    _parameters,
    _check,
    _says,
    _preview,
    _execute,
    order=10,
    offered=lambda record_type, actor: permissions.allowed(actor, record_type, "edit"),
)
