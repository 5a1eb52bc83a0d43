"""Users: create, change, deactivate, passwords and sessions."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, TypedDict, Unpack

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor
from dangol.identity.models import Role, SignInPolicy, Team, Territory, Token, User
from dangol.identity.services import audit

OWN_FIELDS = frozenset({"name", "language", "time_zone", "theme"})
# Without the letters and digits that people mix up when they read a password aloud.
_READABLE = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class UserFields(TypedDict, total=False):
    """What can be changed of a user by ``user_update``."""

    email: str
    name: str
    language: str
    time_zone: str
    theme: str
    team: Team | None
    territory: Territory | None
    is_administrator: bool
    roles: Iterable[Role]


def password_generate() -> str:
    """A password that nobody guesses (about 93 bits) and that can be read aloud."""
    letters = "".join(secrets.choice(_READABLE) for _letter in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def user_create(
    *,
    actor: Actor,
    email: str,
    name: str,
    password: str | None = None,
    language: str = "ko",
    time_zone: str = "Asia/Seoul",
    theme: str = "auto",
    team: Team | None = None,
    territory: Territory | None = None,
    roles: Iterable[Role] = (),
    is_administrator: bool = False,
) -> User:
    """Add a user. Without a password the user cannot sign in until one is set.

    Raises:
        PermissionDenied: the actor may not administer, or is no administrator and makes one.
        ValidationError: per field, what is wrong.
    """
    policies.require(policies.can_administer(actor), "user_create")
    policies.require(actor.is_administrator or not is_administrator, "user_create")
    user = User(
        email=email.strip().lower(),
        name=name.strip(),
        language=language,
        time_zone=time_zone,
        theme=theme,
        team=team,
        territory=territory,
        is_administrator=is_administrator,
    )
    _check_password(password, user)
    user.set_password(password)
    user.full_clean()
    with transaction.atomic():
        user.save()
        user.roles.set(roles)
        audit.record(actor=actor, act="created", target=user, changes=audit.differences({}, _facts(user)))
    return user


def user_update(*, user: User, actor: Actor, **changes: Unpack[UserFields]) -> User:
    """Change a user; people may change their own name, language, time zone and theme.

    Raises:
        PermissionDenied: neither the user nor allowed to administer.
        ValidationError: per field what is wrong; also when nobody would be left as administrator.
    """
    if set(changes) <= OWN_FIELDS:
        policies.require(policies.can_change_own(actor, user), "user_update")
    else:
        policies.require(policies.can_change_user(actor, user), "user_update")
    with transaction.atomic():
        locked = _lock(user)
        if changes.get("is_administrator", locked.is_administrator) != locked.is_administrator:
            policies.require(actor.is_administrator, "user_update")
            if locked.is_administrator:
                _require_another_administrator(locked)
                _require_another_door(locked)
        before = _facts(locked)
        old_email = locked.email
        roles = changes.pop("roles", None)
        for field, value in changes.items():
            setattr(locked, field, value.strip() if isinstance(value, str) else value)
        locked.email = locked.email.lower()
        locked.full_clean()
        locked.save()
        if roles is not None:
            locked.roles.set(roles)
        if locked.email != old_email:
            # allauth would still accept an address that it once noted down.
            EmailAddress.objects.filter(user=locked).delete()
        difference = audit.differences(before, _facts(locked))
        if difference:
            audit.record(actor=actor, act="updated", target=locked, changes=difference)
    return locked


def user_deactivate(*, user: User, actor: Actor) -> User:
    """Shut a user out at once: no sign-in, all sessions ended, all API tokens revoked.

    Raises:
        PermissionDenied: not allowed to administer.
        ValidationError: it is the actor, or the last administrator.
    """
    policies.require(policies.can_change_user(actor, user), "user_deactivate")
    if user.pk == actor.user_id:
        raise ValidationError(_("You cannot deactivate yourself."), code="self")
    with transaction.atomic():
        locked = _lock(user)
        if not locked.is_active:
            return locked
        if locked.is_administrator:
            _require_another_administrator(locked)
            _require_another_door(locked)
        locked.is_active = False
        _end_sessions(locked)
        locked.save(update_fields=["is_active", "session_generation"])
        revoked = Token.objects.filter(user=locked, revoked_at=None).update(revoked_at=timezone.now())
        audit.record(actor=actor, act="deactivated", target=locked, changes={"tokens_revoked": [0, revoked]})
    return locked


def user_activate(*, user: User, actor: Actor) -> User:
    """Let a deactivated user sign in again. Old sessions and tokens stay dead.

    Raises:
        PermissionDenied: not allowed to administer.
    """
    policies.require(policies.can_change_user(actor, user), "user_activate")
    with transaction.atomic():
        locked = _lock(user)
        if not locked.is_active:
            locked.is_active = True
            locked.save(update_fields=["is_active"])
            audit.record(actor=actor, act="activated", target=locked)
    return locked


def user_set_password(*, user: User, password: str, actor: Actor) -> User:
    """Set a password; every session of the user ends (a page may keep its own alive). API tokens stay.

    Length and the list of common passwords decide, as NIST SP 800-63B section 5.1.1.2 advises; no rules
    about kinds of letters, no expiry.

    Raises:
        PermissionDenied: neither the user nor allowed to administer.
        ValidationError: the password is too short or too common.
    """
    policies.require(policies.can_change_own(actor, user), "user_set_password")
    _check_password(password, user)
    with transaction.atomic():
        locked = _lock(user)
        locked.set_password(password)
        locked.save(update_fields=["password"])
        UserSession.objects.filter(user=locked).delete()
        audit.record(actor=actor, act="password_set", target=locked)
    user.password = locked.password
    return locked


def user_end_sessions(*, user: User, actor: Actor) -> User:
    """Sign the user out everywhere (a page may keep its own session alive).

    Raises:
        PermissionDenied: neither the user nor allowed to administer.
    """
    policies.require(policies.can_change_own(actor, user), "user_end_sessions")
    with transaction.atomic():
        locked = _lock(user)
        _end_sessions(locked)
        locked.save(update_fields=["session_generation"])
        audit.record(actor=actor, act="sessions_ended", target=locked)
    user.session_generation = locked.session_generation
    return locked


def _lock(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _end_sessions(user: User) -> None:
    # Sessions carry a hash of this number: another one, and none of them is valid any more.
    user.session_generation += 1
    UserSession.objects.filter(user=user).delete()


def _require_another_administrator(user: User) -> None:
    administrators = User.objects.select_for_update().filter(is_administrator=True, is_active=True)
    if not any(other.pk != user.pk for other in administrators.order_by("pk")):
        raise ValidationError(
            {
                "is_administrator": ValidationError(
                    _("This is the last administrator. Make another one first."), code="last_administrator"
                )
            }
        )


def _require_another_door(user: User) -> None:
    policy = SignInPolicy.current()
    if policy.providers_only and policy.break_glass_id == user.pk:
        raise ValidationError(
            _(
                "This is the emergency administrator while people sign in through providers only."
                " Name another one in the sign-in policy first."
            ),
            code="break_glass",
        )


def _check_password(password: str | None, user: User) -> None:
    if password is None:
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.error_list}) from error


def _facts(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "team": user.team.name if user.team else None,
        "territory": user.territory.name if user.territory else None,
        "is_administrator": user.is_administrator,
        "roles": sorted(user.roles.values_list("code", flat=True)) if user.pk else [],
    }
