"""The step "run an act": what can be done to many records at once, a rule can do as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import triggers
from dangol.automation.ports import Batch, Outcome, Outcomes, Parameter, StepKind, StepProblem
from dangol.identity.actors import Actor
from dangol.records.bulk import acts
from dangol.records.bulk.acts import Act, Work
from dangol.records.bulk.errors import BulkProblem
from dangol.records.types import RecordType


def possible(record_type: RecordType, actor: Actor) -> list[Act]:
    """The acts that rules can do: not those that destroy, and not the general edit, which is a step of its own."""
    found = acts.acts_for(actor, record_type)
    return [
        act
        for act in found
        if not act.danger and act.name != "edit" and set(act.inputs) <= set(record_type.fields)
    ]


def _act(record_type: RecordType, name: Any, actor: Actor) -> Act | None:
    return next((act for act in possible(record_type, actor) if act.name == name), None)


def _parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> Sequence[Parameter]:
    options = [(act.name, act.label) for act in possible(record_type, actor)]
    found = [Parameter("act", gettext_lazy("Act"), "choice", [("", "–"), *options], redraws=True)]
    act = _act(record_type, settings.get("act"), actor)
    asked = act.inputs if act else ()
    return found + [
        Parameter(f"input_{name}", record_type.fields[name].label, "value", before=name) for name in asked
    ]


def _check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    act = _act(record_type, settings.get("act"), actor)
    if act is None:
        raise StepProblem(_("Choose what is to be done."), "act")
    kept: dict[str, Any] = {"act": act.name}
    for name in act.inputs:
        raw = settings.get(f"input_{name}")
        value = (
            triggers.constant(record_type, name, raw, actor, f"input_{name}")
            if raw not in (None, "")
            else None
        )
        kept[f"input_{name}"] = triggers.plain(record_type.fields[name], value)
    try:
        act.read(record_type, _raw(act, kept), actor)
    except BulkProblem as problem:
        raise StepProblem(str(problem), f"input_{problem.field}") from problem
    return kept


def _raw(act: Act, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settings.get(f"input_{name}") for name in act.inputs}


def _says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    act = acts.find(settings["act"], record_type)
    if act is None:
        return str(settings["act"])
    said = [
        triggers.shown(record_type, name, settings[f"input_{name}"], actor)
        for name in act.inputs
        if settings.get(f"input_{name}") is not None
    ]
    return ": ".join([str(act.label), ", ".join(said)]) if said else str(act.label)


def _preview(batch: Batch) -> dict[int, str]:
    return dict.fromkeys(batch.ids, _says(batch.record_type, batch.settings, batch.actor))


def _execute(batch: Batch) -> Outcomes:
    act = _act(batch.record_type, batch.settings["act"], batch.actor)
    if act is None:
        refused = Outcome(
            "refused", ok=False, detail=_("Whoever the rule acts for may not do this any more.")
        )
        return dict.fromkeys(batch.ids, refused)
    settings = act.read(batch.record_type, _raw(act, batch.settings), batch.actor)
    done = act.carry_out(Work(batch.record_type, batch.ids, batch.actor, settings))
    outcomes: Outcomes = {number: Outcome("unchanged") for number in done.unchanged}
    for refusal in done.refused:
        if refusal.record_type in ("", batch.record_type.name):
            outcomes[refusal.id] = Outcome("refused", ok=False, detail=str(refusal.reason))
    return outcomes


STEP = StepKind(
    "act",
    gettext_lazy("Do an act"),
    "bolt",
    _parameters,
    _check,
    _says,
    _preview,
    _execute,
    order=50,
    offered=lambda record_type, actor: bool(possible(record_type, actor)),
)
