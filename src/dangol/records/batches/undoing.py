"""Taking a whole run back: what it made is removed, what it changed, binned or restored is put back as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry, writing
from dangol.records.batches.notes import Ids, Noted
from dangol.records.fields import Reference
from dangol.records.fields.own import OwnReference
from dangol.records.history import history_keys, value_of
from dangol.records.models import Change
from dangol.records.types import RecordType
from dangol.records.writing import Change as NewValues
from dangol.records.writing import locks

ORIGIN = "undo"
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Signature:
    """How history tells what a run did, and what taking it back does.

    `together`: further request ids whose changes count as the run's own. `by_field`: a record stays only where somebody
    changed since what the run had changed; otherwise any change since keeps it.
    """

    request: str
    origin: str
    undo_request: str
    by_field: bool = False
    together: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What taking back a chunk did, by record type; `kept` says why each record stayed as it is."""

    removed: Counter[str] = field(default_factory=Counter)
    put_back: Counter[str] = field(default_factory=Counter)
    kept: dict[tuple[str, int], str] = field(default_factory=dict)


def carry_back(
    chunks: QuerySet[Any],
    take: Callable[[Any], Outcome],
    note: Callable[[Outcome, float], None],
) -> None:
    """Take chunks back from the last to the first, each in one transaction with what is noted of it.

    Can be called again after any kind of death: chunks that are taken back stay so.

    Args:
        chunks: all chunks of a run; they have `position` and `undone`.
        take: takes one of them back.
        note: keeps what came of it and how far it is, between 0 and 1.
    """
    waiting = list(chunks.filter(undone=False).order_by("-position").values_list("pk", flat=True))
    total = chunks.count()
    for done, chunk_id in enumerate(waiting, start=total - len(waiting) + 1):
        with transaction.atomic():
            chunk = chunks.select_for_update().get(pk=chunk_id)
            outcome = take(chunk)
            chunk.undone = True
            chunk.save(update_fields=["undone"])
            note(outcome, done / total)


def take_back(sign: Signature, noted: Noted, record_types: Sequence[str], actor: Actor) -> Outcome:
    """One chunk, in the caller's transaction; records that point at others before those.

    What somebody has changed since, or made to point at the run's records, is kept with the reason, as is what the actor
    may not change or delete. About fifteen queries for each 2,000 records of a type.

    Args:
        record_types: in the order in which the run wrote them.
        actor: in whose name; carries the request id of the undoing.
    """
    outcome = Outcome()
    for name in reversed(record_types):
        record_type = registry.find(name)
        if record_type is None:
            continue
        for ids in _batches(noted.updated, name):
            _put_back(sign, record_type, ids, actor, outcome)
        for ids in _batches(noted.restored, name):
            _move(sign, record_type, ids, actor, outcome, into_bin=True)
        for ids in _batches(noted.deleted, name):
            _move(sign, record_type, ids, actor, outcome, into_bin=False)
        for ids in _batches(noted.created, name):
            _remove(sign, record_type, ids, actor, outcome)
    return outcome


def _batches(noted: Ids, name: str) -> Iterable[list[int]]:
    """From the last to the first, so that what was made later goes first."""
    ids = sorted(noted.get(name, ()))
    for end in range(len(ids), 0, -BATCH):
        yield ids[max(end - BATCH, 0) : end]


# --- what was changed ------------------------------------------------------------------------------


def _put_back(
    sign: Signature, record_type: RecordType, ids: Sequence[int], actor: Actor, outcome: Outcome
) -> None:
    """Give records the values they had before the run, all of its chunks together. About fifteen queries."""
    alive = _locked(record_type, ids, actor, "edit")
    changed = _changed_since(sign, record_type, ids, by_run=True)
    before = _values_before(sign, record_type, [number for number in ids if number in alive])
    changes = []
    for number in ids:
        if number not in alive:
            outcome.kept[record_type.name, number] = _("It is in the recycle bin, or you may not change it.")
        elif number in changed:
            outcome.kept[record_type.name, number] = changed[number]
        elif before.get(number):
            changes.append(NewValues(before[number], id=number))
    if not changes:
        return
    for refused in _written(record_type, changes, actor, outcome):
        outcome.kept[record_type.name, refused[0]] = refused[1]


