"""Programs of others that act for people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.identity.models.users import User


class App(models.Model):
    """A program of somebody else, registered to act for those who let it (OAuth 2.0).

    Its name, addresses, scopes and hashed secret stand in the `client`, where allauth's protocol looks for them. Somebody's
    consent is a `Token` with this app: access tokens of the protocol stand for that token.
    """

    id = models.BigAutoField(primary_key=True)
    client = models.OneToOneField("allauth_idp_oidc.Client", models.CASCADE, related_name="app")
    per_minute = models.PositiveIntegerField(_("calls a minute"), null=True, blank=True)
    is_active = models.BooleanField(_("switched on"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        db_table = "identity_app"
        ordering = ["id"]
        verbose_name = _("app")
        verbose_name_plural = _("apps")

    def __str__(self) -> str:
        return str(self.client.name)
