"""Accounts for the people a file names."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from dangol.administration.models import UserAccount
from dangol.identity.actors import Actor
from dangol.identity.models import Team, User
from dangol.identity.services import user_activate, user_create, user_deactivate, user_update
from dangol.records.fields import Ref
from dangol.records.types import Draft, WrittenRows
from dangol.records.writing import RowError, WriteError


def accounts_follow(written: WrittenRows, *, actor: Actor) -> None:
    """Make or change the accounts of the people just written, by the same acts as the settings pages.

    New accounts have no usable password and no role; whoever administers gives both. Nobody becomes an administrator,
    and an account that is there already keeps its password, roles and sessions. What is thrown into the recycle bin
    leaves the account alone.

    Raises:
        WriteError: naming the person whose account cannot be made or changed; nothing of the batch is kept.

    About six queries for each person.
    """
    for draft in (*written.created, *written.updated):
        try:
            user = _account(draft, actor)
        except ValidationError as error:
            raise WriteError(
                [RowError(draft.index, "email", draft.get("email"), "account", " ".join(error.messages))]
            ) from error
        except PermissionDenied as error:
            message = _("You may not change this account.")
            raise WriteError(
                [RowError(draft.index, "email", draft.get("email"), "forbidden", message)]
            ) from error
        UserAccount.objects.filter(pk=draft.id or 0).exclude(account=user).update(account=user)


def _account(draft: Draft, actor: Actor) -> User:
    email, name, is_active = draft.get("email"), draft.get("name"), draft.get("is_active") is not False
    ref = draft.get("team")
    team_id = ref.id if isinstance(ref, Ref) else None
    team = Team.objects.get(pk=team_id) if team_id else None
    user = User.objects.filter(email=email).first()
    if user is None:
        user = user_create(actor=actor, email=email, name=name, team=team)
    elif user.name != name or (team is not None and user.team_id != team.pk):
        user = user_update(user=user, actor=actor, name=name, team=team or user.team)
    if user.is_active and not is_active:
        return user_deactivate(user=user, actor=actor)
    if not user.is_active and is_active and "is_active" in draft.values and draft.current is not None:
        return user_activate(user=user, actor=actor)
    return user
