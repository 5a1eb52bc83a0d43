"""What scopes are called."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.models.roles import EVERY_TYPE
from dangol.records import registry


def scope_groups(chosen: Collection[str]) -> list[dict[str, Any]]:
    """All scopes by record type, each with whether it is chosen. No query."""
    kinds = {"read": _("Read"), "write": _("Create and change"), "delete": _("Delete")}
    groups: list[tuple[str, Any, dict[str, str]]] = [(EVERY_TYPE, _("All records"), kinds)]
    groups += [(one.name, one.label_plural, kinds) for one in registry.all_types()]
    groups.append((EVERY_TYPE, _("Settings"), {"admin": _("Administer")}))
    return [
        {
            "label": label,
            "scopes": [
                {"name": f"{name}:{kind}", "label": text, "on": f"{name}:{kind}" in chosen}
                for kind, text in texts.items()
            ],
            "chosen": any(f"{name}:{kind}" in chosen for kind in texts),
        }
        for name, label, texts in groups
    ]


def permissions(scopes: Iterable[str]) -> list[tuple[str, str]]:
    """Scopes in words, by record type: what, and what may be done with it. No query.

    A scope of a type that is gone stands there as it is.
    """
    wanted = set(scopes)
    found = []
    for group in scope_groups(wanted):
        acts = [one["label"] for one in group["scopes"] if one["on"]]
        wanted -= {one["name"] for one in group["scopes"]}
        if acts:
            found.append((str(group["label"]), ", ".join(acts)))
    return found + [(scope, "") for scope in sorted(wanted)]
