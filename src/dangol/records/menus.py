"""Record types in the left menu and under "new …"."""

from functools import partial
from typing import Any

from dangol.records import registry
from dangol.web import menu


def _may(actor: Any, name: str, action: str) -> bool:
    return actor is not None and actor.may(name, action)


def add_entries() -> None:
    """One entry for each type that names a department; seen by those who may see such records."""
    for record_type in registry.all_types():
        if not record_type.department:
            continue
        menu.add(
            menu.MenuItem(
                key=record_type.name,
                label=record_type.label_plural,
                icon=record_type.icon,
                url=f"/{record_type.path}/",
                order=record_type.order,
                visible=partial(_may, name=record_type.name, action="view"),
            )
        )
        menu.creates.add(
            menu.MenuItem(
                key=record_type.name,
                label=record_type.label,
                icon=record_type.icon,
                url=f"/{record_type.path}/new/",
                order=record_type.order,
                visible=partial(_may, name=record_type.name, action="create"),
            )
        )
