"""Own fields whose definition names a merged record by its id: as default, in a condition, in a roll-up's filter."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from dangol.identity import revisions
from dangol.records.merging.filters import renamed
from dangol.records.models import OwnField, OwnKind, OwnState
from dangol.records.own import computing
from dangol.records.own.definitions import REVISION
from dangol.records.types import RecordType

_GONE = (OwnState.DELETING, OwnState.DELETED)


class OwnDefinitions:
    """Moves what definitions of own fields say of a record. One query, mostly no more.

    Formulas cannot name records. A roll-up whose filter changes has its values computed anew in the background.
    """

    def move(self, record_type: RecordType, into: int, other: int) -> Any:
        """What was changed in each definition, by its id: the attribute, what stood there and what stands there now."""
        memory: dict[str, list[list[Any]]] = {}
        named = Q(condition__contains=str(other)) | Q(told__contains=str(other)) | Q(default=other)
        found = OwnField.objects.exclude(state__in=_GONE).annotate(told=Cast("settings", TextField()))
        for definition in found.filter(named).select_for_update().order_by("pk"):
            changes = [
                [name, before, after]
                for name, before, after in _renamed(definition, record_type, other, into)
                if before != after
            ]
            for name, _before, after in changes:
                setattr(definition, name, after)
            if changes:
                _save(definition, [name for name, _before, _after in changes])
                memory[str(definition.pk)] = changes
        return memory or None

    def back(self, record_type: RecordType, into: int, other: int, memory: Any) -> None:
        """Back to what stood there, where nobody has changed it since."""
        for definition in OwnField.objects.filter(pk__in=list(memory)).select_for_update().order_by("pk"):
            put = []
            for name, before, after in memory[str(definition.pk)]:
                if getattr(definition, name) == after:
                    setattr(definition, name, before)
                    put.append(name)
            if put:
                _save(definition, put)


def _renamed(
    definition: OwnField, record_type: RecordType, other: int, into: int
) -> list[tuple[str, Any, Any]]:
    changes: list[tuple[str, Any, Any]] = []
    if definition.condition:
        after = renamed(definition.record_type, definition.condition, record_type, other, into)
        changes.append(("condition", definition.condition, after))
    settings = definition.settings
    if definition.kind == OwnKind.REFERENCE and settings.get("target") == record_type.name:
        changes.append(
            ("default", definition.default, into if definition.default == other else definition.default)
        )
    if definition.kind == OwnKind.ROLL_UP and settings.get("where"):
        where = renamed(settings["child"], settings["where"], record_type, other, into)
        changes.append(("settings", settings, {**settings, "where": where}))
    return changes


def _save(definition: OwnField, names: list[str]) -> None:
    definition.save(update_fields=[*names, "changed_at"])
    if "settings" in names:
        computing.ask_for_values(definition)
    revisions.changed(REVISION)
