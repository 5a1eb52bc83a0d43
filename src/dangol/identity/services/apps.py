"""Programs of others that act for people: registering them, letting them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from allauth.idp.oidc.models import Client
from allauth.idp.oidc.models import Token as AccessToken
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor
from dangol.identity.models import App, Token, User
from dangol.identity.services import audit
from dangol.identity.services.tokens import MOST_PER_MINUTE, scopes_checked

LOOPBACK: Final = ("localhost", "127.0.0.1")
"""Where a program on one's own machine listens. Not [::1]: a content security policy cannot name it."""
MOST_ADDRESSES: Final = 10
LONGEST_ADDRESS: Final = 500
UNUSABLE: Final = "!"
"""No text has this as its hash."""
GRANT_TYPES: Final = ["authorization_code", "refresh_token"]


def app_save(
    *,
    actor: Actor,
    app: App | None = None,
    name: str,
    redirect_uris: Iterable[str],
    scopes: Iterable[str],
    is_public: bool = False,
    per_minute: int | None = None,
) -> tuple[App, str]:
    """Register an app, or change one. Scopes that are taken away end what people have let it do: they are asked anew.

    Args:
        actor: an administrator.
        app: the one to change; None for a new one.
        name: what people read when it asks them.
        redirect_uris: where people are sent back to: https, or http on one's own machine; compared exactly.
        scopes: the most it may ask for, such as ``customer:read``.
        is_public: it can keep no secret (runs in a browser or on a telephone); counts for a new one only.
        per_minute: calls a minute for each person; None means no limit.

    Returns:
        The app, and the secret of a new confidential one: shown once, kept as a hash. Else an empty text.

    Raises:
        PermissionDenied: not an administrator.
        ValidationError: no name, no address or one that is not safe, no scope or an unknown one, a limit out of range.
    """
    policies.require(policies.can_administer(actor), "app_save")
    uris, allowed, called = _addresses(redirect_uris), scopes_checked(scopes), name.strip()
    if not called or len(called) > 100 or not called.isprintable():
        raise ValidationError({"name": _("Write a name of at most 100 characters.")}, code="name")
    if not allowed:
        raise ValidationError({"scopes": _("Choose at least one.")}, code="scope")
    if per_minute is not None and not 1 <= per_minute <= MOST_PER_MINUTE:
        text = _("Write a whole number from %(least)s to %(most)s.")
        raise ValidationError({"per_minute": text % {"least": 1, "most": MOST_PER_MINUTE}}, code="range")
    secret = ""
    with transaction.atomic():
        if app is None:
            locked = App(created_by_id=actor.user_id, client=_new_client(is_public))
            before: dict[str, object] = {}
            if not is_public:
                secret = _give_secret(locked.client)
        else:
            locked = _lock(app)
            before = _facts(locked)
        client = locked.client
        taken_away = set(client.get_scopes()) - set(allowed) if app is not None else set()
        client.name = called
        client.set_redirect_uris(uris)
        client.set_scopes(allowed)
        client.save()
        locked.client, locked.per_minute = client, per_minute
        locked.save()
        locked.grants.filter(revoked_at=None).update(name=called, per_minute=per_minute)
        if taken_away:
            _end_grants(locked)
        difference = audit.differences(before, _facts(locked))
        if difference:
            audit.record(
                actor=actor, act="updated" if before else "created", target=locked, changes=difference
            )
    return locked, secret


def secret_renew(*, app: App, actor: Actor) -> str:
    """A new secret; the old one is worth nothing from now on. What people have let the app do stays.

    Raises:
        PermissionDenied: not an administrator.
        ValidationError: a public app has none.
    """
    policies.require(policies.can_administer(actor), "secret_renew")
    with transaction.atomic():
        locked = _lock(app)
        if locked.client.type == Client.Type.PUBLIC:
            raise ValidationError(_("A public app has no secret."), code="public")
        secret = _give_secret(locked.client)
        locked.client.save(update_fields=["secret"])
        audit.record(actor=actor, act="updated", target=locked, changes={"secret": ["•", "•"]})
    return secret


