"""Approvals: what is asked for, whom, what each said, and who stands in for whom."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dangol.automation.models.rules import RuleRun


class ApprovalState(models.TextChoices):
    PENDING = "pending", _("To be decided")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("Not decided in time")


class Locking(models.TextChoices):
    """What nobody changes while an approval waits."""

    NOTHING = "", _("The record can be changed as always")
    RECORD = "record", _("Nobody changes the record")
    FIELDS = "fields", _("Nobody changes these fields")


class ApprovalRequest(models.Model):
    """A rule asks whether it may go on with a record. The run waits for it; `stage` is the one that is asked now.

    `escalation` says who is asked besides when the deadline has passed, which happens once (`escalated_at`); empty: nobody.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(RuleRun, models.CASCADE, related_name="approvals")
    step = models.CharField(max_length=40, db_collation="C")
    record_type = models.CharField(max_length=100, db_collation="C")
    record_id = models.BigIntegerField()
    stages = models.JSONField()
    stage = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=ApprovalState, default=ApprovalState.PENDING)
    deadline = models.DateTimeField()
    lock = models.CharField(max_length=6, choices=Locking, blank=True, default="")
    locked_fields = models.JSONField(default=list)
    escalation = models.JSONField(default=dict)
    escalated_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "automation_approval"
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="approval_once_per_step")]
        indexes = [
            models.Index(
                fields=["record_type", "record_id"],
                name="approval_pending",
                condition=models.Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} ({self.state})"


class ApprovalVote(models.Model):
    """What one person is asked in one stage, and says; `decided_by` is somebody else where that person stood in.

    `is_escalated`: asked since the deadline had passed; what this person says is enough for the stage.
    """

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="votes")
    stage = models.PositiveSmallIntegerField()
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    decision = models.CharField(max_length=8, choices=ApprovalState, default=ApprovalState.PENDING)
    comment = models.TextField(blank=True, default="")
    is_escalated = models.BooleanField(default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "automation_approval_vote"
        constraints = [
            models.UniqueConstraint(fields=["request", "stage", "approver"], name="vote_once_per_stage")
        ]
        indexes = [
            models.Index(fields=["approver"], name="vote_pending", condition=models.Q(decision="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}/{self.stage}: {self.approver_id} {self.decision}"


class Delegation(models.Model):
    """Somebody stands in for somebody from one day to another, both included."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    first_day = models.DateField(_("First day"))
    last_day = models.DateField(_("Last day"))

    class Meta:
        db_table = "automation_delegation"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_day__lte=models.F("last_day")), name="delegation_days"
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("delegate")), name="delegation_to_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.delegate_id}"
