"""Roles and their grants."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor
from dangol.identity.models import Grant, Role
from dangol.identity.services import audit

GrantTriple = tuple[str, str, str]


def role_save(
    *,
    actor: Actor,
    code: str,
    name: str,
    grants: Iterable[GrantTriple],
    description: str = "",
    role: Role | None = None,
) -> Role:
    """Make a role, or give an existing one this code, name and set of grants. In force from the next request.

    Args:
        actor: who does it.
        code: short Latin name, unique.
        name: name that people see, unique.
        grants: triples of record type (``*``: every type), action and scope; replaces what was there.
        description: what the role is for.
        role: the role to change; a new one when not given.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: per field what is wrong.
    """
    policies.require(policies.can_administer(actor), "role_save")
    wanted = frozenset(grants)
    with transaction.atomic():
        if role is None:
            role, before, had = Role(), {}, frozenset[GrantTriple]()
        else:
            role = Role.objects.select_for_update().get(pk=role.pk)
            had = frozenset(role.grants.values_list("record_type", "action", "scope"))
            before = _facts(role, had)
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
        difference = audit.differences(before, _facts(role, wanted))
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
        audit.record(actor=actor, act="deleted", target=locked, changes={"grants": [_lines(grants), []]})
        locked.delete()


def _facts(role: Role, grants: frozenset[GrantTriple]) -> dict[str, object]:
    return {"code": role.code, "name": role.name, "description": role.description, "grants": _lines(grants)}


def _lines(grants: frozenset[GrantTriple]) -> list[str]:
    return [":".join(grant) for grant in sorted(grants)]
