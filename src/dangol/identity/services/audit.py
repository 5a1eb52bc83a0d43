"""Leaving the trace of a change of access."""

from __future__ import annotations

from typing import Any

from django.db import models

from dangol.identity.actors import Actor
from dangol.identity.models import AccessChange


def record(*, actor: Actor, act: str, target: models.Model, changes: dict[str, Any] | None = None) -> None:
    """Write one line of the access log, in the caller's transaction. One query.

    Args:
        actor: who did it.
        act: what was done, such as ``created`` or ``password_set``.
        target: the user, role, team, territory or token; its label is kept as it is now.
        changes: per field the old and the new value, as JSON values. Never a secret.
    """
    AccessChange.objects.create(
        actor_id=actor.user_id,
        actor_name=(f"{actor.name} ({actor.through})" if actor.through else actor.name)[:200],
        request_id=actor.request_id[:64],
        act=act,
        target_type=target._meta.model_name or "",
        target_id=target.pk,
        target_name=str(target)[:300],
        changes=changes or {},
    )


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """The fields whose values differ, each with its old and its new value."""
    return {key: [before.get(key), after[key]] for key in after if before.get(key) != after[key]}
