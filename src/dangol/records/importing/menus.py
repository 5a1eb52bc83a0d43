"""Imports in the left menu."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.importing import runs
from dangol.web import menu


def add_entry() -> None:
    """At the foot, for those who may bring in anything at all."""
    menu.add(
        menu.MenuItem(
            key="imports",
            label=_("Imports"),
            icon="upload",
            url_name="imports:list",
            order=910,
            visible=_may_import,
        )
    )


def _may_import(actor: Any) -> bool:
    return actor is not None and bool(runs.importable_types(actor))
