"""Notifications, what each person wants of them, and the mails that went out."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    MENTIONED = "mentioned", _("I am mentioned")
    ASSIGNED = "assigned", _("A record or task becomes mine")
    COMMENTED = "commented", _("Somebody comments on what I follow")
    CHANGED = "changed", _("Somebody changes what I follow")
    LOGGED = "logged", _("Somebody notes a contact with what I follow")
    DUE = "due", _("A task of mine falls due")
    FINISHED = "finished", _("An import, export or bulk change of mine has ended")
    STOPPED = "stopped", _("Something that I set up to run by itself has stopped")
    QUALITY = "quality", _("My records with the poorest data, each week")
    RULE = "rule", _("A rule points out a record")
    APPROVAL = "approval", _("I am asked to approve something")
    RULE_OFF = "rule_off", _("A rule of mine switched itself off")
    FAILED = "failed", _("Background work was given up (administrators)")


class Channel(models.TextChoices):
    NONE = "none", _("Not at all")
    PAGE = "page", _("In the page")
    NOW = "now", _("In the page, and by mail at once")
    DAILY = "daily", _("In the page, and in the daily mail")


class MailState(models.TextChoices):
    CLAIMED = "claimed", _("Being sent")
    SENT = "sent", _("Handed over")
    NOT_SENT = "not_sent", _("Not sent")
    DOUBTFUL = "doubtful", _("Perhaps sent")


class NotificationMail(models.Model):
    """A mail to one person. It is recorded before it is sent, so that nobody gets the same news twice.

    A mail that stays `claimed`, or is `doubtful`, may have arrived or not; it is not sent again by itself.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_digest = models.BooleanField()
    state = models.CharField(max_length=8, choices=MailState, default=MailState.CLAIMED)
    day = models.DateField(null=True)
    """The day of a digest, in the person's zone."""
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "day"],
                condition=Q(is_digest=True) & ~Q(state="not_sent"),
                name="interactions_mail_one_digest_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.state}"


class Notification(models.Model):
    """Something a person should know: a kind and a record, never its contents.

    Unread ones of the same kind about the same thing fold into one with a count. `target_type` is a record type or
    another kind of thing that `targets` knows; what may not be seen (any more) is not shown. `fact`, when set, is told
    once only.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    target_type = models.CharField(max_length=40, db_collation="C")
    target_id = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    count = models.PositiveIntegerField(default=1)
    fact = models.CharField(max_length=120, blank=True, default="", db_collation="C")
    channel = models.CharField(max_length=5, choices=Channel, default=Channel.PAGE)
    created_at = models.DateTimeField(db_default=Now())
    at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    mail = models.ForeignKey(NotificationMail, models.SET_NULL, null=True, related_name="notifications")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "target_type", "target_id"],
                condition=Q(read_at=None),
                name="interactions_notification_folded",
            ),
            models.UniqueConstraint(
                fields=["user", "fact"], condition=~Q(fact=""), name="interactions_notification_fact"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="interactions_notification_user"),
            models.Index(
                fields=["channel", "user"],
                condition=Q(read_at=None, mail=None, channel__in=["now", "daily"]),
                name="interactions_notification_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_type} {self.target_id}"


class NotificationSetting(models.Model):
    """What one person wants to be told, how, and when to be left alone. Without a row the defaults hold."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    channels = models.JSONField(default=dict)
    """Kind → channel, where it differs from the default."""
    quiet_from = models.TimeField(_("Quiet from"), null=True, blank=True, default=dt.time(20))
    quiet_until = models.TimeField(_("until"), null=True, blank=True, default=dt.time(8))
    quiet_weekends = models.BooleanField(_("No mail on Saturdays and Sundays"), default=True)
    digest_at = models.TimeField(_("Daily mail at"), default=dt.time(8, 30))

    def __str__(self) -> str:
        return f"{self.user_id}"

    def channel(self, kind: str) -> str:
        """How the person wants to hear of this kind."""
        return str(self.channels.get(kind, DEFAULTS.get(kind, Channel.PAGE.value)))


DEFAULTS: dict[str, str] = {}
"""Kinds that are not told in the page alone unless somebody asks for it; none for now, since mail must be set up first."""
