"""What a stream asks the database: who is there, and what that person may know. Run in the stream's own thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from django.utils.crypto import constant_time_compare

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


def signed_in(session_keys: Iterable[str]) -> dict[str, User]:
    """The sessions of these that are in force, each with its user. Two queries, however many.

    The same question as Django's sign-in asks on every page: the session lives, its user is active, and its hash is the
    user's present one (another password, or "sign out everywhere", ends it).
    """
    model = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    named: dict[str, tuple[int, str]] = {}
    for row in model.objects.filter(pk__in=list(session_keys), expire_date__gt=timezone.now()):
        data = row.get_decoded()
        user_id = str(data.get(SESSION_KEY, ""))
        if user_id.isdigit() and data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS:
            named[row.pk] = int(user_id), str(data.get(HASH_SESSION_KEY, ""))
    users = {
        user.pk: user
        for user in User.objects.filter(pk__in={pk for pk, _hash in named.values()}, is_active=True)
    }
    return {
        key: users[user_id]
        for key, (user_id, hashed) in named.items()
        if user_id in users and _is_present(users[user_id], hashed)
    }


def _is_present(user: User, hashed: str) -> bool:
    return any(
        constant_time_compare(hashed, known)
        for known in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )


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
