"""What the company has set about personal data, in memory; a change reaches all processes (`identity.revisions`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from dangol.identity import revisions
from dangol.identity.actors import Actor, may_administer
from dangol.identity.services import audit
from dangol.records.models.looks import PrivacySettings

REVISION = "privacy"


@dataclass(frozen=True)
class Current:
    """The settings in force."""

    kept_years: int = 1
    reveals_per_hour: int = 20
    reveal_roles: frozenset[int] = frozenset()
    personal_fields: frozenset[str] = frozenset()
    personal_types: frozenset[str] = frozenset()


_current = Current()


def current() -> Current:
    """What is set. No query."""
    return _current


def load() -> None:
    """Read the settings. One query."""
    global _current
    row = PrivacySettings.objects.filter(pk=1).first() or PrivacySettings()
    fields = frozenset(row.personal_fields)
    _current = Current(
        kept_years=row.kept_years,
        reveals_per_hour=row.reveals_per_hour,
        reveal_roles=frozenset(row.reveal_roles),
        personal_fields=fields,
        personal_types=frozenset(name.partition(".")[0] for name in fields),
    )


def start() -> None:
    """Have the settings read anew whenever they change; called while the project starts."""
    revisions.keep(REVISION, load)


def save(*, actor: Actor, values: Mapping[str, Any]) -> PrivacySettings:
    """Change the settings; the log of changes of access keeps what they were before.

    Raises:
        PermissionDenied: the actor does not administer.
        ValidationError: a number out of its bounds.
    """
    if not may_administer(actor) or actor.seen_by is not None:
        raise PermissionDenied("privacy_settings")
    with transaction.atomic():
        PrivacySettings.objects.get_or_create(pk=1)
        row = PrivacySettings.objects.select_for_update().get(pk=1)
        before = {name: getattr(row, name) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean()
        row.save()
        audit.record(
            actor=actor, act="privacy_set", target=row, changes=audit.differences(before, dict(values))
        )
        revisions.changed(REVISION)
    return row
