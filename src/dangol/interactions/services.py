"""Business acts on interactions, and what is kept in step with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import Contact
from dangol.events.outbox import announce
from dangol.identity.actors import Actor
from dangol.interactions import attached
from dangol.interactions.events import InteractionLogged, TaskCompleted, TaskReopened
from dangol.interactions.models import Interaction, Kind, Mention
from dangol.records import permissions, ports, registry, writing
from dangol.records.fields import Ref
from dangol.records.ports import Entry
from dangol.records.types import Draft, WrittenRows
from dangol.records.writing import Change, Missing, RowError

BODY_ON_TIMELINE = 1000


def interaction_log(
    *,
    actor: Actor,
    kind: str,
    subject: str,
    customer_id: int | None = None,
    contact_id: int | None = None,
    body: str = "",
    occurred_at: datetime | None = None,
    due_at: datetime | None = None,
    duration_minutes: int | None = None,
    direction: str = "",
    outcome: str = "",
    about: Mapping[str, int] | None = None,
    origin: str = "page",
) -> int:
    """Write down what was said or done with a customer, or what is to be done.

    Args:
        actor: who did it; becomes the owner.
        kind: note, call, meeting, mail or task.
        subject: one line; body: the rest.
        customer_id, contact_id: with whom; the customer must be visible to the actor.
        about: values of own fields that say which records it was about (`attached.py`).
        occurred_at: when; now by default. due_at: for tasks. duration_minutes: for calls and meetings.

    Returns:
        The id. About fourteen queries.

    Raises:
        WriteError: a value is wrong, or the customer is not there for this actor.
    """
    values: dict[str, Any] = {
        **(about or {}),
        "kind": kind,
        "subject": subject,
        "body": body,
        "customer": customer_id,
        "contact": contact_id,
        "occurred_at": occurred_at or timezone.now(),
        "due_at": due_at,
        "duration_minutes": duration_minutes,
        "direction": direction,
        "outcome": outcome,
    }
    with transaction.atomic():
        written = writing.write(
            registry.get("interaction"),
            [Change({name: value for name, value in values.items() if value not in (None, "")})],
            actor=actor,
            origin=origin,
        )
        interaction_id = written.created[0]
        announce(
            InteractionLogged(interaction_id=interaction_id, kind=kind, customer_id=customer_id), actor=actor
        )
    return interaction_id


def task_complete(*, interaction_id: int, actor: Actor, origin: str = "page") -> None:
    """Mark a task as done now; done twice is done once.

    Raises:
        Missing: there is no such task that the actor may edit.
    """
    with transaction.atomic():
        task = _task(interaction_id, actor)
        if task.done_at is None:
            writing.update(
                registry.get("interaction"), task.pk, {"done_at": timezone.now()}, actor=actor, origin=origin
            )
            announce(TaskCompleted(interaction_id=task.pk), actor=actor)


def task_reopen(*, interaction_id: int, actor: Actor, origin: str = "page") -> None:
    """Take the mark off again.

    Raises:
        Missing: there is no such task that the actor may edit.
    """
    with transaction.atomic():
        task = _task(interaction_id, actor)
        if task.done_at is not None:
            writing.update(
                registry.get("interaction"), task.pk, {"done_at": None}, actor=actor, origin=origin
            )
            announce(TaskReopened(interaction_id=task.pk), actor=actor)


def _task(interaction_id: int, actor: Actor) -> Interaction:
    rows = permissions.visible_to(actor, registry.get("interaction"), "edit")
    task: Interaction | None = (
        rows.filter(pk=interaction_id, kind=Kind.TASK).select_for_update(of=("self",)).first()
    )
    if task is None:
        raise Missing([RowError(0, "id", interaction_id, "missing", _("There is no such record."))])
    return task


def complete_drafts(rows: Sequence[Draft], *, now: datetime) -> None:
    """Fill in what follows from the rest: the time, and the customer of the contact. One query, or none."""
    orphans: dict[int, list[Draft]] = {}
    for draft in rows:
        if draft.current is None and draft.get("occurred_at") is None:
            draft.values["occurred_at"] = now
        contact = draft.get("contact")
        if isinstance(contact, Ref) and contact.id is not None and draft.get("customer") is None:
            orphans.setdefault(contact.id, []).append(draft)
    if orphans:
        for contact, customer in Contact.objects.filter(pk__in=orphans).values_list("pk", "customer_id"):
            for draft in orphans[contact]:
                draft.values["customer"] = Ref(id=customer)


def timeline_refresh(written: WrittenRows) -> None:
    """Write the entries of interactions just written, in the writer's transaction. At most four statements."""
    timeline = ports.timeline()
    if timeline is None:
        return
    told = {"customer", "contact", "kind", *(field.name for field in attached.fields())}
    moved = [draft.id for draft in written.updated if draft.id and told & draft.values.keys()]
    if gone := [*moved, *written.removed]:
        timeline.remove("interaction", gone)
    ids = [draft.id for draft in (*written.created, *written.updated) if draft.id]
    if entries := interaction_entries([*ids, *written.restored]):
        timeline.add(entries)


def interaction_entries(ids: Sequence[int]) -> list[Entry]:
    """Entries for what interactions were about, of those that are not in the bin: customers, contacts, records of own
    objects. One query, two where people are named."""
    found = Interaction.objects.filter(pk__in=ids, deleted_at=None).values(
        "id", "kind", "customer_id", "contact_id", "contact__name", "contact__job_title", "owner_id", "subject",
        "body", "occurred_at", "due_at", "done_at", "duration_minutes", "direction", "outcome", "own",
    )  # fmt: skip
    rows = list(found)
    named = _named([row["id"] for row in rows if "@" in row["subject"] or "@" in row["body"]])
    entries = []
    for row in rows:
        data = {
            "mentions": named.get(row["id"]),
            "minutes": row["duration_minutes"],
            "direction": row["direction"],
            "outcome": row["outcome"],
            "contact": {
                "id": row["contact_id"],
                "name": row["contact__name"],
                "title": row["contact__job_title"],
            }
            if row["contact_id"]
            else None,
            "due": row["due_at"].isoformat() if row["due_at"] else None,
            "done": row["done_at"].isoformat() if row["done_at"] else None,
        }
        subjects = [
            ("customer", row["customer_id"]),
            ("contact", row["contact_id"]),
            *attached.subjects_in(row["own"]),
        ]
        entries += [
            Entry(
                subject=(subject_type, subject_id),
                source=("interaction", row["id"]),
                kind=row["kind"],
                at=moment_of(row),
                title=row["subject"],
                body=row["body"][:BODY_ON_TIMELINE],
                data={key: value for key, value in data.items() if value not in (None, "")},
                actor_id=row["owner_id"],
            )
            for subject_type, subject_id in subjects
            if subject_id is not None
        ]
    return entries


def _named(ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Whom the texts of interactions name. One query, none where no text has an @."""
    found: dict[int, list[tuple[int, str]]] = {}
    if ids:
        rows = Mention.objects.filter(record_type="interaction", record_id__in=ids, comment=None)
        for record_id, user_id, name in rows.order_by("id").values_list("record_id", "user_id", "name"):
            found.setdefault(record_id, []).append((user_id, name))
    return found


def moment_of(row: Mapping[str, Any]) -> datetime:
    """Where an interaction stands on the timeline: a task when it was done or falls due, all else when it happened."""
    if row["kind"] == Kind.TASK:
        moment: datetime = row["done_at"] or row["due_at"] or row["occurred_at"]
        return moment
    happened: datetime = row["occurred_at"]
    return happened
