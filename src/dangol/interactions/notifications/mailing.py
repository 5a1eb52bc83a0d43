"""Mails about notifications: at once, and once a day. At most once to each person for each fact."""

from __future__ import annotations

import smtplib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dangol.identity.actors import actor_for
from dangol.identity.models import User
from dangol.interactions.models.notifications import (
    Channel,
    MailState,
    Notification,
    NotificationMail,
    NotificationSetting,
)
from dangol.interactions.notifications import selectors
from dangol.interactions.notifications.quiet import digest_day, is_quiet

log = structlog.get_logger(__name__)

SETTLE = timedelta(seconds=60)
"""A notification waits so long for others that fold into it, and for its reader to see it in the page."""
AGAIN = timedelta(minutes=15)
"""How long a mail that the server would not take waits for the next try."""
MOST_LINES = 50
SALT = "dangol.notifications.unsubscribe"


def mails_send(*, now: datetime | None = None) -> int:
    """Send what is due now to everybody. Returns how many mails were handed to the mail server.

    Each mail is recorded, and its notifications are marked with it, in a transaction of its own before it is sent. When
    the server refuses it before taking it, the record says so and the notifications wait for the next round; when it
    breaks off later nobody knows, and the mail stays `doubtful`.
    """
    now = now or timezone.now()
    waiting: dict[int, set[str]] = defaultdict(set)
    rows = Notification.objects.filter(
        read_at=None, mail=None, channel__in=[Channel.NOW, Channel.DAILY], at__lte=now - SETTLE
    )
    for user_id, channel in rows.values_list("user_id", "channel").distinct():
        waiting[user_id].add(channel)
    if not waiting:
        return 0
    refused = NotificationMail.objects.filter(
        user_id__in=waiting, state=MailState.NOT_SENT, created_at__gt=now - AGAIN
    ).exclude(error="")
    for user_id in refused.values_list("user_id", flat=True):
        waiting.pop(user_id, None)
    known = NotificationSetting.objects.in_bulk(list(waiting))
    sent = 0
    for user in User.objects.filter(pk__in=waiting, is_active=True).order_by("pk"):
        setting = known.get(user.pk) or NotificationSetting(user_id=user.pk)
        zone = ZoneInfo(user.time_zone)
        if Channel.NOW in waiting[user.pk] and not is_quiet(setting, zone, now):
            sent += _send(user, Channel.NOW, now)
        day = digest_day(setting, zone, now)
        if Channel.DAILY in waiting[user.pk] and day is not None:
            sent += _send(user, Channel.DAILY, now, day=day)
    return sent


def _send(user: User, channel: Channel, now: datetime, *, day: date | None = None) -> int:
    """One mail to one person, if there is anything to be said."""
    is_digest = channel == Channel.DAILY
    try:
        with transaction.atomic():
            mail = NotificationMail.objects.create(user=user, is_digest=is_digest, day=day)
            rows = Notification.objects.select_for_update(skip_locked=True).filter(
                user=user, read_at=None, mail=None, channel=channel, at__lte=now - SETTLE
            )
            ids = list(rows.order_by("-at").values_list("pk", flat=True))
            if not ids:
                transaction.set_rollback(True)
                return 0
            Notification.objects.filter(pk__in=ids).update(mail=mail)
    except IntegrityError:
        return 0  # today's has gone out
    message = _message(user, ids, is_digest)
    if message is None:  # nothing of it may be seen any more
        NotificationMail.objects.filter(pk=mail.pk).update(state=MailState.NOT_SENT)
        return 0
    return _hand_over(mail, message)


def _hand_over(mail: NotificationMail, message: EmailMultiAlternatives) -> int:
    server = get_connection()
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as error:
        return _not_sent(mail, error)
    try:
        message.connection = server
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return _not_sent(mail, error)
    except (OSError, smtplib.SMTPException) as error:
        log.error("mail doubtful", mail=mail.pk, error=type(error).__name__)
        NotificationMail.objects.filter(pk=mail.pk).update(
            state=MailState.DOUBTFUL, error=f"{type(error).__name__}: {error}"[:500]
        )
        return 0
    finally:
        server.close()
    NotificationMail.objects.filter(pk=mail.pk).update(state=MailState.SENT)
    return 1


def _not_sent(mail: NotificationMail, error: Exception) -> int:
    """The server has not taken it: its notifications go into the next mail."""
    log.warning("mail not sent", mail=mail.pk, error=type(error).__name__)
    with transaction.atomic():
        Notification.objects.filter(mail=mail).update(mail=None)
        NotificationMail.objects.filter(pk=mail.pk).update(
            state=MailState.NOT_SENT, error=f"{type(error).__name__}: {error}"[:500]
        )
    return 0


def _message(user: User, ids: Sequence[int], is_digest: bool) -> EmailMultiAlternatives | None:
    """Titles and addresses only, by the rights of this moment; None when there is nothing to show. Some queries."""
    actor = actor_for(user)
    zone = ZoneInfo(user.time_zone)
    with translation.override(user.language), timezone.override(zone):
        rows = (
            Notification.objects.filter(pk__in=ids)
            .order_by("-at")
            .values("id", "kind", "target_type", "target_id", "by__name", "count", "at", "read_at")
        )
        items = selectors.shown(actor, [*rows])
        if not items:
            return None
        if is_digest:
            subject = ngettext("%(count)s notification today", "%(count)s notifications today", len(items))
            subject %= {"count": len(items)}
        elif len(items) == 1:
            subject = f"{items[0].text}: {items[0].target.title}"
        else:
            subject = _("%(count)s new notifications") % {"count": len(items)}
        root = settings.DANGOL_URL.rstrip("/")
        stop = f"{root}/notifications/unsubscribe/{signing.dumps(user.pk, salt=SALT)}/"
        context = {
            "name": user.name,
            "items": items[:MOST_LINES],
            "more": max(0, len(items) - MOST_LINES),
            "root": root,
            "stop": stop,
            "language": user.language,
        }
        message = EmailMultiAlternatives(
            subject=" ".join(subject.split())[:150],
            body=render_to_string("interactions/notifications/mail.txt", context),
            to=[user.email],
            headers={
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )
        message.attach_alternative(
            render_to_string("interactions/notifications/mail.html", context), "text/html"
        )
    return message


def unsubscribing(token: str) -> int | None:
    """Whose mails the link stops; None for a link that is none of ours. It holds for as long as the secret key does."""
    try:
        user_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return user_id if isinstance(user_id, int) else None