def app_switch(*, app: App, actor: Actor, on: bool) -> App:
    """Switch an app on or off. Off, none of its tokens is good; on again, those that have not run out are.

    Raises:
        PermissionDenied: not an administrator.
    """
    policies.require(policies.can_administer(actor), "app_switch")
    with transaction.atomic():
        locked = _lock(app)
        if locked.is_active != on:
            locked.is_active = on
            locked.save(update_fields=["is_active"])
            audit.record(actor=actor, act="updated", target=locked, changes={"is_active": [not on, on]})
    return locked


def app_delete(*, app: App, actor: Actor) -> None:
    """Take an app away, with all that people have let it do.

    Raises:
        PermissionDenied: not an administrator.
    """
    policies.require(policies.can_administer(actor), "app_delete")
    with transaction.atomic():
        locked = _lock(app)
        audit.record(actor=actor, act="deleted", target=locked)
        _end_grants(locked)
        locked.client.delete()  # and the app with it


def grant_make(*, app: App, user: User, scopes: Iterable[str], actor: Actor) -> Token:
    """Let an app act for oneself within scopes; what was allowed before stays allowed.

    Raises:
        PermissionDenied: for somebody else, or through another's eyes.
        ValidationError: an unknown scope, a user who is deactivated, an app that is switched off.
    """
    policies.require(actor.user_id == user.pk and actor.seen_by is None and not actor.through, "grant_make")
    wanted = scopes_checked(scopes)
    if not user.is_active or not app.is_active:
        raise ValidationError(_("This app is switched off."), code="inactive")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two consents at once: one after the other
        grant = Token.objects.filter(user=user, app=app, revoked_at=None).first()
        before = {"scopes": grant.scopes if grant else None}
        if grant is None:
            grant = Token(
                user=user, app=app, prefix=secrets.token_hex(4), created_by_id=user.pk, scopes=[]
            )  # without digest: no text is its secret
        grant.name, grant.per_minute = app.client.name, app.per_minute
        grant.scopes = sorted({*(grant.scopes or ()), *wanted})
        grant.save()
        if grant.scopes != before["scopes"]:
            audit.record(
                actor=actor, act="allowed", target=grant, changes={"scopes": [before["scopes"], grant.scopes]}
            )
    return grant


def _lock(app: App) -> App:
    return App.objects.select_for_update(of=("self",)).select_related("client").get(pk=app.pk)


def _new_client(is_public: bool) -> Client:
    client = Client(type=Client.Type.PUBLIC if is_public else Client.Type.CONFIDENTIAL, secret=UNUSABLE)
    client.set_grant_types(GRANT_TYPES)
    client.set_response_types(["code"])
    return client


def _give_secret(client: Client) -> str:
    secret = f"dgs_{secrets.token_urlsafe(32)}"
    client.set_secret(secret)
    return secret


def _end_grants(app: App) -> None:
    app.grants.filter(revoked_at=None).update(revoked_at=timezone.now())
    AccessToken.objects.filter(client_id=app.client_id).delete()


def _facts(app: App) -> dict[str, object]:
    return {
        "name": app.client.name,
        "kind": app.client.type,
        "redirect_uris": app.client.get_redirect_uris(),
        "scopes": app.client.get_scopes(),
        "per_minute": app.per_minute,
    }


def _addresses(texts: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not found or len(found) > MOST_ADDRESSES:
        raise ValidationError(
            {"redirect_uris": _("Write one to %(most)s addresses.") % {"most": MOST_ADDRESSES}}, code="count"
        )
    for text in found:
        if not is_safe_address(text):
            raise ValidationError(
                {
                    "redirect_uris": _(
                        "“%(text)s” is no safe address. Write it as https://…, or http://127.0.0.1 for a program on "
                        "one's own machine, without # and *."
                    )
                    % {"text": text[:100]}
                },
                code="address",
            )
    return found


def is_safe_address(text: str) -> bool:
    """May people be sent back there with a code: https, or http on their own machine; nothing that browsers read otherwise."""
    if len(text) > LONGEST_ADDRESS or not text.isascii() or not text.isprintable():
        return False
    if set(text) & set(" \\#*\"'<>;,`{}|^"):
        return False
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.netloc.endswith(":") or not host.strip("."):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
