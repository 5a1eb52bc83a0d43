"""Rules that name a merged record by its id, in a condition, a value or a change they wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from dangol.automation import index
from dangol.automation.models import Rule, RuleRun, RuleVersion, RunState
from dangol.automation.steps.values import VALUE
from dangol.identity import revisions
from dangol.records import filters, registry
from dangol.records.fields import Reference
from dangol.records.merging.filters import renamed_json
from dangol.records.types import RecordType

_WAITING = (RunState.QUEUED, RunState.WAITING)


class RuleDefinitions:
    """Gives rules a version that names the record which stands for a merged one. One query, mostly no more.

    Versions never change: the new one does the same for the same author. Runs that wait go on with it; its steps are the
    same, each in its place.
    """

    def move(self, record_type: RecordType, into: int, other: int) -> Any:
        """The former and the new version of each rule that gets one, by its id."""
        memory: dict[str, list[int]] = {}
        for rule in self._naming(other):
            version, listed = rule.current, registry.find(rule.record_type)
            if version is None or listed is None:
                continue
            after = _Renaming(record_type, other, into).definition(version, listed)
            if after == (version.trigger, version.condition, version.steps):
                continue
            trigger, condition, steps = after
            last = rule.versions.order_by("-number").values_list("number", flat=True).first() or 0
            new = RuleVersion.objects.create(
                rule=rule,
                number=last + 1,
                trigger=trigger,
                condition=condition,
                condition_text=filters.to_text(filters.from_json(condition or {"and": []}, listed)),
                steps=steps,
                author_id=version.author_id,
            )
            _put(rule, version.pk, new.pk)
            memory[str(rule.pk)] = [version.pk, new.pk]
        if memory:
            revisions.changed(index.REVISION)
        return memory or None

    def back(self, record_type: RecordType, into: int, other: int, memory: Any) -> None:
        """Back to the former version, where nobody has written another one since."""
        for rule in Rule.objects.filter(pk__in=list(memory)).select_for_update().order_by("pk"):
            before, after = memory[str(rule.pk)]
            if rule.current_id == after:
                _put(rule, after, before)
        revisions.changed(index.REVISION)

    @staticmethod
    def _naming(other: int) -> list[Rule]:
        columns = {
            f"_{name}": Cast(f"current__{name}", TextField()) for name in ("trigger", "condition", "steps")
        }
        named = Q()
        for name in columns:
            named |= Q(**{f"{name}__contains": str(other)})
        rows = Rule.objects.filter(deleted_at=None).annotate(**columns).filter(named)
        return list(rows.select_related("current").select_for_update(of=("self",)).order_by("pk"))


def _put(rule: Rule, before: int, after: int) -> None:
    rule.current_id = after
    rule.save(update_fields=["current"])
    RuleRun.objects.filter(rule=rule, version=before, state__in=_WAITING).update(version=after)


class _Renaming:
    """One record put in another's place, everywhere in a definition."""

    def __init__(self, record_type: RecordType, other: int, into: int) -> None:
        self.type, self.other, self.into = record_type, other, into

    def definition(
        self, version: RuleVersion, listed: RecordType
    ) -> tuple[Mapping[str, Any], Mapping[str, Any], list[Any]]:
        return (
            self._trigger(version.trigger, listed),
            self._filter(version.condition, listed),
            self._steps(version.steps, listed),
        )

    def _trigger(self, trigger: Mapping[str, Any], listed: RecordType) -> Mapping[str, Any]:
        names = list(trigger.get("fields") or [])
        if len(names) != 1 or not self._refers(listed, names[0]):
            return trigger
        sides = {side: self.into for side in ("from", "to") if trigger.get(side) == self.other}
        return {**trigger, **sides}

    def _filter(self, kept: Mapping[str, Any], listed: RecordType) -> Mapping[str, Any]:
        return renamed_json(kept, listed, self.type, self.other, self.into) if kept else kept

    def _steps(self, steps: Sequence[Any], listed: RecordType) -> list[Any]:
        return [self._step(step, listed) for step in steps]

    def _step(self, step: Mapping[str, Any], listed: RecordType) -> dict[str, Any]:
        found = dict(step)
        settings = step.get("settings") or {}
        target = registry.find(str(settings["record_type"])) if "record_type" in settings else listed
        again: dict[str, Any] = {}
        if isinstance(settings.get("condition"), Mapping):
            again["condition"] = self._filter(settings["condition"], listed)
        if settings.get("lines") and target is not None:
            again["lines"] = [self._line(line, target) for line in settings["lines"]]
        if again:
            found["settings"] = {**settings, **again}
        for way in ("then", "else"):
            if step.get(way):
                found[way] = self._steps(step[way], listed)
        return found

    def _line(self, line: Mapping[str, Any], target: RecordType) -> Mapping[str, Any]:
        named = line.get("mode") == VALUE and line.get("value") == self.other
        return {**line, "value": self.into} if named and self._refers(target, line["field"]) else line

    def _refers(self, listed: RecordType, name: str) -> bool:
        field = listed.fields.get(name)
        return isinstance(field, Reference) and field.target == self.type.name
