"""How forms and record pages are arranged for the people of a role."""

from __future__ import annotations

from django.db import models


class Layout(models.Model):
    """The arrangement of one type's fields for a role, or for everybody without one of his own (`role` empty).

    `sections` lists headings in order, each with the names of its fields: `{"ko": …, "en": …, "fields": […]}`. `hidden` names
    the fields that do not stand in forms. Fields that came later stand where their type puts them.
    """

    record_type = models.CharField(max_length=40, db_collation="C")
    role = models.ForeignKey("identity.Role", models.CASCADE, null=True, related_name="+")
    sections = models.JSONField(default=list)
    hidden = models.JSONField(default=list)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "records_layout"
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "role"], nulls_distinct=False, name="records_layout_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.role_id or '*'}"
