"""Views of lists that somebody gave a name: what is shown, in which order, and how."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.records.models.base import Record


class Audience(models.TextChoices):
    """Who finds a view in the list of views."""

    PRIVATE = "private", _("Only me")
    TEAM = "team", _("My team")
    EVERYONE = "everyone", _("Everyone")


class SavedView(Record):
    """A view of one record type's list. `state` holds what stands in the address of the list (`saved_views.KEYS`).

    It holds no records and grants nothing: whoever opens it sees what that person may see.
    """

    record_type = models.CharField(max_length=63, db_collation="C")
    name = models.CharField(_("Name"), max_length=80)
    name_en = models.CharField(_("Name in English"), max_length=80, blank=True, default="", db_default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey("identity.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.PRIVATE)
    pinned = models.BooleanField(_("In the head of the list"), default=False, db_default=False)
    state = models.JSONField(default=dict)

    class Meta(Record.Meta):
        verbose_name = _("Saved view")
        verbose_name_plural = _("Saved views")
        indexes = [models.Index(fields=["record_type", "name"], name="records_savedview_type")]

    def __str__(self) -> str:
        return self.name


class Favourite(models.Model):
    """A view that a person has put into the left menu; in the order in which they came."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="favourites")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "view"], name="records_favourite_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.view_id}"


class ViewDefault(models.Model):
    """Which view a list opens with: for one person, for a role, or (neither) for everybody. The narrowest holds."""

    record_type = models.CharField(max_length=63, db_collation="C")
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="defaults")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    role = models.ForeignKey("identity.Role", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "user", "role"], name="records_viewdefault_one", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(user=None) | models.Q(role=None), name="records_viewdefault_whose"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type}: {self.view_id}"
