"""Mailings: who gets which dashboard or report when, and how that is set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import Team, User
from dangol.insight.mailing.subjects import MailingError, Subject
from dangol.insight.mailing.turns import next_turn
from dangol.insight.models import CopyState, Mailing, MailingCopy, Rhythm, Why
from dangol.records import sharing
from dangol.records.exporting.asking import REASON_LEAST, REASON_MOST, reason_text
from dangol.records.models import Audience
from dangol.records.writing.context import sign

MAIL_TASK: Final = "dangol.insight.mail_due"
MOST_PEOPLE: Final = 100
MOST: Final = 20
"""Mailings of one dashboard or report."""


def mailings_for(actor: Actor, subject: Subject, thing: Any) -> QuerySet[Mailing]:
    """The mailings of a thing that the actor may see and end: all for whoever may change it, else one's own."""
    rows = Mailing.objects.filter(**{subject.field: thing}, deleted_at=None).select_related("owner")
    if not sharing.can_change(actor, thing):
        rows = rows.filter(owner_id=actor.user_id)
    return rows.prefetch_related("people").order_by("pk")


def may_get(actor: Actor, thing: Any) -> QuerySet[User]:
    """People who find the thing and to whom the actor may have it mailed; those who change it may choose, others get it
    themselves. A query for each team above, where it is a team's.
    """
    people = User.objects.filter(is_active=True)
    if not sharing.can_change(actor, thing) or thing.audience == Audience.PRIVATE:
        return people.filter(pk=actor.user_id or 0)
    if thing.audience == Audience.TEAM:
        teams: set[int] = set()
        above = thing.team_id
        while above is not None and above not in teams:
            teams.add(above)
            above = Team.objects.values_list("parent_id", flat=True).get(pk=above)
        people = people.filter(team_id__in=teams) | people.filter(pk=thing.owner_id or 0)
    return people.order_by("name", "pk")


def mailing_create(
    *,
    actor: Actor,
    subject: Subject,
    thing: Any,
    people: Iterable[int],
    rhythm: str,
    day: int,
    hour: int,
    reason: str = "",
) -> Mailing:
    """Have a dashboard or a report sent to people, for the first time at the next turn.

    Args:
        actor: who finds it.
        subject: what kind it is.
        thing: its row.
        people: their ids.
        rhythm: a `Rhythm`.
        day: the weekday (1 Monday … 7 Sunday) or the day of the month.
        hour: 0–23, in Seoul.
        reason: what it is needed for, where the subject asks.

    Raises:
        MailingError: which part is wrong, and what would be right.
    """
    if actor.user_id is None:
        raise MailingError("owner", _("Only people schedule mails."), "forbidden")
    chosen = set(people)
    if not chosen:
        raise MailingError("people", _("Choose at least one person."), "required")
    if len(chosen) > MOST_PEOPLE:
        raise MailingError("people", _("At most %(most)s people get one mail.") % {"most": MOST_PEOPLE})
    known = {user.pk: user for user in may_get(actor, thing).filter(pk__in=chosen)}
    if known.keys() != chosen:
        raise MailingError("people", _("Somebody of these does not find it. Share it first."))
    if rhythm not in Rhythm.values:
        raise MailingError("rhythm", _("Choose one of: %(choices)s.") % {"choices": ", ".join(Rhythm.values)})
    most = 7 if rhythm == Rhythm.WEEK else 31
    if not 1 <= day <= most:
        raise MailingError("day", _("Write a whole number from 1 to %(most)s.") % {"most": most})
    reason = _reason(actor, subject, thing, reason)
    _allowed(known.values(), subject, thing, reason)
    if not 0 <= hour <= 23:
        raise MailingError("hour", _("Write an hour from 0 to 23."))
    with transaction.atomic():
        sign(actor, "page")
        if Mailing.objects.filter(**{subject.field: thing}, deleted_at=None).count() >= MOST:
            message = _("There are at most %(most)s scheduled mails of one thing. End one first.") % {
                "most": MOST
            }
            raise MailingError("people", message, "too_many")
        mailing = Mailing.objects.create(
            **{subject.field: thing}, owner_id=actor.user_id, rhythm=rhythm, day=day, hour=hour, reason=reason,
            next_at=next_turn(rhythm, day, hour, timezone.now()),
            created_by_id=actor.user_id, updated_by_id=actor.user_id,
        )  # fmt: skip
        mailing.people.set(known.values())
    return mailing


def _reason(actor: Actor, subject: Subject, thing: Any, reason: str) -> str:
    """The reason as it is kept; raises MailingError where one is asked for and none is given."""
    reason = " ".join(reason.replace("\0", "").split())
    if not subject.asks_reason(actor, thing):
        return ""
    if len(reason) < REASON_LEAST:
        raise MailingError("reason", reason_text(), "required")
    if len(reason) > REASON_MOST:
        raise MailingError(
            "reason", _("At most %(limit)s characters fit.") % {"limit": REASON_MOST}, "too_long"
        )
    return reason


def _allowed(people: Iterable[User], subject: Subject, thing: Any, reason: str) -> None:
    """Raises MailingError, naming the person, where one of them could not have it. Two queries a person."""
    for user in people:
        problem = subject.problem(actor_for(user), thing, reason)
        if problem:
            raise MailingError("people", f"{user.name}: {problem}", "forbidden")


def mailing_end(*, actor: Actor, mailing: Mailing) -> None:
    """Send it no more; what waits to be sent is not sent either."""
    with transaction.atomic():
        sign(actor, "page")
        mailing.deleted_at = timezone.now()
        mailing.updated_by_id = actor.user_id
        mailing.save(update_fields=["deleted_at", "updated_by"])
        mailing.copies.filter(state=CopyState.WAITING).update(state=CopyState.NOT_SENT, error=Why.ENDED)


def copy_now(*, actor: Actor, mailing: Mailing) -> MailingCopy:
    """Have one's own copy sent at once, beside the turns; the worker sends it."""
    if actor.user_id is None:
        raise MailingError("owner", _("Only people schedule mails."), "forbidden")
    with transaction.atomic():
        made = MailingCopy.objects.create(mailing=mailing, user_id=actor.user_id, due_at=timezone.now())
        queue.enqueue(MAIL_TASK, queue=queue.ANALYTICS, lock=MAIL_TASK, timestamp=0)
    return made
