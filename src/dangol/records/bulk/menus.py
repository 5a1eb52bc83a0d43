"""Bulk changes in the left menu."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records import registry
from dangol.web import menu


def add_entry() -> None:
    """At the foot, for those who may change anything at all."""
    menu.add(
        menu.MenuItem(
            key="bulk",
            label=_("Bulk changes"),
            icon="stack-2",
            url_name="bulk:list",
            order=905,
            group="data",
            visible=_may_change,
        )
    )


def _may_change(actor: Any) -> bool:
    return actor is not None and any(
        actor.may(known.name, action) for known in registry.all_types() for action in ("edit", "delete")
    )
