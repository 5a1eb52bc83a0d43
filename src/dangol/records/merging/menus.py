"""Merges in the left menu."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records import registry
from dangol.records.merging.acts import offered
from dangol.web import menu


def add_entry() -> None:
    """At the foot, for those who may merge anything at all."""
    menu.add(
        menu.MenuItem(
            key="merges",
            label=_("Merges"),
            icon="git-merge",
            url_name="merging:list",
            order=906,
            group="data",
            visible=_may_merge,
        )
    )


def _may_merge(actor: Any) -> bool:
    return actor is not None and any(offered(actor, known) for known in registry.all_types())
