"""What happens to records, told to those who follow them – as far as each may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from dangol.events.models import Event as EventRow
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import User
from dangol.interactions.models import Follow, Interaction, Mention
from dangol.interactions.models.notifications import Kind
from dangol.interactions.notifications import targets
from dangol.interactions.notifications.services import notify
from dangol.records import fieldrules, permissions, registry
from dangol.records.arrays import one_of
from dangol.records.events import RecordsWritten
from dangol.records.history import columns_told
from dangol.records.models import Change
from dangol.records.types import RecordType

ONE_BY_ONE = 5
"""More records than this at once are told of in one line."""
NO_NEWS = frozenset({"import", "undo"})
"""Ways in by which contacts of former times come."""


def followers_of(record_type: str, ids: Collection[int]) -> QuerySet[Follow]:
    """Who follows these records. Lazy."""
    wanted = one_of(ids, "bigint")
    return Follow.objects.filter(record_type=record_type, record_id__in=wanted, off=False)


def has_followers(record_type: str, ids: Collection[int]) -> bool:
    """Whether anybody follows one of these records. One query on an index."""
    return followers_of(record_type, ids).exists()


def is_followed(event: RecordsWritten) -> bool:
    """Whether anybody wants to hear of these writes. One query for changed records and for new interactions."""
    if event.updated and has_followers(event.record_type, event.updated):
        return True
    if event.record_type != "interaction" or not event.created or event.origin in NO_NEWS:
        return False
    customers = Interaction.objects.filter(
        pk__in=one_of(event.created, "bigint"), customer__isnull=False
    ).values("customer_id")
    return Follow.objects.filter(record_type="customer", record_id__in=customers, off=False).exists()


def tell_changed(event: RecordsWritten, event_id: UUID) -> None:
    """Tell followers of changed records, except whoever did it and those to whom the same act gave the record.

    Nobody is told of changes in fields he may not see. Four queries, and six for each follower.
    """
    if not event.updated:
        return
    row = EventRow.objects.get(key=event_id)
    follows: dict[int, list[int]] = defaultdict(list)
    rows = followers_of(event.record_type, event.updated).filter(since__lt=row.occurred_at)
    given = set(event.given)
    for user_id, record_id in rows.exclude(user_id=row.actor or 0).values_list("user_id", "record_id"):
        if (record_id, user_id) not in given:
            follows[user_id].append(record_id)
    record_type = registry.find(event.record_type)
    if not follows or record_type is None:
        return
    changes = _changes(record_type, {pk for ids in follows.values() for pk in ids}, row.occurred_at)
    for actor in _actors(follows):
        user_id = actor.user_id or 0
        columns = columns_told(actor, record_type).keys()
        told = [pk for pk in follows[user_id] if any(one.changes.keys() & columns for one in changes[pk])]
        seen = _seen(actor, record_type, told)
        tell_of(kind=Kind.CHANGED, user=user_id, record_type=record_type.name, ids=seen, by=row.actor)


def tell_logged(event: RecordsWritten, event_id: UUID) -> None:
    """Tell followers of customers of new notes, calls, meetings and mails with them; not those named in them or given
    them. Four queries, and six for each follower.
    """
    if event.record_type != "interaction" or not event.created or event.origin in NO_NEWS:
        return
    row = EventRow.objects.get(key=event_id)
    interactions = dict(
        Interaction.objects.filter(
            pk__in=one_of(event.created, "bigint"), customer__isnull=False
        ).values_list("pk", "customer_id")
    )
    by_customer: dict[int, list[int]] = defaultdict(list)
    for pk, customer_id in interactions.items():
        by_customer[customer_id or 0].append(pk)
    told = set(event.given) | set(
        Mention.objects.filter(
            record_type="interaction", record_id__in=list(interactions), comment=None
        ).values_list("record_id", "user_id")
    )
    follows: dict[int, list[int]] = defaultdict(list)
    rows = followers_of("customer", by_customer).exclude(user_id=row.actor or 0)
    for user_id, customer_id in rows.values_list("user_id", "record_id"):
        follows[user_id] += [pk for pk in by_customer[customer_id] if (pk, user_id) not in told]
    record_type = registry.get("interaction")
    for actor in _actors(follows):
        user_id = actor.user_id or 0
        if not fieldrules.is_clear(actor, "interaction", "customer"):
            continue  # with whom it was noted down is hidden
        seen: dict[int, int] = defaultdict(int)
        for pk in _seen(actor, record_type, follows[user_id]):
            seen[interactions[pk] or 0] += 1
        for customer_id, count in sorted(seen.items()):
            notify(
                kind=Kind.LOGGED,
                users=[user_id],
                target_type="customer",
                target_id=customer_id,
                by=row.actor,
                count=count,
            )


def tell_of(*, kind: str, user: int, record_type: str, ids: Sequence[int], by: int | None) -> None:
    """Tell one person of records: each by itself, or of many in one line. Four statements each."""
    if len(ids) > ONE_BY_ONE:
        many = f"{targets.FOLLOWED if kind == Kind.CHANGED else targets.MANY}{record_type}"
        notify(kind=kind, users=[user], target_type=many, target_id=0, by=by, count=len(ids))
        return
    for record_id in ids:
        notify(kind=kind, users=[user], target_type=record_type, target_id=record_id, by=by)


def _changes(record_type: RecordType, ids: Collection[int], at: datetime) -> Mapping[int, list[Change]]:
    """What the transaction that was announced at this time did to each record: it held their locks, so its are the last
    before. Two queries.
    """
    found: dict[int, list[Change]] = defaultdict(list)
    rows = Change.objects.filter(table=record_type.table.name, record_id__in=one_of(ids, "bigint"))
    last = rows.filter(at__lte=at).order_by("record_id", "-id").distinct("record_id")
    written_in = set(last.values_list("changed_in", flat=True))
    for row in rows.filter(changed_in__in=written_in, at__lte=at):
        found[row.record_id].append(row)
    return found


def _actors(users: Collection[int]) -> list[Actor]:
    """In the order of their ids, in which all that tells writes."""
    found = User.objects.filter(pk__in=list(users), is_active=True).order_by("pk")
    return [actor_for(user) for user in found]


def _seen(actor: Actor, record_type: RecordType, ids: Collection[int]) -> list[int]:
    if not ids:
        return []
    rows = permissions.visible_to(actor, record_type).filter(pk__in=list(ids)).order_by("pk")
    return list(rows.values_list("pk", flat=True))
