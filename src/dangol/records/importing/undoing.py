"""Taking a whole import back: what it made is removed, what it changed is put back as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import permissions, registry, writing
from dangol.records.fields import Reference
from dangol.records.fields.own import OwnReference
from dangol.records.history import value_of
from dangol.records.importing.engine import request_of
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.holding import calm_collector, holding
from dangol.records.models import Change, ImportChunk, ImportRun, UndoState
from dangol.records.types import RecordType
from dangol.records.writing import Change as NewValues

ORIGIN = "undo"
SHOWN_KEPT = 100
BATCH = 2_000


@dataclass(slots=True)
class Outcome:
    """What taking back a chunk did, by record type; `kept` says why each record stayed as it is."""

    removed: Counter[str] = field(default_factory=Counter)
    put_back: Counter[str] = field(default_factory=Counter)
    kept: dict[tuple[str, int], str] = field(default_factory=dict)


def undo(import_run: ImportRun, actor: Actor) -> ImportRun:
    """Take back a run, chunk by chunk from the last to the first, each one transaction.

    Can be called again after any kind of death; chunks that are taken back stay so. What somebody has changed since,
    or made to point at the import's records, is kept with the reason and nothing of it is lost.

    Args:
        actor: in whose name; may import the run's record types. Records outside of what the actor may change or
            delete are kept.

    Raises:
        RunBusy: the run is going on, or being undone already.
        ImportProblem: the actor may not, or there is nothing to undo.
    """
    with translation.override(import_run.language), holding(import_run), calm_collector():
        run = ImportRun.objects.get(pk=import_run.pk)
        actor = replace(actor, request_id=_request(run))
        chunks = list(run.chunks.filter(undone=False).order_by("-position").values_list("pk", flat=True))
        total = run.chunks.count()
        for done, chunk_id in enumerate(chunks, start=total - len(chunks) + 1):
            with transaction.atomic():
                chunk = ImportChunk.objects.select_for_update().get(pk=chunk_id)
                outcome = _take_back(run, chunk, actor)
                chunk.undone = True
                chunk.save(update_fields=["undone"])
                run.undone = _added(run.undone, outcome, share=done / total)
                run.save(update_fields=["undone"])
        run.undo = UndoState.PARTLY if run.undone.get("kept") else UndoState.DONE
        run.undone = {**run.undone, "share": 1}
        run.save(update_fields=["undo", "undone"])
        return run


def _request(import_run: ImportRun) -> str:
    return f"undo-{import_run.key.hex}"


def _take_back(run: ImportRun, chunk: ImportChunk, actor: Actor) -> Outcome:
    """One chunk, in the caller's transaction; records that point at others before those."""
    outcome = Outcome()
    for name in reversed(run.record_types):
        record_type = registry.find(name)
        if record_type is None:
            continue
        for ids in _batches(sorted(chunk.updated.get(name, ()))):
            _put_back(run, record_type, ids, actor, outcome)
        for ids in _batches(_spread(chunk.created.get(name, ()))):
            _remove(run, record_type, ids, actor, outcome)
    return outcome


def _batches(ids: Sequence[int]) -> Iterable[list[int]]:
    """From the last to the first, so that what was made later goes first."""
    for end in range(len(ids), 0, -BATCH):
        yield list(ids[max(end - BATCH, 0) : end])


def _spread(ranges: Iterable[Sequence[int]]) -> list[int]:
    return [number for first, last in ranges for number in range(first, last + 1)]


# --- what was changed ------------------------------------------------------------------------------


def _put_back(
    run: ImportRun, record_type: RecordType, ids: Sequence[int], actor: Actor, outcome: Outcome
) -> None:
    """Give records the values they had before the run, all of its chunks together. About fifteen queries."""
    alive = _locked(record_type, ids, actor, "edit")
    changed = _changed_since(run, record_type, ids, by_run=True)
    before = _values_before(run, record_type, [number for number in ids if number in alive])
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
    written = writing.write(record_type, changes, actor=actor, collect=True, origin=ORIGIN)
    for error in written.errors:
        number = changes[error.index].id or 0
        outcome.kept[record_type.name, number] = f"{_label(record_type, error.field)}: {error.message}"
    outcome.put_back[record_type.name] += len(written.updated)


