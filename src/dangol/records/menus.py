"""Record types in the left menu and under "new …"; imports and exports at its foot."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import may_administer
from dangol.records import registry
from dangol.records.exporting.asking import exportable_types
from dangol.records.importing.runs import importable_types
from dangol.records.types import RecordType
from dangol.web import menu

DATA, PRIVACY = "data", "privacy"
"""Groups of the left menu: what is done with many records, and the duties towards the people they are about."""


def _may(actor: Any, name: str, action: str) -> bool:
    return actor is not None and actor.may(name, action)


def _may_match(actor: Any) -> bool:
    return actor is not None and any(
        actor.may(known.name, "edit") for known in registry.all_types() if known.matching
    )


def _has_any(actor: Any, types: Callable[[Any], Sequence[RecordType]]) -> bool:
    return actor is not None and bool(types(actor))


def add_entries() -> None:
    """One entry for each type that names a department; seen by those who may see such records.

    Types that administrators made come and go: theirs are looked up each time.
    """
    types = [record_type for record_type in registry.all_types() if record_type.department]
    menu.add_group(menu.Group(DATA, _("Data"), "database", 200))
    menu.add_group(menu.Group(PRIVACY, _("Personal data"), "shield-check", 100))
    menu.add(*map(_entry, types))
    menu.creates.add(*map(_create, types))
    menu.menu.source(lambda: map(_entry, registry.own_types()))
    menu.creates.source(lambda: map(_create, registry.own_types()))


def _entry(record_type: RecordType) -> menu.MenuItem:
    return menu.MenuItem(
        key=record_type.name,
        label=record_type.label_plural,
        icon=record_type.icon,
        url=f"/{record_type.path}/",
        order=record_type.order,
        group=record_type.menu_group or record_type.department,
        visible=partial(_may, name=record_type.name, action="view"),
    )


def _create(record_type: RecordType) -> menu.MenuItem:
    return menu.MenuItem(
        key=record_type.name,
        label=record_type.label,
        icon=record_type.icon,
        url=f"/{record_type.path}/new/",
        order=record_type.order,
        visible=partial(_may, name=record_type.name, action="create"),
    )


def add_files() -> None:
    """Imports and exports, for those who may bring in or take out anything at all; the vocabulary of tags."""
    for key, label, icon, order, types in (
        ("imports", _("Imports"), "upload", 910, importable_types),
        ("exports", _("Exports"), "download", 911, exportable_types),
    ):
        menu.add(
            menu.MenuItem(
                key=key,
                label=label,
                icon=icon,
                url_name=f"{key}:list",
                order=order,
                group=DATA,
                visible=partial(_has_any, types=types),
            )
        )
    menu.add(
        menu.MenuItem(
            key="duplicates",
            label=_("Duplicates"),
            icon="copy",
            url_name="records:duplicates-of-all",
            order=909,
            group=DATA,
            visible=_may_match,
        )
    )
    menu.add(
        menu.MenuItem(
            key="tag",
            label=_("Tags"),
            icon="tags",
            url="/tags/",
            order=912,
            group=DATA,
            visible=may_administer,
        )
    )
