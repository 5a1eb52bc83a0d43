"""Reading notifications: counted for the bell, put into words for the panel, the page and the mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.interactions.models.notifications import Kind, Notification, NotificationSetting
from dangol.interactions.notifications import targets
from dangol.interactions.notifications.targets import Target

MOST_COUNTED = 100
PAGE = 30


@dataclass(frozen=True)
class Shown:
    """A notification as its reader reads it. `target` is None where it may not be seen (any more)."""

    id: int
    kind: str
    text: str
    at: datetime
    is_read: bool
    icon: str
    target: Target


@dataclass(frozen=True)
class Page:
    """Notifications, newest first; `next` is the cursor of the following page."""

    items: Sequence[Shown]
    next: str | None


def unread_count(user_id: int) -> int:
    """How many are unread, 100 meaning many. One query on an index; hidden ones count until they are looked at."""
    return Notification.objects.filter(user_id=user_id, read_at=None)[:MOST_COUNTED].count()


def setting_of(actor: Actor) -> NotificationSetting:
    """What the actor wants, or the defaults. One query."""
    found = NotificationSetting.objects.filter(pk=actor.user_id).first()
    return found or NotificationSetting(user_id=actor.user_id or 0)


def notification_page(
    *, actor: Actor, kind: str = "", unread: bool = False, after: str = "", limit: int = PAGE
) -> Page:
    """The actor's notifications about what may be seen now. One query, and one for each type of target.

    Args:
        kind: only of this kind. unread: only unread ones. after: the cursor of the page before.

    Raises:
        ValueError: the cursor is none of ours.
    """
    rows = Notification.objects.filter(user_id=actor.user_id or 0)
    if kind:
        rows = rows.filter(kind=kind)
    if unread:
        rows = rows.filter(read_at=None)
    if after:
        moment, _dash, pk = after.partition("~")
        at, number = datetime.fromisoformat(moment), int(pk)
        if at.tzinfo is None or not 0 <= number < 2**63:
            raise ValueError(after)
        rows = rows.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=number))
    found = list(
        rows.order_by("-at", "-pk").values(
            "id", "kind", "target_type", "target_id", "by__name", "count", "at", "read_at"
        )[: limit + 1]
    )
    last = found[limit - 1] if len(found) > limit else None
    cursor = f"{last['at'].isoformat()}~{last['id']}" if last else None
    return Page(shown(actor, found[:limit]), cursor)


def shown(actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """The rows in words, without those whose target the actor may not see. One query for each type of target."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        wanted[row["target_type"]].add(row["target_id"])
    known = {name: targets.find(actor, name, ids) for name, ids in wanted.items()}
    found = []
    for row in rows:
        target = known[row["target_type"]].get(row["target_id"])
        if target is not None:
            text = sentence(row["kind"], row["by__name"] or "", row["count"], target)
            found.append(
                Shown(
                    row["id"],
                    row["kind"],
                    text,
                    row["at"],
                    row["read_at"] is not None,
                    icon_of(row["kind"]),
                    target,
                )
            )
    return found


def sentence(kind: str, who: str, count: int, target: Target) -> str:
    """What happened, in the language in force."""
    values = {"who": who or _("System"), "count": count, "what": target.label}
    match kind:
        case Kind.MENTIONED:
            return (
                _("%(who)s mentioned you %(count)s times") if count > 1 else _("%(who)s mentioned you")
            ) % values
        case Kind.COMMENTED:
            return (
                _("%(count)s new comments, the last by %(who)s") if count > 1 else _("%(who)s commented")
            ) % values
        case Kind.ASSIGNED:
            if count > 1:
                return _("%(who)s made you the owner of %(count)s records") % values
            return _("%(who)s made you the owner") % values
        case Kind.CHANGED:
            return (
                _("%(count)s changes, the last by %(who)s") if count > 1 else _("%(who)s changed it")
            ) % values
        case Kind.LOGGED:
            return (
                _("%(count)s new entries on the timeline, the last by %(who)s")
                if count > 1
                else _("%(who)s wrote on the timeline")
            ) % values
        case Kind.FINISHED:
            return _("%(what)s has ended") % values
        case Kind.STOPPED:
            return _("%(what)s has stopped after several failures") % values
    return str(SENTENCES.get(Kind(kind), kind)) if kind in Kind.values else kind


SENTENCES = {
    Kind.DUE: gettext_lazy("A task of yours falls due"),
    Kind.QUALITY: gettext_lazy("Some of your records lack data or contradict themselves"),
    Kind.RULE: gettext_lazy("A rule points this out"),
    Kind.APPROVAL: gettext_lazy("You are asked to approve this"),
    Kind.RULE_OFF: gettext_lazy("A rule switched itself off"),
    Kind.FAILED: gettext_lazy("Background work was given up"),
}


ICONS = {
    Kind.MENTIONED: "at",
    Kind.COMMENTED: "message",
    Kind.ASSIGNED: "user-check",
    Kind.CHANGED: "pencil",
    Kind.LOGGED: "notes",
    Kind.DUE: "clock",
    Kind.FINISHED: "check",
    Kind.STOPPED: "player-pause",
    Kind.QUALITY: "checklist",
    Kind.RULE: "robot",
    Kind.APPROVAL: "shield-check",
    Kind.RULE_OFF: "player-pause",
    Kind.FAILED: "alert-triangle",
}


def icon_of(kind: str) -> str:
    """The icon of a kind."""
    return ICONS.get(Kind(kind), "bell") if kind in Kind.values else "bell"