def _values_before(run: ImportRun, record_type: RecordType, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """For each record the fields the run changed, with what stood there before its first change. One query."""
    names = {
        record_type.table.columns[name].name: name
        for name in record_type.editable_fields
        if name in record_type.table.columns
    }
    names.update((name, name) for name, field in record_type.editable_fields.items() if field.kind == "tags")
    names.update((f"own.{name}", name) for name, field in record_type.own_fields.items() if field.editable)
    rows = Change.objects.filter(
        table=record_type.table.name, record_id__in=list(ids), origin="import", request_id=request_of(run)
    ).order_by("id")
    values: dict[int, dict[str, Any]] = {}
    for record_id, changes in rows.values_list("record_id", "changes"):
        known = values.setdefault(record_id, {})
        for column, (before, _after) in changes.items():
            name = names.get(column)
            if name is not None and name not in known:
                known[name] = value_of(record_type.fields[name], before, {})
    return values


# --- what was made ---------------------------------------------------------------------------------


def _remove(
    run: ImportRun, record_type: RecordType, ids: Sequence[int], actor: Actor, outcome: Outcome
) -> None:
    """Remove records for good, so that the file may come in anew. A few queries for each type that points here."""
    there = _locked(record_type, ids, actor, "delete", binned=True)
    existing = set(record_type.model._default_manager.filter(pk__in=list(ids)).values_list("pk", flat=True))
    changed = _changed_since(run, record_type, ids, by_run=False)
    used = _used(record_type, ids)
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
        else:
            going.append(number)
    stayed = writing.purge(record_type, going, actor=actor, origin=ORIGIN)
    for number in stayed:
        outcome.kept[record_type.name, number] = _("Other data refer to it.")
    outcome.removed[record_type.name] += len(going) - len(stayed)


def _used(record_type: RecordType, ids: Sequence[int]) -> dict[int, str]:
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
                    % {"type": other.label_plural, "field": reference.label},
                )
    return used


# --- both ------------------------------------------------------------------------------------------


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


def _changed_since(
    run: ImportRun, record_type: RecordType, ids: Sequence[int], *, by_run: bool
) -> dict[int, str]:
    """Records that somebody else has changed since, with who it was. One query.

    Args:
        by_run: since the run first changed them; otherwise since they are there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (c.record_id) c.record_id, u.name
            FROM records_change c
            LEFT JOIN identity_user u ON u.id = c.actor_id
            WHERE c."table" = %(table)s AND c.record_id = ANY(%(ids)s)
              AND NOT (c.request_id = ANY(%(own)s))
              AND c.id > CASE WHEN %(by_run)s THEN coalesce((SELECT min(m.id) FROM records_change m
                                   WHERE m."table" = c."table" AND m.record_id = c.record_id
                                     AND m.request_id = %(request)s AND m.origin = 'import'), 0) ELSE 0 END
            ORDER BY c.record_id, c.id DESC
            """,
            {
                "table": record_type.table.name,
                "ids": list(ids),
                "own": [request_of(run), _request(run)],
                "request": request_of(run),
                "by_run": by_run,
            },
        )
        return {
            number: _("%(who)s has changed it since.") % {"who": name or _("The system")}
            for number, name in cursor.fetchall()
        }


def _label(record_type: RecordType, name: str) -> str:
    return str(record_type.fields[name].label) if name in record_type.fields else name


def _added(undone: Mapping[str, Any], outcome: Outcome, *, share: float) -> dict[str, Any]:
    """The totals so far with those of one more chunk."""
    totals: dict[str, Any] = {"share": round(share, 4)}
    kept = Counter(name for name, _number in outcome.kept)
    for key, more in (("removed", outcome.removed), ("put_back", outcome.put_back), ("kept", kept)):
        sums = Counter(undone.get(key, {}))
        sums.update(more)
        totals[key] = {name: count for name, count in sums.items() if count}
    examples = list(undone.get("kept_examples", []))
    for (name, number), why in outcome.kept.items():
        if len(examples) >= SHOWN_KEPT:
            break
        examples.append({"type": name, "id": number, "title": _title(name, number), "why": why})
    totals["kept_examples"] = examples
    return totals


def _title(name: str, number: int) -> str:
    record_type = registry.get(name)
    found = record_type.model._default_manager.filter(pk=number).values_list(
        record_type.title_field.column, flat=True
    )
    return str(found.first() or number)


def require_undoable(run: ImportRun, actor: Actor) -> None:
    """Raise ImportProblem unless this run can be undone by this actor."""
    if run.is_active:
        raise ImportProblem(_("The import is still going on. Cancel it first."))
    if run.undo in (UndoState.RUNNING, UndoState.DONE):
        raise ImportProblem(_("The import has been undone already, or is being undone."))
    if not run.chunks.filter(undone=False).exists():
        raise ImportProblem(_("The import has changed nothing; there is nothing to undo."))
    for name in run.record_types:
        if not actor.may(name, "import"):
            known = registry.find(name)
            raise ImportProblem(
                _("You may not import records of the type “%(type)s”. Ask an administrator for this right.")
                % {"type": known.label_plural if known else name}
            )
