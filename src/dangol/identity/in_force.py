"""Which sessions are in force, for whoever holds a connection open instead of sending requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from dangol.identity import selectors, sessions
from dangol.identity.backends import users_of_sessions
from dangol.identity.middleware import SEEING
from dangol.identity.models import FactorRule, User


def sessions_in_force(session_keys: Iterable[str]) -> dict[str, User]:
    """Those of these sessions by which a page would be answered now, each with its user.

    The same questions as at every page: the session lives and has neither lasted nor been left alone too long, its user is
    active, its hash is the user's present one (another password, or "sign out everywhere", ends it), and no second factor
    is missing. Holding a connection open is no use of the session. A session that looks through another's eyes is none of
    these: what it would be told of, and where it would be seen, are its administrator's, not those of whom it looks as.

    Two queries, however many sessions; a third where administrators must have a second factor.
    """
    model = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    kept: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for row in model.objects.filter(pk__in=list(session_keys), expire_date__gt=timezone.now()):
        data = row.get_decoded()
        user_id = str(data.get(SESSION_KEY, ""))
        is_known = user_id.isdigit() and data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        if is_known and SEEING not in data:
            kept[row.pk] = int(user_id), data
    users = {
        user.pk: user
        for user in users_of_sessions().filter(pk__in={pk for pk, _data in kept.values()}, is_active=True)
    }
    bound = _bound_to_factor(users.values())
    return {
        key: users[user_id]
        for key, (user_id, data) in kept.items()
        if user_id in users
        and _is_present(users[user_id], str(data.get(HASH_SESSION_KEY, "")))
        and not sessions.is_over(data, sessions.rules_of(users[user_id]))
        and (user_id not in bound or data.get(sessions.FACTOR_ELSEWHERE))
    }


def _bound_to_factor(users: Iterable[User]) -> set[int]:
    """Those who must set up a second factor before anything else."""
    without = {user.pk: sessions.rules_of(user) for user in users if not _has_factor(user)}
    bound = {pk for pk, rules in without.items() if rules.second_factor == FactorRule.EVERYONE}
    asked = {pk for pk, rules in without.items() if rules.second_factor == FactorRule.ADMINISTRATORS}
    if asked:
        bound.update(selectors.administrators().filter(pk__in=asked).values_list("pk", flat=True))
    return bound


def _has_factor(user: User) -> bool:
    return bool(getattr(user, "has_second_factor", False))


def _is_present(user: User, hashed: str) -> bool:
    return any(
        constant_time_compare(hashed, known)
        for known in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )
