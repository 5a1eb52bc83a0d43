"""The composer: one line of text, a kind, and a few words for when – made into an interaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.interactions import attached, mentions, services
from dangol.interactions.comments.acts import mention_in_record, unseen_error
from dangol.interactions.models import Direction, Kind
from dangol.interactions.people import KeyPerson
from dangol.interactions.phrases import find_due
from dangol.interactions.timeline.kinds import ICONS, LABELS
from dangol.records import ports, registry
from dangol.records.fields import id_in
from dangol.records.types import RecordType
from dangol.records.writing import WriteError

KEYS = {"note": "m", "call": "c", "meeting": "a", "mail": "l", "task": "t"}
"""The key that opens the composer with this kind."""
LONGEST_SUBJECT = 200


class ComposeError(ValueError):
    """What the writer has to mend; `field` says where."""

    def __init__(self, field_name: str, message: str, *, unseen: bool = False) -> None:
        super().__init__(message)
        self.field = field_name
        self.message = message
        self.unseen = unseen


@dataclass(frozen=True)
class Composer:
    """What the template needs."""

    url: str
    preview_url: str
    kinds: Sequence[tuple[str, Any, str, str]]
    people: Sequence[KeyPerson]
    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    error_field: str = ""
    mentions_url: str = ""
    unseen: bool = False


def composer(
    record_type: RecordType,
    record_id: int,
    people: Sequence[KeyPerson],
    *,
    values: Mapping[str, str] | None = None,
    error: ComposeError | None = None,
) -> Composer:
    """The composer of a record's page."""
    return Composer(
        url=reverse("interactions:compose", args=[record_type.name, record_id]),
        preview_url=reverse("interactions:due"),
        kinds=[(kind, LABELS[kind], ICONS[kind], KEYS[kind]) for kind in LABELS],
        people=people,
        values=values or {"kind": "note"},
        error=error.message if error else "",
        error_field=error.field if error else "",
        mentions_url=f"{reverse('interactions:people_offer')}?type={record_type.name}&id={record_id}",
        unseen=bool(error and error.unseen),
    )


def may_compose(actor: Actor, record_type: RecordType) -> bool:
    """Whether the actor can write down interactions about records of this type. No query."""
    return record_type.name in ("customer", "contact") or attached.field_to(record_type, actor) is not None


def compose(*, actor: Actor, record_type: RecordType, record_id: int, values: Mapping[str, str]) -> int:
    """Make an interaction of what was written in the composer.

    The first line is the subject. For a task the words for when may stand in the text ("내일 3시 견적 보내기").

    Returns:
        The id of the interaction.

    Raises:
        ComposeError: something has to be mended; nothing was written.
    """
    kind = values.get("kind", "")
    if kind not in Kind.values:
        raise ComposeError("kind", _("Choose what to write down."))
    text = values.get("text", "").strip()
    text, named = mentions.resolved(text, mentions.ids_in(values.get("mentions", "").split(",")))
    now = timezone.now().astimezone(ZoneInfo(actor.time_zone))
    moment, text = _moment(kind, values.get("when", "").strip(), text, now)
    subject, _newline, body = text.partition("\n")
    if not subject.strip():
        raise ComposeError("text", _("Write at least a line."))
    if len(subject) > LONGEST_SUBJECT:
        subject, body = subject[: LONGEST_SUBJECT - 1] + "…", text
    arguments = _about(actor, record_type, record_id, values.get("contact", ""))
    minutes = values.get("minutes", "").strip()
    if minutes and kind in (Kind.CALL, Kind.MEETING):
        if not (minutes.isascii() and minutes.isdigit() and len(minutes) <= 4):
            raise ComposeError("minutes", _("Enter the minutes as a whole number."))
        arguments["duration_minutes"] = int(minutes)
    direction = values.get("direction", "")
    if kind in (Kind.CALL, Kind.MAIL) and direction in Direction.values:
        arguments["direction"] = direction
    try:
        with transaction.atomic():
            made = services.interaction_log(
                actor=actor,
                kind=kind,
                subject=subject.strip(),
                body=body.strip(),
                occurred_at=None if kind == Kind.TASK else moment,
                due_at=moment if kind == Kind.TASK else None,
                **arguments,
            )
            if named:
                _mention(actor, record_type, record_id, made, named, despite="despite" in values)
            return made
    except WriteError as problem:
        first = problem.errors[0]
        raise ComposeError(first.field or "text", str(first.message)) from problem


def _about(actor: Actor, record_type: RecordType, record_id: int, contact: str) -> dict[str, Any]:
    """What the interaction is about: the record, and the customer's contact that was chosen."""
    if record_type.name == "contact":
        return {"contact_id": record_id}
    if record_type.name != "customer":
        field = attached.field_to(record_type, actor)
        if field is None:
            raise ComposeError("text", _("Interactions have no field for these records."))
        return {"about": {field.name: record_id}}
    contact_id = id_in(contact) if contact else None
    if contact and contact_id is None:
        raise ComposeError("contact", _("Choose a contact of this customer."))
    return {"customer_id": record_id, "contact_id": contact_id}


def _mention(
    actor: Actor, record_type: RecordType, record_id: int, made: int, named: dict[int, str], *, despite: bool
) -> None:
    """Tell those named; whom neither the note nor the record is there for, the writer hears of first."""
    note = registry.get("interaction")
    unseen = mentions.blind(named, record_type, record_id) | mentions.blind(named, note, made)
    if unseen and not despite:
        raise ComposeError("text", str(unseen_error(unseen.values()).message), unseen=True)
    mention_in_record(actor=actor, record_type=note, record_id=made, named=named)
    timeline = ports.timeline()
    if timeline is not None:
        timeline.add(services.interaction_entries([made]))


def _moment(kind: str, when: str, text: str, now: datetime) -> tuple[datetime | None, str]:
    is_past = kind in (Kind.NOTE, Kind.CALL, Kind.MAIL)
    if when:
        due = find_due(when, now, past=is_past)
        if due is None:
            raise ComposeError(
                "when", _("This time is not understood. Write it like “tomorrow 3pm” or “Dec 3 10:00”.")
            )
        return due.at, text
    if kind in (Kind.TASK, Kind.MEETING):
        first, newline, rest = text.partition("\n")
        due = find_due(first, now)
        if due is not None:
            kept = due.without(first)
            return due.at, (kept or first) + newline + rest
    return None, text
