"""Looking through a user's eyes: what the user sees, without the user's right to change anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.identity.services import audit

REASON_LEAST = 5
LONGEST = timedelta(hours=1)


def seeing_start(*, actor: Actor, user: User, reason: str) -> dict[str, Any]:
    """Begin to look through the user's eyes; the access log keeps the reason.

    Args:
        actor: an administrator, who is not looking through somebody's eyes already.
        user: active, and no administrator: their settings pages are nobody else's.
        reason: what for, at least five characters.

    Returns:
        What the session keeps, for `seen_user`.

    Raises:
        PermissionDenied: the actor is no administrator.
        ValidationError: another administrator, oneself, somebody deactivated, or no reason.
    """
    policies.require(actor.is_administrator and actor.seen_by is None, "seeing_start")
    reason = " ".join(reason.replace("\0", "").split())
    if user.is_administrator:
        raise ValidationError(_("Nobody looks through an administrator's eyes."), code="administrator")
    if not user.is_active:
        raise ValidationError(_("This user is deactivated."), code="inactive")
    if len(reason) < REASON_LEAST:
        raise ValidationError(
            {"reason": _("Say what for, in at least %(least)s characters.") % {"least": REASON_LEAST}},
            code="reason",
        )
    audit.record(actor=actor, act="seen_as", target=user, changes={"reason": [None, reason[:300]]})
    return {"user": user.pk, "until": (timezone.now() + LONGEST).isoformat()}


def seeing_end(*, administrator: Actor, user: User) -> None:
    """Stop looking; the access log keeps when."""
    audit.record(actor=administrator, act="seen_as_ended", target=user)


def seen_user(kept: Any, administrator: User) -> User | None:
    """Through whose eyes a session looks; None when its hour is over or either of the two may no longer. One query."""
    if not isinstance(kept, dict) or not administrator.is_administrator:
        return None
    if datetime.fromisoformat(kept["until"]) <= timezone.now():
        return None
    return User.objects.filter(pk=kept["user"], is_active=True, is_administrator=False).first()
