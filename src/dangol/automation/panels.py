"""What rules put on a record's page: their buttons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from dangol.automation import index, triggers
from dangol.identity.actors import Actor
from dangol.records import permissions, ports
from dangol.records.types import RecordType


def register() -> None:
    """Contribute the card; called once, while the project starts."""
    ports.add_panels(_panels)


def _panels(record_type: RecordType) -> Iterable[ports.Panel]:
    """The card is there for types with an active rule that begins with a button. No query."""
    if not index.of_kind(record_type.name, triggers.BUTTON):
        return []

    def build(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if actor.seen_by is not None or not permissions.allowed(actor, record_type, "edit"):
            return None
        entries = index.of_kind(record_type.name, triggers.BUTTON)
        return {"buttons": [(entry.rule_id, entry.trigger["label"], entry.name) for entry in entries]}

    return [
        ports.Panel("rules", gettext_lazy("Automation rules"), "automation/parts/buttons.html", build, "right", 15),
    ]
