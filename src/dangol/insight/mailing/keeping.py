"""Mailings: who gets which dashboard when, and how that is set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import Team, User
from dangol.insight.dashboards import keeping
from dangol.insight.dashboards.tiles import TileError
from dangol.insight.mailing.turns import next_turn
from dangol.insight.models import CopyState, Dashboard, Mailing, MailingCopy, Rhythm
from dangol.records import sharing
from dangol.records.models import Audience
from dangol.records.writing.context import sign

MAIL_TASK: Final = "dangol.insight.mail_due"
MOST_PEOPLE: Final = 100
MOST: Final = 20
"""Mailings of one dashboard."""


def mailings_for(actor: Actor, dashboard: Dashboard) -> QuerySet[Mailing]:
    """The mailings of a dashboard that the actor may see and end: all for whoever may change it, else one's own."""
    rows = Mailing.objects.filter(dashboard=dashboard, deleted_at=None).select_related("owner")
    if not sharing.can_change(actor, dashboard):
        rows = rows.filter(owner_id=actor.user_id)
    return rows.prefetch_related("people").order_by("pk")


def may_get(actor: Actor, dashboard: Dashboard) -> QuerySet[User]:
    """People who find the dashboard and to whom the actor may have it mailed; those who change it may choose, others get it
    themselves. A query for each team above, where it is a team's.
    """
    people = User.objects.filter(is_active=True)
    if not sharing.can_change(actor, dashboard) or dashboard.audience == Audience.PRIVATE:
        return people.filter(pk=actor.user_id or 0)
    if dashboard.audience == Audience.TEAM:
        teams: set[int] = set()
        above = dashboard.team_id
        while above is not None and above not in teams:
            teams.add(above)
            above = Team.objects.values_list("parent_id", flat=True).get(pk=above)
        people = people.filter(team_id__in=teams) | people.filter(pk=dashboard.owner_id or 0)
    return people.order_by("name", "pk")


def mailing_create(
    *, actor: Actor, dashboard: Dashboard, people: Iterable[int], rhythm: str, day: int, hour: int
) -> Mailing:
    """Have a dashboard sent to people, for the first time at the next turn.

    Raises:
        TileError: which part is wrong, and what would be right.
    """
    if actor.user_id is None:
        raise TileError("owner", _("Only people keep dashboards."), "forbidden")
    chosen = set(people)
    if not chosen:
        raise TileError("people", _("Choose at least one person."), "required")
    if len(chosen) > MOST_PEOPLE:
        raise TileError("people", _("At most %(most)s people get one mail.") % {"most": MOST_PEOPLE})
    known = {user.pk: user for user in may_get(actor, dashboard).filter(pk__in=chosen)}
    if known.keys() != chosen:
        raise TileError("people", _("Somebody of these does not find this dashboard. Share it first."))
    if rhythm not in Rhythm.values:
        raise TileError("rhythm", _("Choose one of: %(choices)s.") % {"choices": ", ".join(Rhythm.values)})
    most = 7 if rhythm == Rhythm.WEEK else 31
    if not 1 <= day <= most:
        raise TileError("day", _("Write a whole number from 1 to %(most)s.") % {"most": most})
    if not 0 <= hour <= 23:
        raise TileError("hour", _("Write an hour from 0 to 23."))
    with transaction.atomic():
        sign(actor, "page")
        if Mailing.objects.filter(dashboard=dashboard, deleted_at=None).count() >= MOST:
            message = _("A dashboard has at most %(most)s scheduled mails. End one first.") % {"most": MOST}
            raise TileError("people", message, "too_many")
        mailing = Mailing.objects.create(
            dashboard=dashboard, owner_id=actor.user_id, rhythm=rhythm, day=day, hour=hour,
            next_at=next_turn(rhythm, day, hour, timezone.now()),
            created_by_id=actor.user_id, updated_by_id=actor.user_id,
        )  # fmt: skip
        mailing.people.set(known.values())
    return mailing


def mailing_end(*, actor: Actor, mailing: Mailing) -> None:
    """Send it no more; what waits to be sent is not sent either."""
    with transaction.atomic():
        sign(actor, "page")
        mailing.deleted_at = timezone.now()
        mailing.updated_by_id = actor.user_id
        mailing.save(update_fields=["deleted_at", "updated_by"])
        mailing.copies.filter(state=CopyState.WAITING).update(
            state=CopyState.NOT_SENT, error="the mailing was ended"
        )


def copy_now(*, actor: Actor, mailing: Mailing) -> MailingCopy:
    """Have one's own copy sent at once, beside the turns; the worker sends it."""
    if actor.user_id is None:
        raise TileError("owner", _("Only people keep dashboards."), "forbidden")
    with transaction.atomic():
        made = MailingCopy.objects.create(mailing=mailing, user_id=actor.user_id, due_at=timezone.now())
        queue.enqueue(MAIL_TASK, queue=queue.ANALYTICS, lock=MAIL_TASK, timestamp=0)
    return made


def finds(user: User, dashboard_id: int) -> tuple[Actor, Dashboard | None]:
    """The person's actor, and the dashboard where that person still finds it. Two queries."""
    actor = actor_for(user)
    if not keeping.can_use(actor):
        return actor, None
    try:
        return actor, keeping.dashboard_get(actor, dashboard_id)
    except keeping.DashboardMissing:
        return actor, None
