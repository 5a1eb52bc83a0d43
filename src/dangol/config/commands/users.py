"""`dangol user …`: the people who sign in."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from dangol.config import installation
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _

if TYPE_CHECKING:
    from dangol.identity.models import User


def run(args: argparse.Namespace) -> int:
    """List, add, give a new password, deactivate, or take away second factors."""
    with installation.opened():
        from django.core.exceptions import ValidationError

        try:
            acts = {
                "list": _list,
                "add": _add,
                "password": _password,
                "deactivate": _deactivate,
                "reset-factors": _reset_factors,
            }
            acts[args.act](args)
        except ValidationError as error:
            raise CommandFailed("; ".join(error.messages)) from error
    return 0


def find(email: str) -> User:
    """The user with this address.

    Raises:
        CommandFailed: there is none.
    """
    from dangol.identity.models import User

    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise CommandFailed(_("There is no user %s.") % email, "dangol user list")
    return user


def _list(args: argparse.Namespace) -> None:
    from dangol.identity import selectors

    rows = [
        {
            "email": user.email,
            "name": user.name,
            "administrator": user.is_administrator,
            "active": user.is_active,
            "team": user.team.name if user.team else None,
            "roles": [role.code for role in user.roles.all()],
        }
        for user in selectors.users(active=None)
    ]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        marks = [_("administrator")] if row["administrator"] else []
        marks += [] if row["active"] else [_("deactivated")]
        print("\t".join([str(row["email"]), str(row["name"]), ", ".join([*row["roles"], *marks])]))


def _add(args: argparse.Namespace) -> None:
    from dangol.identity import services
    from dangol.identity.actors import Actor
    from dangol.identity.models import Role, Team

    roles = list(Role.objects.filter(code__in=args.role))
    if unknown := set(args.role) - {role.code for role in roles}:
        known = ", ".join(Role.objects.order_by("code").values_list("code", flat=True))
        raise CommandFailed(
            _("There is no role %s.") % ", ".join(sorted(unknown)), _("roles here: %s") % known
        )
    team: Team | None = Team.objects.filter(name=args.team).first() if args.team else None
    if args.team and team is None:
        raise CommandFailed(_("There is no team %s.") % args.team)
    password = services.password_generate()
    user = services.user_create(
        actor=Actor.system("command line"),
        email=args.email,
        name=args.name or args.email.split("@")[0],
        password=password,
        team=team,
        roles=roles,
        is_administrator=args.administrator,
    )
    print(user.email)
    print(password)


def _password(args: argparse.Namespace) -> None:
    from dangol.identity import services
    from dangol.identity.actors import Actor

    password = services.password_generate()
    services.user_set_password(user=find(args.email), password=password, actor=Actor.system("command line"))
    print(password)


def _deactivate(args: argparse.Namespace) -> None:
    from dangol.identity import services
    from dangol.identity.actors import Actor

    services.user_deactivate(user=find(args.email), actor=Actor.system("command line"))
    print(_("%s cannot sign in any more.") % args.email)


def _reset_factors(args: argparse.Namespace) -> None:
    from dangol.identity import services
    from dangol.identity.actors import Actor

    count = services.factors_reset(user=find(args.email), actor=Actor.system("command line"))
    print(
        _("%(email)s has lost %(count)s factors and signs in with the password alone.")
        % {"email": args.email, "count": count}
    )
