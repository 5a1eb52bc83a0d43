"""What a key may be used for, as texts: `<record type>:<what>`, with `*` for every type.

`read` is to see and to export, `write` to create, change and import, `delete` to put into the bin, `admin` (only `*:admin`)
to change users, roles and settings. A scope gives nothing: it leaves of the user's rights what it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dangol.identity.models.roles import EVERY_TYPE, Action, Scope

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "read": (Action.VIEW.value, Action.EXPORT.value),
    "write": (Action.CREATE.value, Action.EDIT.value, Action.IMPORT.value),
    "delete": (Action.DELETE.value,),
    "admin": (Action.ADMINISTER.value,),
}
Grants = Mapping[tuple[str, str], set[str]]


class UnknownScope(ValueError):
    """A text that is no scope."""


def rights_of(scopes: Iterable[str]) -> set[tuple[str, str]]:
    """The pairs of record type and action that scopes name.

    Raises:
        UnknownScope: one of them is none.
    """
    found = set()
    for scope in scopes:
        name, colon, kind = scope.partition(":")
        known = name == EVERY_TYPE or (name.isascii() and name.isidentifier())
        if not colon or not known or kind not in KINDS or (kind == "admin" and name != EVERY_TYPE):
            raise UnknownScope(scope[:110])
        found |= {(name, action) for action in KINDS[kind]}
    return found


def scoped(
    is_administrator: bool, grants: Grants, scopes: Iterable[str]
) -> tuple[bool, dict[tuple[str, str], set[str]]]:
    """What is left of somebody's rights: whether all of them, and the grants.

    An administrator keeps every record within the scopes and is no administrator any more.
    """
    allowed = rights_of(scopes)
    if is_administrator:
        return False, {right: {Scope.ALL.value} for right in allowed}
    left: dict[tuple[str, str], set[str]] = {}
    for (granted, action), reach in grants.items():
        for name, permitted in allowed:
            if permitted != action or (EVERY_TYPE not in (granted, name) and granted != name):
                continue
            left.setdefault((name if granted == EVERY_TYPE else granted, action), set()).update(reach)
    return False, left
