"""The step "make a record"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation.ports import Batch, Outcomes, Parameter, StepKind, StepProblem
from dangol.automation.steps import values
from dangol.identity.actors import Actor
from dangol.records import permissions, registry
from dangol.records.types import RecordType


def targets(actor: Actor) -> list[RecordType]:
    """What the actor may make."""
    return [
        one
        for one in registry.all_types()
        if not one.scope.administered and permissions.allowed(actor, one, "create")
    ]


def _target(settings: Mapping[str, Any], actor: Actor) -> RecordType | None:
    found = registry.find(str(settings.get("record_type", "")))
    return found if found in targets(actor) else None


def _parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> Sequence[Parameter]:
    types = [(one.name, one.label) for one in targets(actor)]
    target = _target(settings, actor)
    found = [Parameter("record_type", gettext_lazy("What kind of record"), "choice", types, redraws=True)]
    if target is not None:
        options = [(name, field.label) for name, field in values.writable(target, actor).items()]
        found.append(Parameter("lines", gettext_lazy("Fields"), "lines", options, suggest=target.name))
    return found


def _check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    target = _target(settings, actor)
    if target is None:
        raise StepProblem(_("Choose what kind of record is made."), "record_type")
    lines = values.checked_lines(target, record_type, settings.get("lines"), actor, creating=True)
    given = {line["field"] for line in lines}
    defaults = target.table.defaults
    missing = [
        str(field.label)
        for name, field in target.editable_fields.items()
        if field.required
        and name not in given
        and not defaults.get(name)
        and not getattr(field, "condition", "")
    ]
    if missing:
        raise StepProblem(
            _("These fields of the new record need a value: %(fields)s.") % {"fields": ", ".join(missing)},
            "lines",
        )
    return {"record_type": target.name, "lines": lines}


def _says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    target = registry.get(settings["record_type"])
    said = values.says_lines(target, record_type, settings["lines"], actor)
    return f"{target.label}: {said}"


def _preview(batch: Batch) -> dict[int, str]:
    target = registry.get(batch.settings["record_type"])
    made = values.values_for(batch, batch.settings["lines"], target)
    return {
        number: f"{target.label}: {values.preview_values(batch, target, row)}" for number, row in made.items()
    }


def _execute(batch: Batch) -> Outcomes:
    target = registry.get(batch.settings["record_type"])
    made = values.values_for(batch, batch.settings["lines"], target)
    return values.written(batch, target, made, new=True)


STEP = StepKind(
    "create", gettext_lazy("Make a record"), "plus", _parameters, _check, _says, _preview, _execute, order=20,
    offered=lambda record_type, actor: bool(targets(actor)),
)  # fmt: skip
