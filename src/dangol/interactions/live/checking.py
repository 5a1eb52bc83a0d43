"""What a stream asks the database: who is there, and what that person may know. Run in the stream's own thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import User
from dangol.records import permissions, registry

MOST_RECORDS = 300


@dataclass(frozen=True)
class Shown:
    """The records that a page shows: ids by type, each with the version shown (0: not known)."""

    versions: Mapping[str, Mapping[int, int]]
    here: tuple[str, int] | None = None
    """The record whose page it is."""


class NotUnderstood(ValueError):
    """The page asked for something that is no address of a record."""


def read_shown(on: Sequence[str], here: str) -> Shown:
    """`on=customer:12@3,13@7` (several times) and `here=customer:12` as sent by the page.

    Raises:
        NotUnderstood: not written like that, an unknown type, or too many.
    """
    versions: dict[str, dict[int, int]] = {}
    for part in on:
        name, _, rest = part.partition(":")
        if registry.find(name) is None:
            raise NotUnderstood(part[:60])
        for item in filter(None, rest.split(",")):
            record, _, version = item.partition("@")
            versions.setdefault(name, {})[_number(record)] = _number(version or "0")
    if sum(len(ids) for ids in versions.values()) > MOST_RECORDS:
        raise NotUnderstood("on")
    if not here:
        return Shown(versions)
    name, _, record = here.partition(":")
    if registry.find(name) is None:
        raise NotUnderstood(here[:60])
    return Shown(versions, (name, _number(record)))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotUnderstood(text[:60])
    return int(text)


def actor_now(user_id: int) -> Actor | None:
    """The actor with the rights of this moment; None for somebody who has left. Two queries."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return actor_for(user) if user else None


def versions_now(actor: Actor, wanted: Mapping[str, Iterable[int]]) -> dict[str, dict[int, int]]:
    """Id → version of those records that the actor may see and that are not in the bin. One query a type."""
    found: dict[str, dict[int, int]] = {}
    for name, ids in wanted.items():
        record_type = registry.find(name)
        if record_type is None or not permissions.allowed(actor, record_type, "view"):
            continue
        rows: Any = permissions.visible_to(actor, record_type).filter(pk__in=list(ids))
        found[name] = dict(rows.values_list("pk", "version"))
    return found
