"""The sign-in policy, and the providers that vouch for people."""

from __future__ import annotations

import re
from typing import Any, TypedDict, Unpack

from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import Role, SignInPolicy, SignInProvider, Team, User
from dangol.identity.services import audit
from dangol.identity.services.users import user_create
from dangol.outbound.sealing import seal

SECRET_PURPOSE = "sign-in provider"  # noqa: S105 - a purpose, no secret
SEALED = "sealed_secret"
FIXED_KINDS = ("kakao", "naver", "google")
KINDS = ("openid_connect", "saml", *FIXED_KINDS)
_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class PolicyFields(TypedDict, total=False):
    """What can be changed of the sign-in policy."""

    second_factor: str
    session_hours: int
    idle_minutes: int
    password_length: int
    mail_domains: list[str]
    providers_only: bool
    break_glass: User | None


class ProviderFields(TypedDict):
    """What a provider is told by: ``details`` is what its protocol needs, in the words of allauth."""

    name: str
    client_id: str
    details: dict[str, Any]
    is_active: bool
    makes_accounts: bool
    role: Role | None
    team: Team | None
    trusts_mail: bool
    checks_factor: bool


def policy_save(*, actor: Actor, **changes: Unpack[PolicyFields]) -> SignInPolicy:
    """Change the sign-in policy; in force from the next request.

    Raises:
        PermissionDenied: the actor is no administrator.
        ValidationError: per field what is wrong; also when nobody could get in any more.
    """
    policies.require(actor.is_administrator, "policy_save")
    with transaction.atomic():
        SignInPolicy.objects.get_or_create(pk=1)
        policy = SignInPolicy.objects.select_for_update().get(pk=1)
        before = _policy_facts(policy)
        for field, value in changes.items():
            setattr(policy, field, value)
        policy.mail_domains = _domains(policy.mail_domains)
        policy.full_clean(validate_constraints=False)
        if policy.providers_only:
            _require_doors(policy)
        policy.save()
        difference = audit.differences(before, _policy_facts(policy))
        if difference:
            audit.record(actor=actor, act="updated", target=policy, changes=difference)
    return policy


def provider_save(
    *,
    actor: Actor,
    kind: str,
    key: str,
    secret: str,
    provider: SignInProvider | None = None,
    **fields: Unpack[ProviderFields],
) -> SignInProvider:
    """Add a provider, or change one; in force from the next sign-in.

    Args:
        actor: an administrator.
        kind: ``openid_connect``, ``saml``, ``kakao``, ``naver`` or ``google``.
        key: name in addresses; for Kakao, Naver and Google it is the kind. It cannot change later, since accounts hang
            on it.
        secret: the client secret; empty keeps what there is.
        provider: the provider to change; a new one when not given.
        fields: the rest, see ``ProviderFields``.

    Raises:
        PermissionDenied: the actor is no administrator.
        ValidationError: per field what is wrong; also when the last active provider would go while people sign in
            through providers only.
    """
    policies.require(actor.is_administrator, "provider_save")
    with transaction.atomic():
        if provider is None:
            provider = SignInProvider(app=_new_app(kind, key))
            before: dict[str, Any] = {}
        else:
            found = SignInProvider.objects.select_related("app", "role", "team")
            provider = found.select_for_update(of=("self",)).get(pk=provider.pk)
            before = _provider_facts(provider)
        is_new = provider.pk is None
        app, old = provider.app, provider.app.settings
        app.name, app.client_id = fields["name"].strip(), fields["client_id"].strip()
        if provider.kind == "saml":
            app.client_id = app.provider_id  # allauth finds a SAML provider by this
        app.settings = {
            **fields["details"],
            SEALED: seal(secret, purpose=SECRET_PURPOSE) if secret else old.get(SEALED, ""),
        }
        provider.is_active, provider.makes_accounts = fields["is_active"], fields["makes_accounts"]
        provider.role, provider.team = fields["role"], fields["team"]
        provider.trusts_mail, provider.checks_factor = fields["trusts_mail"], fields["checks_factor"]
        _check_provider(provider)
        app.save()
        provider.app = app
        provider.full_clean()
        provider.save()
        _require_doors_stay()
        after = _provider_facts(provider) | ({"secret": "***"} if secret else {})
        difference = audit.differences(before, after)
        if difference:
            act = "created" if is_new else "updated"
            audit.record(actor=actor, act=act, target=provider, changes=difference)
    return provider


def provider_delete(*, provider: SignInProvider, actor: Actor) -> None:
    """Delete a provider with the links of the people it vouched for; the people stay.

    Raises:
        PermissionDenied: the actor is no administrator.
        ValidationError: it is the last active one while people sign in through providers only.
    """
    policies.require(actor.is_administrator, "provider_delete")
    with transaction.atomic():
        accounts = SocialAccount.objects.filter(provider=provider.key)
        links = accounts.count()
        audit.record(actor=actor, act="deleted", target=provider, changes={"accounts": [links, 0]})
        accounts.delete()
        provider.app.delete()
        _require_doors_stay()


