"""Who may move in, and what a notification about a move leads to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.integrations.models import Move
from dangol.interactions.notifications import targets

MOVE: Final = "move"


def may_move(actor: Actor | None) -> bool:
    """Whoever administers the company: a move makes accounts, fields and records of all kinds."""
    return actor is not None and may_administer(actor)


def _moves(actor: Actor, ids: Collection[int]) -> Mapping[int, targets.Target]:
    if not may_move(actor):
        return {}
    return {
        pk: targets.Target(_("Moving in"), reverse("moving:detail", args=[key]), _("Moving in"), "package")
        for pk, key in Move.objects.filter(pk__in=ids).values_list("pk", "key")
    }


def register() -> None:
    """Let people be told of moves; called once, when Django is ready."""
    targets.register(MOVE, _moves)
