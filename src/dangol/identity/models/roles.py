"""What people may do: role = record type × action × scope."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

EVERY_TYPE = "*"


class Action(models.TextChoices):
    VIEW = "view", _("View")
    CREATE = "create", _("Create")
    EDIT = "edit", _("Edit")
    DELETE = "delete", _("Delete")
    IMPORT = "import", _("Import")
    EXPORT = "export", _("Export")
    AUTOMATE = "automate", _("Automate")
    ADMINISTER = "administer", _("Administer")


class Scope(models.TextChoices):
    OWN = "own", _("Own")
    TEAM = "team", _("Team")
    TERRITORY = "territory", _("Territory")
    ALL = "all", _("All")


class Rule(models.TextChoices):
    """What becomes of a field for who has a role. Without a rule a field is shown and can be changed."""

    HIDDEN = "hidden", _("Hidden")
    MASKED = "masked", _("Masked")
    READ_ONLY = "read_only", _("Read only")


# From the one that takes least to the one that takes most.
PERMISSIVENESS = ("", Rule.READ_ONLY.value, Rule.MASKED.value, Rule.HIDDEN.value)


class Role(models.Model):
    """A set of grants under a name. The grants of several roles of one user add up."""

    id = models.BigAutoField(primary_key=True)
    code = models.SlugField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "identity_role"
        ordering = ["id"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """One permission of a role: this action on this record type (``*``: every type) within this scope."""

    id = models.BigAutoField(primary_key=True)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants")
    record_type = models.CharField(max_length=100)
    action = models.CharField(max_length=20, choices=Action.choices)
    scope = models.CharField(max_length=20, choices=Scope.choices)

    class Meta:
        db_table = "identity_grant"
        constraints = [
            models.UniqueConstraint(fields=["role", "record_type", "action", "scope"], name="grant_unique"),
            models.CheckConstraint(condition=models.Q(action__in=Action.values), name="grant_action_known"),
            models.CheckConstraint(condition=models.Q(scope__in=Scope.values), name="grant_scope_known"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type}:{self.action}:{self.scope}"


class FieldRule(models.Model):
    """What a role's people see of one field of a record type, and whether they may change it.

    Fields are named, not referred to: own fields have rules like all others.
    """

    id = models.BigAutoField(primary_key=True)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="field_rules")
    record_type = models.CharField(max_length=100)
    field = models.CharField(max_length=100)
    rule = models.CharField(max_length=20, choices=Rule.choices)

    class Meta:
        db_table = "identity_field_rule"
        constraints = [
            models.UniqueConstraint(fields=["role", "record_type", "field"], name="field_rule_unique"),
            models.CheckConstraint(condition=models.Q(rule__in=Rule.values), name="field_rule_known"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type}.{self.field}:{self.rule}"
