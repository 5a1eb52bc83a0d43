"""What the law sets a day for, as notifications lead to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.interactions.notifications import targets
from dangol.interactions.notifications.targets import Target
from dangol.records.looks import reviewing


def register() -> None:
    """Let administrators be told of reviews; called once, when Django is ready."""
    targets.register(reviewing.TARGET, _reviews)


def _reviews(actor: Actor, ids: Collection[int]) -> Mapping[int, Target]:
    """By month, as 202611."""
    if not may_administer(actor):
        return {}
    return {
        month: Target(
            _("Review of the access log, %(month)s") % {"month": f"{month // 100}-{month % 100:02}"},
            reverse("administration:review", args=[month]),
            _("Personal data"),
            "eye",
        )
        for month in ids
    }
