"""Who may change whose access."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from dangol.identity.actors import Actor, may_administer
from dangol.identity.models import User


def can_administer(actor: Actor) -> bool:
    """May the actor change users, roles, teams and territories."""
    return may_administer(actor) and actor.seen_by is None


def can_change_user(actor: Actor, user: User) -> bool:
    """May the actor change this user: administrators are changed by administrators only.

    Else somebody who merely manages users could set an administrator's password and become one.
    """
    return can_administer(actor) and (actor.is_administrator or not user.is_administrator)


def can_change_own(actor: Actor, user: User) -> bool:
    """May the actor change this user's own things: the user, or whoever may change the user."""
    if actor.seen_by is not None:
        return False  # somebody else looks through this person's eyes
    return (actor.user_id is not None and actor.user_id == user.pk) or can_change_user(actor, user)


def require(allowed: bool, act: str) -> None:
    """Raise PermissionDenied, naming the act, unless allowed."""
    if not allowed:
        raise PermissionDenied(act)
