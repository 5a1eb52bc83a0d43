"""How people sign in: the policy of the company, and the providers that vouch for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _

from dangol.identity.models.roles import Role
from dangol.identity.models.trees import Team
from dangol.identity.models.users import User

SHORTEST_PASSWORD = 8
USUAL_PASSWORD = 10


class FactorRule(models.TextChoices):
    """Who must show a second factor beside the password."""

    NOBODY = "nobody", _("Nobody")
    ADMINISTRATORS = "administrators", _("Those who administer")
    EVERYONE = "everyone", _("Everyone")


class SignInPolicy(models.Model):
    """The rules of signing in; one row at most. While there is none, the defaults hold.

    ``session_hours`` 0: as long as the setting ``DANGOL_SESSION_DAYS`` says. ``idle_minutes`` 0: however long nothing
    is done. ``providers_only`` shuts passwords and passkeys out, except for ``break_glass``.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    second_factor = models.CharField(
        _("second factor"), max_length=20, choices=FactorRule.choices, default=FactorRule.NOBODY
    )
    session_hours = models.PositiveIntegerField(
        _("session length"), default=0, validators=[MaxValueValidator(24 * 366)]
    )
    idle_minutes = models.PositiveIntegerField(
        _("idle time"), default=0, validators=[MaxValueValidator(60 * 24 * 31)]
    )
    password_length = models.PositiveSmallIntegerField(
        _("password length"),
        default=USUAL_PASSWORD,
        validators=[MinValueValidator(SHORTEST_PASSWORD), MaxValueValidator(64)],
    )
    mail_domains = ArrayField(
        models.CharField(max_length=253), default=list, blank=True, verbose_name=_("mail domains")
    )
    providers_only = models.BooleanField(_("only through providers"), default=False)
    break_glass = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("emergency administrator"),
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "identity_sign_in_policy"
        verbose_name = _("sign-in policy")
        verbose_name_plural = _("sign-in policies")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="sign_in_policy_one_row"),
            models.CheckConstraint(
                condition=models.Q(second_factor__in=FactorRule.values), name="sign_in_policy_factor_known"
            ),
            models.CheckConstraint(
                condition=models.Q(providers_only=False) | models.Q(break_glass__isnull=False),
                name="sign_in_policy_keeps_a_door",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Sign-in policy"))

    @classmethod
    def current(cls) -> SignInPolicy:
        """The policy in force. One query."""
        return cls.objects.filter(pk=1).first() or cls()


@dataclass(frozen=True)
class SessionRules:
    """What of the policy every request is held to."""

    second_factor: str = FactorRule.NOBODY.value
    session_hours: int = 0
    idle_minutes: int = 0

    @classmethod
    def from_row(cls, row: dict[str, Any] | None) -> SessionRules:
        """From what `session_rules` gives; the defaults when there is no row."""
        return cls(**row) if row else cls()


def session_rules() -> models.QuerySet[SignInPolicy, Any]:
    """The same for a subquery, so that it comes along with the user and costs no query of its own."""
    return SignInPolicy.objects.filter(pk=1).values(
        rules=JSONObject(
            second_factor="second_factor", session_hours="session_hours", idle_minutes="idle_minutes"
        )
    )


class SignInProvider(models.Model):
    """Somebody who vouches for people: an OpenID Connect or SAML provider, Kakao, Naver or Google.

    What the protocol needs stands in allauth's ``SocialApp``; the client secret lies sealed in its settings.
    ``trusts_mail``: its addresses within the allowed mail domains count as verified although it does not say so.
    ``checks_factor``: it asks for a second factor itself, so that none is asked here.
    """

    id = models.BigAutoField(primary_key=True)
    app = models.OneToOneField("socialaccount.SocialApp", on_delete=models.CASCADE, related_name="sign_in")
    is_active = models.BooleanField(_("active"), default=False)
    makes_accounts = models.BooleanField(_("makes accounts"), default=False)
    role = models.ForeignKey(
        Role, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("role")
    )
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    trusts_mail = models.BooleanField(_("trust its addresses"), default=False)
    checks_factor = models.BooleanField(_("checks the second factor"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "identity_sign_in_provider"
        ordering = ["id"]
        verbose_name = _("sign-in provider")
        verbose_name_plural = _("sign-in providers")

    def __str__(self) -> str:
        return str(self.app.name)

    @property
    def kind(self) -> str:
        """``openid_connect``, ``saml``, ``kakao``, ``naver`` or ``google``."""
        return str(self.app.provider)

    @property
    def key(self) -> str:
        """The name in addresses, and in the accounts it vouches for."""
        return str(self.app.provider_id or self.app.provider)
