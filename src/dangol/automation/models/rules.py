"""Rules, their versions, and what each run of them did."""

from __future__ import annotations

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

HOURLY_LIMIT = 10_000


class OffReason(models.TextChoices):
    """Why a rule switched itself off."""

    RATE = "rate", _("It ran too often within an hour.")
    BROKEN = "broken", _("It names something that is gone.")
    AUTHOR = "author", _("Whoever it acts for has left or may not do this any more.")


class Rule(models.Model):
    """When something happens to records of a type, and a condition holds, do these steps.

    What it does stands in versions, which never change; `current` is the one in force. It acts in the name, and with no more
    than the rights, of whoever wrote that version (see docs/decisions/0037).
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("Name"), max_length=120)
    record_type = models.CharField(max_length=100, db_collation="C")
    is_active = models.BooleanField(default=False)
    order = models.PositiveIntegerField(_("Order among rules"), default=100)
    hourly_limit = models.PositiveIntegerField(_("At most so many runs an hour"), default=HOURLY_LIMIT)
    current = models.ForeignKey(
        "automation.RuleVersion", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    off_reason = models.CharField(max_length=10, choices=OffReason, blank=True, default="")
    off_detail = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    switched_at = models.DateTimeField(null=True, blank=True)
    switched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "automation_rule"
        ordering = ["order", "id"]
        indexes = [
            models.Index(fields=["record_type"], condition=models.Q(is_active=True), name="rule_active"),
        ]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """What a rule does, once and for all: `trigger`, `condition` (the filter language's canonical JSON, and as text), `steps`."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    trigger = models.JSONField()
    condition = models.JSONField(default=dict)
    condition_text = models.TextField(blank=True, default="")
    steps = models.JSONField(default=list)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "automation_rule_version"
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once")]
        triggers = [pgtrigger.Protect(name="rule_version_unchanging", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class RunState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    WAITING = "waiting", _("Waits for its time")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


class RunReason(models.TextChoices):
    """Why a run ended otherwise than done."""

    LOOP = "loop", _("The rule had set itself off: the same rule on the same record, once more.")
    DEPTH = "depth", _("Rules set each other off too many times in a row.")
    RATE = "rate", _("The rule ran too often within an hour and was switched off.")
    OFF = "off", _("The rule was switched off meanwhile.")
    GONE = "gone", _("The record is gone, or out of reach of whoever the rule acts for.")
    STEP = "step", _("A step said to stop.")
    REFUSED = "refused", _("A step could not be done.")
    ERROR = "error", _("An error, again and again.")


class RuleRun(models.Model):
    """One rule for one record: what set it off, how far it is, and what each step did.

    `position` is the instruction that comes next, `results` what the steps before it did: ids and names of fields, never
    values. `chain` joins the runs that one act of a person set off, `depth` is how many rules came before this one in it.
    """

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="runs")
    version = models.ForeignKey(RuleVersion, models.CASCADE, related_name="+")
    record_type = models.CharField(max_length=100, db_collation="C")
    record_id = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=RunState, default=RunState.QUEUED)
    reason = models.CharField(max_length=10, choices=RunReason, blank=True, default="")
    detail = models.TextField(blank=True, default="")
    trigger = models.CharField(max_length=10, db_collation="C")
    position = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    chain = models.UUIDField(default=uuid.uuid4)
    depth = models.PositiveSmallIntegerField(default=0)
    cause = models.UUIDField(null=True, blank=True)
    caused_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "automation_run"
        constraints = [
            # Whatever is delivered twice runs once.
            models.UniqueConstraint(
                fields=["rule", "cause", "record_id"],
                condition=models.Q(cause__isnull=False),
                name="run_once_per_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["rule", "-id"], name="run_of_rule"),
            models.Index(fields=["rule", "created_at"], name="run_rate"),
            models.Index(fields=["record_type", "record_id", "-id"], name="run_of_record"),
            models.Index(fields=["chain"], name="run_chain"),
            models.Index(
                fields=["due_at"], name="run_due", condition=models.Q(state__in=["queued", "waiting"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} → {self.record_type} {self.record_id} ({self.state})"


class RuleClock(models.Model):
    """When a rule by the clock comes next, and up to which day one by a date has looked."""

    rule = models.OneToOneField(Rule, models.CASCADE, primary_key=True, related_name="clock")
    next_at = models.DateTimeField(null=True, blank=True)
    looked_until = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "automation_clock"

    def __str__(self) -> str:
        return f"{self.rule_id}"


class ReachedDate(models.Model):
    """A date of a record that a rule has run for: each value of it once."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+")
    record_id = models.BigIntegerField()
    value = models.DateField()

    class Meta:
        db_table = "automation_reached_date"
        constraints = [
            models.UniqueConstraint(fields=["rule", "record_id", "value"], name="reached_date_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.record_id} {self.value}"


class Turn(models.Model):
    """Whose turn it is in a step that assigns by turns: how many were assigned so far."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+")
    step = models.CharField(max_length=40, db_collation="C")
    taken = models.BigIntegerField(default=0)

    class Meta:
        db_table = "automation_turn"
        constraints = [models.UniqueConstraint(fields=["rule", "step"], name="turn_once")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.step}: {self.taken}"


class CallState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class OutgoingCall(models.Model):
    """A message of a rule to another server: kept until it was taken, or given up after several attempts."""

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(RuleRun, models.CASCADE, related_name="calls")
    url = models.TextField()
    body = models.JSONField()
    state = models.CharField(max_length=8, choices=CallState, default=CallState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    next_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "automation_call"
        indexes = [
            models.Index(fields=["next_at"], name="call_due", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.state})"
