"""`dangol token …`: keys for the API."""

from __future__ import annotations

import argparse
from datetime import timedelta

from dangol.config import installation
from dangol.config.cli import CommandFailed
from dangol.config.commands.users import find
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Create (printed as the last line), list or revoke."""
    with installation.opened():
        from django.core.exceptions import ValidationError

        try:
            {"create": _create, "list": _list, "revoke": _revoke}[args.act](args)
        except ValidationError as error:
            raise CommandFailed("; ".join(error.messages)) from error
    return 0


def _create(args: argparse.Namespace) -> None:
    from django.utils import timezone

    from dangol.identity import services
    from dangol.identity.actors import Actor
    from dangol.identity.models.roles import Action

    actions = [action.strip() for action in args.actions.split(",") if action.strip()] or None
    if unknown := set(actions or ()) - set(Action.values):
        raise CommandFailed(
            _("There is no action %s.") % ", ".join(sorted(unknown)),
            _("actions: %s") % ", ".join(Action.values),
        )
    if args.days < 1:
        raise CommandFailed(_("A token lives for at least one day."))
    token, text = services.token_create(
        user=find(args.user),
        name=args.name,
        actor=Actor.system("command line"),
        actions=actions,
        scopes=_words(args.scopes),
        networks=_words(args.networks),
        per_minute=args.per_minute,
        expires_at=timezone.now() + timedelta(days=args.days),
    )
    print(_("Token %(id)s of %(user)s, until %(day)s. It is shown only now:") % {
        "id": token.pk, "user": token.user.email, "day": f"{token.expires_at:%Y-%m-%d}"
    })  # fmt: skip
    print(text)


def _words(text: str) -> list[str] | None:
    return [word.strip() for word in text.split(",") if word.strip()] or None


def _list(args: argparse.Namespace) -> None:
    from dangol.identity.models import Token

    tokens = Token.objects.select_related("user").order_by("id")
    if args.user:
        tokens = tokens.filter(user=find(args.user))
    for token in tokens:
        until = f"{token.expires_at:%Y-%m-%d}" if token.expires_at else "-"
        state = _("no longer valid") if token.revoked_at else until
        print(
            "\t".join([str(token.pk), token.user.email, token.name, state, ",".join(token.actions or ["*"])])
        )


def _revoke(args: argparse.Namespace) -> None:
    from dangol.identity import services
    from dangol.identity.actors import Actor
    from dangol.identity.models import Token

    token = Token.objects.filter(pk=args.id).first()
    if token is None:
        raise CommandFailed(_("There is no token %s.") % args.id, "dangol token list")
    services.token_revoke(token=token, actor=Actor.system("command line"))
    print(_("Token %s is useless now.") % args.id)
