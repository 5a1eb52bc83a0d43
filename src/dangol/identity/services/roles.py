"""Roles and their grants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor
from dangol.identity.models import FieldRule, Grant, Role
from dangol.identity.services import audit

GrantTriple = tuple[str, str, str]
FieldRules = Mapping[tuple[str, str], str]


def role_save(
    *,
    actor: Actor,
    code: str,
    name: str,
    grants: Iterable[GrantTriple],
    description: str = "",
    role: Role | None = None,
    rules: FieldRules | None = None,
) -> Role:
    """Make a role, or give an existing one this code, name and set of grants. In force from the next request.

    Args:
        actor: who does it.
        code: short Latin name, unique.
        name: name that people see, unique.
        grants: triples of record type (``*``: every type), action and scope; replaces what was there.
        description: what the role is for.
        role: the role to change; a new one when not given.
        rules: (record type, field) → ``hidden``, ``masked`` or ``read_only``; replaces what was there. Left as they are
            when not given.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: per field what is wrong.
    """
    policies.require(policies.can_administer(actor), "role_save")
    wanted = frozenset(grants)
    with transaction.atomic():
        if role is None:
            role, had = Role(), frozenset[GrantTriple]()
            ruled: FieldRules = {}
            before: dict[str, object] = {"field_rules": []}
        else:
            role = Role.objects.select_for_update().get(pk=role.pk)
            had = frozenset(role.grants.values_list("record_type", "action", "scope"))
            ruled = _rules(role)
            before = _facts(role, had, ruled)
        is_new = role.pk is None
        role.code, role.name, role.description = code.strip(), name.strip(), description.strip()
        role.full_clean()
        role.save()
        for record_type, action, scope in had - wanted:
            role.grants.filter(record_type=record_type, action=action, scope=scope).delete()
        added = [Grant(role=role, record_type=t, action=a, scope=s) for t, a, s in sorted(wanted - had)]
        for grant in added:
            grant.clean_fields(exclude=["role"])
        Grant.objects.bulk_create(added)
        now = ruled if rules is None else {key: rule for key, rule in rules.items() if rule}
        _rules_save(role, ruled, now)
        difference = audit.differences(before, _facts(role, wanted, now))
        if difference:
            audit.record(actor=actor, act="created" if is_new else "updated", target=role, changes=difference)
    return role


def role_delete(*, role: Role, actor: Actor) -> None:
    """Delete a role that nobody has any more.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: somebody still has it.
    """
    policies.require(policies.can_administer(actor), "role_delete")
    with transaction.atomic():
        locked = Role.objects.select_for_update().get(pk=role.pk)
        holders = locked.users.count()
        if holders:
            raise ValidationError(
                _("%(count)s people still have this role. Take it from them first."),
                code="in_use",
                params={"count": holders},
            )
        grants = frozenset(locked.grants.values_list("record_type", "action", "scope"))
        gone = {"grants": [_lines(grants), []], "field_rules": [_rule_lines(_rules(locked)), []]}
        audit.record(actor=actor, act="deleted", target=locked, changes=gone)
        locked.delete()


def _facts(role: Role, grants: frozenset[GrantTriple], rules: FieldRules) -> dict[str, object]:
    return {
        "code": role.code,
        "name": role.name,
        "description": role.description,
        "grants": _lines(grants),
        "field_rules": _rule_lines(rules),
    }


def _rules(role: Role) -> dict[tuple[str, str], str]:
    return {
        (kind, name): rule
        for kind, name, rule in role.field_rules.values_list("record_type", "field", "rule")
    }


def _rules_save(role: Role, had: FieldRules, wanted: FieldRules) -> None:
    """Replace the rules that differ. Two queries, none when nothing differs."""
    changed = [key for key in had.keys() | wanted.keys() if had.get(key) != wanted.get(key)]
    if not changed:
        return
    role.field_rules.filter(
        pk__in=[rule.pk for rule in role.field_rules.all() if (rule.record_type, rule.field) in changed]
    ).delete()
    added = [
        FieldRule(role=role, record_type=kind, field=name, rule=wanted[kind, name])
        for kind, name in sorted(changed)
        if (kind, name) in wanted
    ]
    for rule in added:
        rule.clean_fields(exclude=["role"])
    FieldRule.objects.bulk_create(added)


def _rule_lines(rules: FieldRules) -> list[str]:
    return [f"{kind}:{name}:{rule}" for (kind, name), rule in sorted(rules.items())]


def _lines(grants: frozenset[GrantTriple]) -> list[str]:
    return [":".join(grant) for grant in sorted(grants)]