def account_connect(
    *, account: SocialAccount, user: User, provider: SignInProvider, request_id: str = ""
) -> None:
    """Let a provider vouch for a user from now on, because it proved the user's address."""
    with transaction.atomic():
        account.user = user
        account.save()
        audit.record(
            actor=actor_for(user, request_id=request_id),
            act="provider_connected",
            target=user,
            changes={"provider": [None, provider.app.name], "subject": [None, account.uid]},
        )


def account_disconnect(*, account: SocialAccount, actor: Actor) -> None:
    """Take the link to a provider from a user.

    Raises:
        PermissionDenied: neither the user nor allowed to administer.
    """
    policies.require(policies.can_change_own(actor, account.user), "account_disconnect")
    with transaction.atomic():
        changes = {"provider": [account.provider, None], "subject": [account.uid, None]}
        audit.record(actor=actor, act="provider_disconnected", target=account.user, changes=changes)
        account.delete()


def user_create_for_provider(
    *, provider: SignInProvider, email: str, name: str, language: str, request_id: str = ""
) -> User:
    """An account for somebody whom a provider vouches for, with the provider's role and team; never an administrator.

    Raises:
        ValidationError: the address or the name cannot be used.
    """
    actor = Actor.system(provider.app.name, request_id=request_id)
    return user_create(
        actor=actor,
        email=email,
        name=name[:100] or email.partition("@")[0],
        language=language,
        team=provider.team,
        roles=[provider.role] if provider.role else [],
    )


def _new_app(kind: str, key: str) -> SocialApp:
    if kind not in KINDS:
        raise ValidationError({"kind": _("There is no such kind of provider.")})
    if kind in FIXED_KINDS:
        if SocialApp.objects.filter(provider=kind).exists():
            raise ValidationError(_("This provider is there already."), code="taken")
        return SocialApp(provider=kind)
    key = key.strip()
    if not _KEY.fullmatch(key) or key in KINDS:
        raise ValidationError(
            {"key": _("Small Latin letters, digits and hyphens only, and no name of another provider.")}
        )
    if SocialApp.objects.filter(provider_id=key).exists():
        raise ValidationError({"key": _("This name is taken.")})
    return SocialApp(provider=kind, provider_id=key)


def _check_provider(provider: SignInProvider) -> None:
    problems: dict[str, list[str]] = {}
    if not provider.app.name:
        problems["name"] = [_("Give it a name.")]
    if provider.kind != "saml":
        if not provider.app.client_id:
            problems["client_id"] = [_("The provider tells you this value.")]
        if not provider.app.settings.get(SEALED):
            problems["secret"] = [_("The provider tells you this value.")]
    if provider.trusts_mail and not SignInPolicy.current().mail_domains:
        problems["trusts_mail"] = [
            _(
                "Name the allowed mail domains in the sign-in policy first: only there its addresses are trusted."
            )
        ]
    if problems:
        raise ValidationError(problems)


def _require_doors(policy: SignInPolicy) -> None:
    if not SignInProvider.objects.filter(is_active=True).exists():
        raise ValidationError({"providers_only": _("Set up and switch on a provider first.")})
    keeper = policy.break_glass
    if keeper is None or not (keeper.is_active and keeper.is_administrator and keeper.has_usable_password()):
        raise ValidationError(
            {
                "break_glass": _(
                    "Choose an active administrator with a password: when the provider fails, somebody must get in."
                )
            }
        )


def _require_doors_stay() -> None:
    if SignInPolicy.current().providers_only and not SignInProvider.objects.filter(is_active=True).exists():
        raise ValidationError(
            _(
                "This is the last provider, and people sign in through providers only. Change the policy first."
            ),
            code="last_provider",
        )


def _domains(values: list[str]) -> list[str]:
    domains = list(dict.fromkeys(value.strip().lower().lstrip("@") for value in values if value.strip()))
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            message = _("%(value)s is not a domain; write it like example.com.")
            raise ValidationError({"mail_domains": ValidationError(message, params={"value": domain})})
    return domains


def _policy_facts(policy: SignInPolicy) -> dict[str, Any]:
    return {
        "second_factor": policy.second_factor,
        "session_hours": policy.session_hours,
        "idle_minutes": policy.idle_minutes,
        "password_length": policy.password_length,
        "mail_domains": list(policy.mail_domains),
        "providers_only": policy.providers_only,
        "break_glass": policy.break_glass.email if policy.break_glass else None,
    }


def _provider_facts(provider: SignInProvider) -> dict[str, Any]:
    details = {key: str(value) for key, value in provider.app.settings.items() if key != SEALED}
    return {
        "kind": provider.kind,
        "name": provider.app.name,
        "client_id": provider.app.client_id,
        "details": sorted(f"{key}={value}"[:300] for key, value in details.items()),
        "is_active": provider.is_active,
        "makes_accounts": provider.makes_accounts,
        "role": provider.role.code if provider.role else None,
        "team": provider.team.name if provider.team else None,
        "trusts_mail": provider.trusts_mail,
        "checks_factor": provider.checks_factor,
    }
