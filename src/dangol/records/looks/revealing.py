"""One masked value shown to somebody who may see it where there is a reason: logged, and only so many an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules
from dangol.records.exporting.asking import REASON_LEAST, REASON_MOST
from dangol.records.fields import Field
from dangol.records.fields.masks import Mask, Masked
from dangol.records.lists import record_get
from dangol.records.looks import settings, taking
from dangol.records.models.looks import Look, LookAct
from dangol.records.types import RecordType

LOCK = 7_308_081


class RevealRefused(ValueError):
    """Why a value is not shown: `forbidden`, `missing`, `reason` or `limit`."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def may_reveal(actor: Actor) -> bool:
    """Has the actor a role whose people may see single masked values. No query."""
    return actor.seen_by is None and bool(settings.current().reveal_roles & actor.role_ids)


def reveal(
    *, actor: Actor, record_type: RecordType, record_id: int, name: str, reason: str
) -> tuple[Field, Any]:
    """The field behind its mask, and the value. That it was shown, to whom and why, is in the log before it is shown.

    Args:
        name: a field that the actor sees masked.
        reason: what for, at least five characters.

    Raises:
        RevealRefused: not the actor's to see, no reason, or too many in the last hour.

    Four queries.
    """
    whole = fieldrules.whole(record_type)
    if not may_reveal(actor) or not isinstance(fieldrules.seen_by(actor, whole).fields.get(name), Masked):
        raise RevealRefused("forbidden", _("This value cannot be revealed to you."))
    reason = " ".join(reason.replace("\0", "").split())[:REASON_MOST]
    if len(reason) < REASON_LEAST:
        raise RevealRefused(
            "reason", _("Say what for, in at least %(least)s characters.") % {"least": REASON_LEAST}
        )
    rules = {key: rule for key, rule in actor.field_rules.items() if key != (whole.name, name)}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, actor.user_id])
        _guard_limit(actor)
        seen = replace(actor, field_rules=rules)
        row = record_get(actor=seen, record_type=whole, record_id=record_id, columns=[name])
        if row is None:
            raise RevealRefused("missing", _("There is no such record."))
        if isinstance(row[name], Mask):  # computed from what stays masked
            raise RevealRefused("forbidden", _("This value cannot be revealed to you."))
        line = (LookAct.REVEAL.value, whole.name, f"{name}: {reason}", [record_id], 1)
        taking.write([line], actor=actor)
    return whole.fields[name], row[name]


def _guard_limit(actor: Actor) -> None:
    limit = settings.current().reveals_per_hour
    lately = Look.objects.filter(
        user_id=actor.user_id, act=LookAct.REVEAL, at__gt=timezone.now() - timedelta(hours=1)
    ).count()
    if lately >= limit:
        raise RevealRefused(
            "limit",
            _(
                "You have seen %(limit)s masked values in the last hour, which is the limit. Wait, or ask your administrator."
            )
            % {"limit": limit},
        )
