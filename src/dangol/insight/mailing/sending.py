"""Sending: when a mailing's turn has come each person's copy is recorded, then made and handed to the mail server once."""

from __future__ import annotations

import smtplib
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, actor_for
from dangol.insight.mailing.subjects import Subject, subject_of
from dangol.insight.mailing.turns import next_turn
from dangol.insight.models import CopyState, Mailing, MailingCopy, Why

log = structlog.get_logger(__name__)

AGAIN: Final = timedelta(minutes=15)
"""How long a copy waits that the server could not be reached for."""
GIVE_UP: Final = timedelta(hours=6)
"""How long it is tried: a report of the morning is no news in the evening."""


def turns_begin(*, now: datetime | None = None) -> int:
    """Record a copy for each person of every mailing whose turn has come. Returns how many mailings.

    Turns that passed while no worker ran are not made up for: one copy goes out, and the next turn is the next one.
    """
    now = now or timezone.now()
    with transaction.atomic():
        rows = list(
            Mailing.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(
                active=True,
                deleted_at=None,
                next_at__lte=now,
                dashboard__deleted_at=None,
                report__deleted_at=None,
                owner__is_active=True,
            )
            .order_by("pk")
        )
        for mailing in rows:
            people = mailing.people.filter(is_active=True).values_list("pk", flat=True)
            MailingCopy.objects.bulk_create(
                [MailingCopy(mailing=mailing, user_id=user, due_at=mailing.next_at) for user in people],
                ignore_conflicts=True,
            )
            mailing.next_at = next_turn(mailing.rhythm, mailing.day, mailing.hour, now)
            mailing.save(update_fields=["next_at"])
    return len(rows)


def copies_send(*, now: datetime | None = None) -> int:
    """Make and send every copy that waits. Returns how many were handed to the mail server.

    Each is claimed in a transaction of its own before anything leaves. When the server cannot be reached it waits for the
    next round; when it breaks off in between nobody knows, and the copy stays `doubtful`.
    """
    now = now or timezone.now()
    waiting = MailingCopy.objects.filter(state=CopyState.WAITING).filter(Q(error="") | Q(at__lte=now - AGAIN))
    sent = 0
    for copy_id in list(waiting.order_by("pk").values_list("pk", flat=True)):
        if MailingCopy.objects.filter(pk=copy_id, state=CopyState.WAITING).update(state=CopyState.CLAIMED):
            copy = MailingCopy.objects.select_related("mailing", "user").get(pk=copy_id)
            sent += _send(copy, now)
    return sent


def _send(copy: MailingCopy, now: datetime) -> int:
    subject, row_id = subject_of(copy.mailing)
    actor = actor_for(copy.user)
    thing = subject.find(actor, row_id)
    if not copy.user.is_active or thing is None:
        return _ended(copy, CopyState.NOT_SENT, Why.GONE)
    problem = subject.problem(actor, thing, copy.mailing.reason)
    if problem:
        return _ended(copy, CopyState.NOT_SENT, problem)
    server = get_connection()
    try:
        server.open()  # before it is drawn: what nobody takes need not be drawn, nor noted down as an export
    except (OSError, smtplib.SMTPException) as error:
        return _later(copy, error, now)
    try:
        try:
            message = _message(copy, subject, thing, actor, now)
        except Exception as error:
            log.exception("not drawn", copy=copy.pk, subject=subject.field, row=row_id)
            return _ended(copy, CopyState.NOT_SENT, _said(Why.NOT_DRAWN, error))
        return _hand_over(copy, message, server)
    finally:
        server.close()


def _hand_over(copy: MailingCopy, message: EmailMultiAlternatives, server: BaseEmailBackend) -> int:
    message.connection = server
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return _ended(copy, CopyState.NOT_SENT, _said(Why.REFUSED, error))
    except (OSError, smtplib.SMTPException) as error:
        log.error("mail doubtful", copy=copy.pk, error=type(error).__name__)
        return _ended(copy, CopyState.DOUBTFUL, _said(Why.BROKEN_OFF, error))
    _ended(copy, CopyState.SENT, "")
    return 1


def _later(copy: MailingCopy, error: Exception, now: datetime) -> int:
    log.warning("mail not sent", copy=copy.pk, error=type(error).__name__)
    if now - copy.due_at > GIVE_UP:
        return _ended(copy, CopyState.NOT_SENT, _said(Why.GIVEN_UP, error), now)
    return _ended(copy, CopyState.WAITING, _said(Why.UNREACHABLE, error), now)


def _said(why: Why, error: Exception) -> str:
    return f"{why.value}\n{type(error).__name__}: {error}"


def _ended(copy: MailingCopy, state: str, error: str, now: datetime | None = None) -> int:
    MailingCopy.objects.filter(pk=copy.pk).update(state=state, error=error[:500], at=now or timezone.now())
    return 0


def _message(
    copy: MailingCopy, subject: Subject, thing: Any, actor: Actor, now: datetime
) -> EmailMultiAlternatives:
    """The mail with the thing as this person may see it, in this person's language and time zone."""
    user = copy.user
    with translation.override(user.language), timezone.override(ZoneInfo(user.time_zone)):
        paper = subject.paper(thing, actor, now, copy.mailing.reason)
        day = timezone.localtime(now).date().isoformat()
        root = settings.DANGOL_URL.rstrip("/")
        context = {
            "name": user.name,
            "title": thing.name,
            "address": f"{root}{subject.page(thing.pk)}",
            "stop": f"{root}{subject.mailings(thing.pk)}",
            "language": user.language,
        }
        message = EmailMultiAlternatives(
            subject=_("%(name)s, %(day)s") % {"name": thing.name, "day": day},
            body=render_to_string("insight/mailing/mail.txt", context),
            to=[user.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string("insight/mailing/mail.html", context), "text/html")
        name = get_valid_filename(f"{thing.name} {day}") or subject.field
        message.attach(f"{name}.pdf", paper, "application/pdf")
    return message
