"""API tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_network

from allauth.idp.oidc.models import Token as AccessToken
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor
from dangol.identity.models import Token, User
from dangol.identity.models.tokens import token_digest
from dangol.identity.scopes import UnknownScope, rights_of
from dangol.identity.services import audit

SECRET_BYTES = 32
MOST_PER_MINUTE = 100_000
USE_NOTED_EVERY = timedelta(minutes=1)


def token_create(
    *,
    user: User,
    name: str,
    actor: Actor,
    actions: Iterable[str] | None = None,
    scopes: Iterable[str] | None = None,
    networks: Iterable[str] | None = None,
    per_minute: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make an API token for a user; the text returned is shown once and kept nowhere.

    Args:
        user: whom the token acts as.
        name: what it is for.
        actor: the user, an administrator, or the command line.
        actions: only these (such as ``view``); None means all that the user may.
        scopes: only what these name of the user's rights, such as ``customer:read``; None means all.
        networks: only from these addresses or networks, such as ``203.0.113.0/24``; None means from anywhere.
        per_minute: at most so many calls a minute; None means no limit.
        expires_at: when it ends (aware); None means never.

    Returns:
        The token, and its text ``dgl_<prefix>_<secret>``.

    Raises:
        PermissionDenied: a token for somebody else, by somebody who is no administrator.
        ValidationError: no name, an unknown action or scope, no network, an end in the past, or an inactive user.
    """
    policies.require(
        (actor.is_administrator or actor.user_id == user.pk) and actor.seen_by is None, "token_create"
    )
    if not user.is_active:
        raise ValidationError(_("This user is deactivated."), code="inactive")
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": _("Choose a day in the future.")}, code="past")
    if per_minute is not None and not 1 <= per_minute <= MOST_PER_MINUTE:
        text = _("Write a whole number from %(least)s to %(most)s.")
        raise ValidationError({"per_minute": text % {"least": 1, "most": MOST_PER_MINUTE}}, code="range")
    prefix, secret = secrets.token_hex(4), secrets.token_hex(SECRET_BYTES)
    token = Token(
        user=user,
        name=name.strip(),
        prefix=prefix,
        digest=token_digest(secret),
        actions=None if actions is None else sorted(set(actions)),
        scopes=None if scopes is None else scopes_checked(scopes),
        networks=None if networks is None else _networks(networks),
        per_minute=per_minute,
        expires_at=expires_at,
        created_by_id=actor.user_id,
    )
    token.full_clean()
    with transaction.atomic():
        token.save()
        audit.record(
            actor=actor,
            act="created",
            target=token,
            changes={
                "user": [None, user.email],
                "actions": [None, token.actions],
                "scopes": [None, token.scopes],
                "networks": [None, token.networks],
                "per_minute": [None, token.per_minute],
                "expires_at": [None, expires_at.isoformat() if expires_at else None],
            },
        )
    return token, f"dgl_{prefix}_{secret}"


def scopes_checked(scopes: Iterable[str]) -> list[str]:
    """Scopes in order, each once. Raises ValidationError (field ``scopes``) for a text that is none."""
    found = sorted(set(scopes))
    try:
        rights_of(found)
    except UnknownScope as error:
        raise ValidationError(
            {
                "scopes": _("“%(scope)s” is no scope. Write them as customer:read or *:write.")
                % {"scope": error}
            },
            code="scope",
        ) from None
    return found


def _networks(networks: Iterable[str]) -> list[str]:
    found = []
    for text in networks:
        try:
            found.append(str(ip_network(text.strip(), strict=False)))
        except ValueError:
            raise ValidationError(
                {
                    "networks": _("“%(text)s” is no address or network. Write it as 203.0.113.0/24.")
                    % {"text": text[:50]}
                },
                code="network",
            ) from None
    return found


def token_revoke(*, token: Token, actor: Actor) -> Token:
    """End a token at once; one that an app has, with all its access tokens.

    Raises:
        PermissionDenied: neither the token's user nor allowed to administer that user.
    """
    policies.require(policies.can_change_own(actor, token.user), "token_revoke")
    with transaction.atomic():
        locked = Token.objects.select_for_update().get(pk=token.pk)
        if locked.revoked_at is None:
            locked.revoked_at = timezone.now()
            locked.save(update_fields=["revoked_at"])
            if locked.app is not None:
                AccessToken.objects.filter(client_id=locked.app.client_id, user_id=locked.user_id).delete()
            audit.record(actor=actor, act="revoked", target=locked)
    return locked


def token_used(*, token: Token) -> None:
    """Note that a token was used, at most once a minute: a busy program must not write at every call."""
    now = timezone.now()
    if token.last_used_at is not None and now - token.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
