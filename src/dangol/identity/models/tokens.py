"""Keys that programs sign in with."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.identity.models.apps import App
from dangol.identity.models.roles import Action
from dangol.identity.models.users import User


def token_digest(secret: str) -> str:
    """SHA-256 of the secret. Enough without salt or stretching: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Token(models.Model):
    """An API token, the key of one integration: acts as its user, perhaps with fewer rights. The secret is never stored.

    ``actions`` empty (NULL) means: all that the user may do. ``scopes`` narrow that further: texts such as
    ``customer:read`` or ``*:write`` (see `identity.scopes`). ``networks`` are those it may be used from, ``per_minute`` the
    calls it may make in a minute; empty (NULL) for any. With an ``app`` it is what the user has let that app do: nobody holds
    it, the app's access tokens stand for it.
    """

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    actions = ArrayField(
        models.CharField(max_length=20, choices=Action.choices),
        null=True,
        blank=True,
        verbose_name=_("actions"),
    )
    scopes = ArrayField(models.CharField(max_length=110), null=True, blank=True, verbose_name=_("scopes"))
    networks = ArrayField(models.CharField(max_length=50), null=True, blank=True, verbose_name=_("networks"))
    per_minute = models.PositiveIntegerField(_("calls a minute"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    app = models.ForeignKey(App, on_delete=models.SET_NULL, null=True, blank=True, related_name="grants")

    class Meta:
        db_table = "identity_token"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "app"],
                condition=models.Q(revoked_at=None),
                name="identity_token_one_live_grant",
            )
        ]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name if self.app_id else f"{self.name} (dgl_{self.prefix}_…)"

    def is_usable(self, now: datetime) -> bool:
        """Neither revoked nor expired at that moment, and of no app that is switched off."""
        if self.revoked_at is not None or (self.expires_at is not None and self.expires_at <= now):
            return False
        return self.app is None or self.app.is_active

    def is_secret(self, secret: str) -> bool:
        """Is this the secret that the token was made with. Takes the same time whatever the answer."""
        return hmac.compare_digest(self.digest, token_digest(secret))


class TokenUse(models.Model):
    """How many calls a token has made in the minute that is running. An unlogged table: after a crash it is empty."""

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="use")
    minute = models.BigIntegerField()
    calls = models.PositiveIntegerField()

    class Meta:
        db_table = "identity_token_use"

    def __str__(self) -> str:
        return f"{self.token_id}: {self.calls}"
