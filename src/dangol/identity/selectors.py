"""Reading who is here: users, trees, roles, tokens, the access log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from allauth.idp.oidc.models import Token as AccessToken
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from dangol.identity.models import AccessChange, App, Role, SignInProvider, Team, Territory, Token, User
from dangol.identity.models.roles import EVERY_TYPE, Action
from dangol.identity.models.tokens import token_digest

NodeT = TypeVar("NodeT", Team, Territory)
ACCESS_PREFIX: Final = "dga_"
RECOVERY_CODES: Final = int(mfa_settings.RECOVERY_CODE_COUNT)


@dataclass(frozen=True)
class Branch(Generic[NodeT]):
    """A node of a tree with its depth (the top is 0) and how many active users stand in it directly."""

    node: NodeT
    depth: int
    members: int

    @property
    def shown_depth(self) -> int:
        """The depth a page indents by: deeper than five is drawn like five."""
        return min(self.depth, 5)


def tree(model: type[NodeT]) -> list[Branch[NodeT]]:
    """A whole tree in the order to show it: each node, then what lies below it. One query."""
    members = Count("members", filter=Q(members__is_active=True))
    children: dict[int | None, list[tuple[NodeT, int]]] = {}
    for row in model.objects.annotate(member_count=members).order_by("name", "pk"):
        children.setdefault(row.parent_id, []).append((row, row.member_count))
    branches: list[Branch[NodeT]] = []
    stack = [(node, count, 0) for node, count in reversed(children.get(None, []))]
    while stack:
        node, count, depth = stack.pop()
        branches.append(Branch(node=node, depth=depth, members=count))
        stack.extend((child, below, depth + 1) for child, below in reversed(children.get(node.pk, [])))
    return branches


def users(*, text: str = "", active: bool | None = True) -> QuerySet[User]:
    """Users by name, with team, territory and roles. Three queries when read.

    Args:
        text: part of the name or the address.
        active: only active ones, only deactivated ones, or (None) both.
    """
    found = User.objects.select_related("team", "territory").prefetch_related("roles").order_by("name", "pk")
    if active is not None:
        found = found.filter(is_active=active)
    if text.strip():
        found = found.filter(Q(name__icontains=text.strip()) | Q(email__icontains=text.strip()))
    return found


def administrators() -> QuerySet[User]:
    """The active people who administer: by themselves or by one of their roles. Lazy."""
    by_role = User.objects.filter(
        roles__grants__record_type=EVERY_TYPE, roles__grants__action=Action.ADMINISTER
    ).values("pk")
    return User.objects.filter(Q(is_administrator=True) | Q(pk__in=by_role), is_active=True)


def roles() -> QuerySet[Role]:
    """Roles with the number of active users who have them, in the order they were made."""
    return Role.objects.annotate(user_count=Count("users", filter=Q(users__is_active=True), distinct=True))


def tokens_of(user: User) -> QuerySet[Token]:
    """The tokens of a user that were not revoked, newest first."""
    return Token.objects.filter(user=user, revoked_at=None, app=None).order_by("-pk")


def live_tokens() -> QuerySet[Token]:
    """The tokens of all users that were not revoked, with their users, newest first."""
    return Token.objects.filter(revoked_at=None, app=None).select_related("user").order_by("-pk")


def apps() -> QuerySet[App]:
    """All apps with the number of people who let them act (``people``), by name. Lazy."""
    live = Q(grants__revoked_at=None, grants__user__is_active=True)
    return (
        App.objects.select_related("client")
        .annotate(people=Count("grants", filter=live & Q(grants__isnull=False)))
        .order_by("client__name", "pk")
    )


def grants_of(user: User) -> QuerySet[Token]:
    """What a user lets apps do, newest first. Lazy."""
    found = Token.objects.filter(user=user, revoked_at=None, app__isnull=False)
    return found.select_related("user", "app__client").order_by("-pk")


def grants_to(app: App) -> QuerySet[Token]:
    """Who lets an app act, newest first. Lazy."""
    found = Token.objects.filter(app=app, revoked_at=None, user__is_active=True)
    return found.select_related("user").order_by("-pk")


def app_names(numbers: Iterable[int]) -> dict[int, str]:
    """What apps are called. One query, none without numbers."""
    wanted = set(numbers)
    if not wanted:
        return {}
    return dict(App.objects.filter(pk__in=wanted).values_list("pk", "client__name"))


def token_for(text: str) -> Token | None:
    """The usable token that this text is, with its user; None when there is none. One query at most.

    An access token of an app gives the token that it stands for, held to the scopes of that access token.
    """
    if text.startswith(ACCESS_PREFIX):
        return _granted(text)
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "dgl" or not 1 <= len(parts[1]) <= 16 or "\x00" in text:
        return None
    token = Token.objects.select_related("user").filter(prefix=parts[1]).first()
    if token is None or not token.is_secret(parts[2]):
        return None
    return token if token.is_usable(timezone.now()) and token.user.is_active else None


def _granted(text: str) -> Token | None:
    access = "app__client__token__"  # both conditions and scopes are of the same row: one join
    found = (
        Token.objects.select_related("user", "app__client")
        .filter(
            **{
                f"{access}hash": token_digest(text),
                f"{access}type": AccessToken.Type.ACCESS_TOKEN,
                f"{access}expires_at__gt": timezone.now(),
                f"{access}user_id": F("user_id"),
            },
            revoked_at=None,
            app__is_active=True,
            user__is_active=True,
        )
        .annotate(access_scopes=F(f"{access}scopes"))
        .first()
    )
    if found is not None:
        found.scopes = found.access_scopes.split("\n")
    return found


def access_changes() -> QuerySet[AccessChange]:
    """The access log, newest first."""
    return AccessChange.objects.select_related("actor").order_by("-pk")


def active_providers() -> QuerySet[SignInProvider]:
    """The providers that sign people in, in the order they were made. One query."""
    return SignInProvider.objects.filter(is_active=True).select_related("app")


def sessions_of(user: User) -> list[UserSession]:
    """Where a user is signed in, the last used first; sessions that are over are left out. Two queries."""
    found = list(UserSession.objects.filter(user=user).order_by("-last_seen_at")[:50])
    alive = set(
        Session.objects.filter(
            session_key__in=[session.session_key for session in found], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    return [session for session in found if session.session_key in alive]


def factor_kinds(user: User) -> dict[str, bool]:
    """Whether a user has an app, a passkey, and recovery codes: ``has_app``, ``has_key``, ``has_codes``. One query."""
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return {
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_key": Authenticator.Type.WEBAUTHN in kinds,
        "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
    }


def factors_of(user: User) -> dict[str, Any]:
    """The second factors of a user: ``app``, ``keys``, ``codes`` and ``codes_left``. One query."""
    found = list(Authenticator.objects.filter(user=user).order_by("pk"))
    by_type = {factor.type: factor for factor in found}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    used = int(codes.data.get("used_mask", 0)).bit_count() if codes else 0
    return {
        "app": by_type.get(Authenticator.Type.TOTP),
        "keys": [factor for factor in found if factor.type == Authenticator.Type.WEBAUTHN],
        "codes": codes,
        "codes_left": RECOVERY_CODES - used if codes else 0,
    }


def accounts_of(user: User) -> list[dict[str, Any]]:
    """Who vouches for a user, as ``account`` and the provider's ``name``. Two queries."""
    names = {provider.key: provider.app.name for provider in SignInProvider.objects.select_related("app")}
    return [
        {"account": account, "name": names.get(account.provider, account.provider)}
        for account in SocialAccount.objects.filter(user=user).order_by("pk")
    ]
