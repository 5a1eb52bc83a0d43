"""Mails in which dashboards and reports go out, and each person's copy of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.insight.models.dashboards import Dashboard
from dangol.insight.models.reports import Report
from dangol.records.models.base import Record


class Rhythm(models.TextChoices):
    """How often a mail goes out."""

    DAY = "day", _("Every day")
    WEEK = "week", _("Every week")
    MONTH = "month", _("Every month")


class Mailing(Record):
    """A dashboard or a report that goes out by mail to people, to each as that person may see it; the hour is Seoul's.

    `reason` is what a report about people is needed for: each copy is an export and noted down as one.
    `day` is the weekday (1 Monday … 7 Sunday) or the day of the month (the last one, where the month is shorter);
    `next_at` the moment of the next one. While it is not `active` nothing goes out.
    """

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, null=True, blank=True, related_name="mailings")
    report = models.ForeignKey(Report, models.CASCADE, null=True, blank=True, related_name="mailings")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    rhythm = models.CharField(_("How often"), max_length=5, choices=Rhythm, default=Rhythm.WEEK)
    day = models.PositiveSmallIntegerField(_("Day"), default=1)
    hour = models.PositiveSmallIntegerField(_("Hour"), default=8)
    reason = models.CharField(_("Reason"), max_length=500, blank=True, default="", db_default="")
    active = models.BooleanField(_("Active"), default=True, db_default=True)
    next_at = models.DateTimeField()

    class Meta(Record.Meta):
        verbose_name = _("Scheduled mail")
        verbose_name_plural = _("Scheduled mails")
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(active=True, deleted_at=None),
                name="insight_mailing_due",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(dashboard=None, report__isnull=False)
                | models.Q(dashboard__isnull=False, report=None),
                name="insight_mailing_of_one",
            ),
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="insight_mailing_hour"),
            models.CheckConstraint(
                condition=models.Q(day__gte=1, day__lte=31)
                & (~models.Q(rhythm=Rhythm.WEEK) | models.Q(day__lte=7)),
                name="insight_mailing_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dashboard_id or self.report_id} {self.rhythm}"


class CopyState(models.TextChoices):
    """What became of one person's copy."""

    WAITING = "waiting", _("Waiting")
    CLAIMED = "claimed", _("Being sent")
    SENT = "sent", _("Handed over")
    NOT_SENT = "not_sent", _("Not sent")
    DOUBTFUL = "doubtful", _("Perhaps sent")


class Why(models.TextChoices):
    """What kept a copy from being handed over: the first line of `error`, where it is one of these; the rest is for experts."""

    GONE = "gone", _("This person does not find it any more.")
    ENDED = "ended", _("The mail was ended.")
    UNREACHABLE = "unreachable", _("The mail server could not be reached; it is tried again.")
    GIVEN_UP = "given_up", _("The mail server could not be reached for six hours.")
    REFUSED = "refused", _("The mail server refused it.")
    BROKEN_OFF = (
        "broken_off",
        _("The mail server broke off: it may have arrived or not. It is not sent again."),
    )
    NOT_DRAWN = "not_drawn", _("It could not be drawn.")


class MailingCopy(models.Model):
    """One person's copy of one turn of a mailing. It is recorded before it is sent: nobody gets the same one twice.

    A copy that stays `claimed`, or is `doubtful`, may have arrived or not; it is not sent again by itself.
    """

    mailing = models.ForeignKey(Mailing, models.CASCADE, related_name="copies")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=CopyState, default=CopyState.WAITING)
    error = models.TextField(blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailing", "user", "due_at"], name="insight_mailing_once")
        ]
        indexes = [
            models.Index(fields=["state"], condition=models.Q(state="waiting"), name="insight_copy_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.mailing_id}/{self.user_id}: {self.state}"

    @property
    def why(self) -> str:
        """Why it was not handed over, in words."""
        code = self.error.partition("\n")[0]
        return str(Why(code).label) if code in Why.values else self.error

    @property
    def detail(self) -> str:
        """What the server or the program said of it."""
        code, _line, rest = self.error.partition("\n")
        return rest if code in Why.values else ""
