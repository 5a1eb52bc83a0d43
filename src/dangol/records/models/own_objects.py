"""The types of records that administrators made."""

from django.conf import settings as project
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ObjectState(models.TextChoices):
    """Where an own object stands in its life. The name of a deleted one is never used again."""

    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Switched off")
    DELETING = "deleting", _("What is left of it is being removed")
    DELETED = "deleted", _("Deleted")


class OwnObject(models.Model):
    """A type of records that an administrator made. Its records lie in a table of their own, which has its name.

    `name` never changes. `prefix` stands in front of the numbers that its records are given, which go on counting when it
    changes; without one they have no numbers.
    """

    name = models.CharField(max_length=40, unique=True, db_collation="C")
    label_ko = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60, blank=True)
    plural_en = models.CharField(max_length=60, blank=True)
    title_ko = models.CharField(max_length=60, blank=True)
    title_en = models.CharField(max_length=60, blank=True)
    icon = models.CharField(max_length=40, default="cube")
    tone = models.CharField(max_length=1, blank=True)
    prefix = models.CharField(max_length=12, blank=True)
    owned = models.BooleanField(default=True)
    timeline = models.BooleanField(default=False)
    personal = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=ObjectState, default=ObjectState.ACTIVE)
    removed = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(project.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(project.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "records_own_object"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(name__startswith="x_"), name="records_own_object_prefixed")
        ]

    def __str__(self) -> str:
        return self.label_ko or self.label_en

    @property
    def path(self) -> str:
        """The object in addresses."""
        return self.name.replace("_", "-")
