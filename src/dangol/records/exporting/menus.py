"""Exports in the left menu."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.exporting.asking import exportable_types
from dangol.web import menu


def add_entry() -> None:
    """At the foot, for those who may take out anything at all."""
    menu.add(
        menu.MenuItem(
            key="exports",
            label=_("Exports"),
            icon="download",
            url_name="exports:list",
            order=911,
            visible=_may_export,
        )
    )


def _may_export(actor: Any) -> bool:
    return actor is not None and bool(exportable_types(actor))
