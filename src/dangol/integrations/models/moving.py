"""Moving in from another program: the plan over its files, and how far it is."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class MoveState(models.TextChoices):
    DRAFT = "draft", _("Being planned")
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Moving in")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Moved in")
    FAILED = "failed", _("Stopped by an error")
    UNDOING = "undoing", _("Being taken back")
    UNDONE = "undone", _("Taken back")


class Move(models.Model):
    """A whole company's records on their way in from another program.

    `plan` is what `moving.planning` made of the files and what people changed of it: files, steps, relations, people and
    own fields (see `moving.plans`). Each step that was begun names its import run. `rehearsed` holds the totals of the last
    dry run by step; empty when there was none for this plan. `place` is the step that is being carried out.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("User"),
    )
    state = models.CharField(_("State"), max_length=10, choices=MoveState, default=MoveState.DRAFT)
    recipe = models.CharField(max_length=40, blank=True, default="", db_collation="C")
    plan = models.JSONField(default=dict)
    rehearsed = models.JSONField(default=dict)
    place = models.PositiveIntegerField(default=0)
    pause_requested = models.BooleanField(default=False)
    message = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("Moving in")
        indexes = [models.Index(fields=["owner", "-id"], name="integrations_move_owner")]

    def __str__(self) -> str:
        return f"{self.pk} {self.recipe} {self.state}"

    @property
    def is_active(self) -> bool:
        """It waits for a worker or is being worked on."""
        return self.state in (MoveState.WAITING, MoveState.RUNNING, MoveState.UNDOING)
