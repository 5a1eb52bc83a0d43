"""Taking a whole import back: what it made is removed, what it changed is put back as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import batches, fieldrules, registry
from dangol.records.batches import Noted, Outcome, Signature, spread
from dangol.records.importing.chunks import ORIGIN
from dangol.records.importing.engine import request_of
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.holding import calm_collector, holding
from dangol.records.models import ImportChunk, ImportRun, ObjectState, OwnObject, UndoState

SHOWN_KEPT = 100


def undo(import_run: ImportRun, actor: Actor, *, together: Sequence[ImportRun] = ()) -> ImportRun:
    """Take back a run, chunk by chunk from the last to the first, each one transaction.

    Can be called again after any kind of death; chunks that are taken back stay so. What somebody has changed since,
    or made to point at the import's records, is kept with the reason and nothing of it is lost.

    Args:
        actor: in whose name; may import the run's record types. Records outside of what the actor may change or
            delete are kept.
        together: later runs of the same act that are taken back already: what they changed and put back is nobody's change.

    Raises:
        RunBusy: the run is going on, or being undone already.
        ImportProblem: the actor may not, or there is nothing to undo.
    """
    with translation.override(import_run.language), holding(import_run), calm_collector():
        run = ImportRun.objects.get(pk=import_run.pk)
        sign = _signature(run, together)
        actor = replace(actor, request_id=sign.undo_request)

        def note(outcome: Outcome, share: float) -> None:
            run.undone = _added(run.undone, outcome, actor, share=share)
            run.save(update_fields=["undone"])

        batches.carry_back(run.chunks.all(), lambda chunk: _take_back(run, chunk, actor, sign), note)
        run.undo = UndoState.PARTLY if run.undone.get("kept") else UndoState.DONE
        run.undone = {**run.undone, "share": 1}
        run.save(update_fields=["undo", "undone"])
        return run


def _signature(import_run: ImportRun, together: Sequence[ImportRun]) -> Signature:
    others = [name for one in together for name in (request_of(one), _undo_request(one))]
    return Signature(request_of(import_run), ORIGIN, _undo_request(import_run), together=tuple(others))


def _undo_request(import_run: ImportRun) -> str:
    return f"undo-{import_run.key.hex}"


def _take_back(run: ImportRun, chunk: ImportChunk, actor: Actor, sign: Signature) -> Outcome:
    noted = Noted(
        created={name: spread(given) for name, given in chunk.created.items()}, updated=chunk.updated
    )
    return batches.take_back(sign, noted, run.record_types, actor)


def _added(undone: Mapping[str, Any], outcome: Outcome, actor: Actor, *, share: float) -> dict[str, Any]:
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
        examples.append({"type": name, "id": number, "title": _title(name, number, actor), "why": why})
    totals["kept_examples"] = examples
    return totals


def _title(name: str, number: int, actor: Actor) -> str:
    record_type = registry.get(name)
    found = record_type.model._default_manager.filter(pk=number).values_list(
        record_type.title_field.column, flat=True
    )
    return fieldrules.masked_title(actor, record_type, str(found.first() or number))


def require_undoable(run: ImportRun, actor: Actor) -> None:
    """Raise ImportProblem unless this run can be undone by this actor."""
    if run.is_active:
        raise ImportProblem(_("The import is still going on. Cancel it first."))
    if run.undo in (UndoState.RUNNING, UndoState.DONE):
        raise ImportProblem(_("The import has been undone already, or is being undone."))
    if not run.chunks.filter(undone=False).exists():
        raise ImportProblem(_("The import has changed nothing; there is nothing to undo."))
    away = [name for name in run.record_types if registry.find(name) is None]
    if away and OwnObject.objects.filter(name__in=away, state=ObjectState.INACTIVE).exists():
        raise ImportProblem(_("An own object of this import is switched off. Switch it on first."))
    for name in run.record_types:
        if not actor.may(name, "import"):
            known = registry.find(name)
            raise ImportProblem(
                _("You may not import records of the type “%(type)s”. Ask an administrator for this right.")
                % {"type": known.label_plural if known else name}
            )