def _written(
    record_type: RecordType, changes: Sequence[NewValues], actor: Actor, outcome: Outcome
) -> list[tuple[int, str]]:
    """Write; what is refused as a whole is tried in halves. Returns ids that were refused, with the reason."""
    try:
        written = writing.write(record_type, changes, actor=actor, collect=True, origin=ORIGIN)
    except writing.WriteError as problem:
        if len(changes) == 1:
            return [(changes[0].id or 0, str(problem.errors[0].message))]
        middle = len(changes) // 2
        return [
            *_written(record_type, changes[:middle], actor, outcome),
            *_written(record_type, changes[middle:], actor, outcome),
        ]
    outcome.put_back[record_type.name] += len(written.updated)
    return [
        (changes[error.index].id or 0, _told(fieldrules.seen_by(actor, record_type), error))
        for error in written.errors
    ]


def _values_before(sign: Signature, record_type: RecordType, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """For each record the fields the run changed, with what stood there before its first change. One query."""
    names = history_keys(record_type, record_type.editable_fields)
    rows = Change.objects.filter(
        table=record_type.table.name, record_id__in=list(ids), origin=sign.origin, request_id=sign.request
    ).order_by("id")
    values: dict[int, dict[str, Any]] = {}
    for record_id, changes in rows.values_list("record_id", "changes"):
        known = values.setdefault(record_id, {})
        for column, (before, _after) in changes.items():
            name = names.get(column)
            if name is not None and name not in known:
                known[name] = value_of(record_type.fields[name], before, {})
    return values


# --- what went into the recycle bin, or came out of it ---------------------------------------------


def _move(
    sign: Signature,
    record_type: RecordType,
    ids: Sequence[int],
    actor: Actor,
    outcome: Outcome,
    *,
    into_bin: bool,
) -> None:
    """Back into the bin, or out of it, where nobody has moved the record since. About ten queries."""
    rows = permissions.visible_to(actor, record_type, "delete", deleted=not into_bin)
    there = set(
        rows.filter(pk__in=list(ids))
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    changed = _changed_since(sign, record_type, ids, by_run=True)
    going = []
    for number in ids:
        if number not in there:
            outcome.kept[record_type.name, number] = (
                _("It is in the recycle bin, or you may not delete it.")
                if into_bin
                else _("It is no longer in the recycle bin, or you may not restore it.")
            )
        elif number in changed:
            outcome.kept[record_type.name, number] = changed[number]
        else:
            going.append(number)
    if not going:
        return
    if not into_bin:
        outcome.put_back[record_type.name] += writing.restore(record_type, going, actor=actor, origin=ORIGIN)
        return
    locked = writing.delete_unlocked(record_type, going, actor=actor, origin=ORIGIN)
    outcome.kept.update(((record_type.name, number), str(reason)) for number, reason in locked.items())
    outcome.put_back[record_type.name] += len(going) - len(locked)


# --- what was made ---------------------------------------------------------------------------------


def _remove(
    sign: Signature, record_type: RecordType, ids: Sequence[int], actor: Actor, outcome: Outcome
) -> None:
    """Remove records for good, so that the file may come in anew. A few queries for each type that points here."""
    there = _locked(record_type, ids, actor, "delete", binned=True)
    existing = set(record_type.model._default_manager.filter(pk__in=list(ids)).values_list("pk", flat=True))
    changed = _changed_since(sign, record_type, ids, by_run=False)
    used = _used(record_type, ids, actor)
    locked = locks.held(record_type, sorted(there), actor)
    going = []
    for number in ids:
        if number not in existing:
            continue
        if number not in there:
            outcome.kept[record_type.name, number] = _("You may not delete it.")
        elif number in changed:
            outcome.kept[record_type.name, number] = changed[number]
        elif number in used:
            outcome.kept[record_type.name, number] = used[number]
        elif number in locked:
            outcome.kept[record_type.name, number] = str(locked[number][0].message)
        else:
            going.append(number)
    stayed = writing.purge(record_type, going, actor=actor, origin=ORIGIN)
    for number in stayed:
        outcome.kept[record_type.name, number] = _("Other data refer to it.")
    outcome.removed[record_type.name] += len(going) - len(stayed)


def _used(record_type: RecordType, ids: Sequence[int], actor: Actor) -> dict[int, str]:
    """Those that other records point at, with the reason: these records came later or were made by hand."""
    used: dict[int, str] = {}
    for other in registry.all_types():
        for reference in other.fields.values():
            if not isinstance(reference, Reference) or reference.target != record_type.name:
                continue
            if isinstance(reference, OwnReference):
                rows = other.model._default_manager.filter(reference.q("in", list(ids)))
                rows = rows.annotate(_pointed=reference.typed(F(reference.column)))
                column = "_pointed"
            elif reference.name in other.table.columns:
                column = f"{reference.column}_id"
                rows = other.model._default_manager.filter(**{f"{column}__in": list(ids)})
            else:
                continue
            if other is record_type:
                rows = rows.exclude(pk__in=list(ids))
            for number in rows.order_by().values_list(column, flat=True).distinct():
                used.setdefault(
                    number,
                    _("It is used by: %(type)s (%(field)s).")
                    % {"type": other.label_plural, "field": reference.label}
                    if reference.name in fieldrules.seen_by(actor, other).fields
                    else _("Other data refer to it."),
                )
    return used


# --- all -------------------------------------------------------------------------------------------


def _locked(
    record_type: RecordType, ids: Sequence[int], actor: Actor, action: str, *, binned: bool = False
) -> set[int]:
    """Those of the records the actor may act on, locked until the end of the transaction."""
    found: set[int] = set()
    for deleted in (False, True) if binned else (False,):
        rows = permissions.visible_to(actor, record_type, action, deleted=deleted)
        found.update(
            rows.filter(pk__in=list(ids))
            .select_for_update(of=("self",))
            .order_by("pk")
            .values_list("pk", flat=True)
        )
    return found


_CHANGED = """
WITH own AS (
    SELECT c.record_id, min(c.id) AS first, array_agg(DISTINCT k.key) AS keys
    FROM records_change c, LATERAL jsonb_object_keys(c.changes) AS k(key)
    WHERE c."table" = %(table)s AND c.record_id = ANY(%(ids)s)
      AND c.request_id = %(request)s AND c.origin = %(origin)s
    GROUP BY c.record_id
)
SELECT DISTINCT ON (c.record_id) c.record_id, u.name
FROM records_change c
LEFT JOIN own ON own.record_id = c.record_id
LEFT JOIN identity_user u ON u.id = c.actor_id
WHERE c."table" = %(table)s AND c.record_id = ANY(%(ids)s)
  AND NOT (c.request_id = ANY(%(both)s))
  AND c.id > CASE WHEN %(by_run)s THEN coalesce(own.first, 0) ELSE 0 END
  AND (NOT %(by_field)s OR own.keys IS NULL OR c.changes ?| own.keys)
ORDER BY c.record_id, c.id DESC
"""


def _changed_since(
    sign: Signature, record_type: RecordType, ids: Sequence[int], *, by_run: bool
) -> dict[int, str]:
    """Records that somebody else has changed since, with who it was. One query.

    Args:
        by_run: since the run first changed them; otherwise since they are there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CHANGED,
            {
                "table": record_type.table.name,
                "ids": list(ids),
                "both": [sign.request, sign.undo_request, *sign.together],
                "request": sign.request,
                "origin": sign.origin,
                "by_run": by_run,
                "by_field": sign.by_field and by_run,
            },
        )
        return {
            number: _("%(who)s has changed it since.") % {"who": name or _("The system")}
            for number, name in cursor.fetchall()
        }


def _told(seen: RecordType, error: writing.RowError) -> str:
    """Why a record stays, for whom the type is as it is; of a field that is hidden from him not even its name."""
    if error.field in seen.fields:
        return f"{seen.fields[error.field].label}: {error.message}"
    if error.field in fieldrules.whole(seen).fields:
        return _("It holds values that you may not change.")
    return f"{error.field}: {error.message}" if error.field else str(error.message)
