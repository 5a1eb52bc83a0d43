"""Second factors and single sessions."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from dangol.identity import policies
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import User
from dangol.identity.services import audit


def factor_changed(*, user: User, actor: Actor, act: str, name: str = "") -> User:
    """Note that a second factor came or went; every session of the user ends (a page may keep its own alive).

    Args:
        user: whose factor it is.
        actor: the user.
        act: ``totp_added``, ``totp_removed``, ``passkey_added``, ``passkey_removed`` or ``codes_made``.
        name: what the user calls the passkey.

    Raises:
        PermissionDenied: neither the user nor allowed to administer.
    """
    policies.require(policies.can_change_own(actor, user), "factor_changed")
    with transaction.atomic():
        locked = _ended(user)
        audit.record(actor=actor, act=act, target=locked, changes={"name": [None, name]} if name else {})
    user.session_generation = locked.session_generation
    return locked


def factors_reset(*, user: User, actor: Actor) -> int:
    """Take all second factors, recovery codes included, from somebody who lost them; all sessions end.

    Returns:
        How many there were.

    Raises:
        PermissionDenied: not allowed to administer this user.
    """
    policies.require(policies.can_change_user(actor, user), "factors_reset")
    with transaction.atomic():
        locked = _ended(user)
        factors = Authenticator.objects.filter(user=locked)
        kinds = sorted(factors.values_list("type", flat=True))
        factors.delete()
        audit.record(actor=actor, act="factors_reset", target=locked, changes={"factors": [kinds, []]})
    user.session_generation = locked.session_generation
    return len(kinds)


def session_end(*, session: UserSession, actor: Actor) -> None:
    """End one session at once: its next request finds nobody signed in.

    Raises:
        PermissionDenied: neither the session's user nor allowed to administer that user.
    """
    policies.require(policies.can_change_own(actor, session.user), "session_end")
    with transaction.atomic():
        where: dict[str, Any] = {"address": [session.ip, None], "device": [session.user_agent[:200], None]}
        audit.record(actor=actor, act="session_ended", target=session.user, changes=where)
        session.end()


def _ended(user: User) -> User:
    locked = User.objects.select_for_update().get(pk=user.pk)
    # Sessions carry a hash of this number: another one, and none of them is valid any more.
    locked.session_generation += 1
    locked.save(update_fields=["session_generation"])
    UserSession.objects.filter(user=locked).delete()
    return locked


def recovery_code_used(*, user: User, left: int) -> None:
    """Note that somebody got in with a recovery code, and how many are left."""
    audit.record(
        actor=actor_for(user), act="recovery_code_used", target=user, changes={"codes_left": [left + 1, left]}
    )
