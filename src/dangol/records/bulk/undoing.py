"""Taking a whole bulk act back, also after a week."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor, may_administer
from dangol.records import batches
from dangol.records.batches import Noted, Outcome, spread
from dangol.records.bulk import engine
from dangol.records.bulk.acts import Refusal
from dangol.records.bulk.errors import BulkProblem, RunBusy
from dangol.records.bulk.signing import signature_of
from dangol.records.models import BulkChunk, BulkRun, UndoState


def undo(bulk_run: BulkRun, actor: Actor) -> BulkRun:
    """Take back an act, chunk by chunk from the last to the first, each one transaction.

    Can be called again after any kind of death. A record in which somebody has changed since what the act had changed
    stays as it is and is listed (`refusals`, `undoing`); other changes to it do not hinder.

    Args:
        actor: in whose name; records outside of what the actor may change stay.

    Raises:
        RunBusy: it is going on, or being undone already.
    """
    busy = RunBusy(_("This act is being carried out already."))
    with (
        translation.override(bulk_run.language),
        batches.holding(engine.lock_number(bulk_run), busy),
        batches.calm_collector(),
    ):
        run = BulkRun.objects.get(pk=bulk_run.pk)
        sign = signature_of(run)
        actor = replace(actor, request_id=sign.undo_request)

        def take(chunk: BulkChunk) -> Outcome:
            noted = Noted(
                updated={name: spread(ids) for name, ids in chunk.updated.items()},
                deleted={name: spread(ids) for name, ids in chunk.deleted.items()},
                restored={name: spread(ids) for name, ids in chunk.restored.items()},
            )
            return batches.take_back(sign, noted, run.record_types, actor)

        def note(outcome: Outcome, share: float) -> None:
            for name in {name for name, _number in outcome.kept}:
                kept = [
                    Refusal(number, "kept", why) for (of, number), why in outcome.kept.items() if of == name
                ]
                engine.keep_refusals(run, name, kept, undoing=True)
            put_back = Counter(run.undone.get("put_back", {}))
            put_back.update(outcome.put_back)
            stayed = Counter(run.undone.get("kept", {}))
            stayed.update(name for name, _number in outcome.kept)
            run.undone = {"share": round(share, 4), "put_back": dict(put_back), "kept": dict(stayed)}
            run.save(update_fields=["undone"])

        batches.carry_back(run.chunks.all(), take, note)
        run.undo = UndoState.PARTLY if sum(run.undone.get("kept", {}).values()) else UndoState.DONE
        run.undone = {**run.undone, "share": 1}
        run.save(update_fields=["undo", "undone"])
        return run


def require_undoable(run: BulkRun, actor: Actor) -> None:
    """Raise BulkProblem unless this act can be undone by this actor."""
    if not may_administer(actor) and (actor.user_id is None or run.owner_id != actor.user_id):
        raise BulkProblem(_("Only who started it, or an administrator, can do this."), code="forbidden")
    if run.is_active:
        raise BulkProblem(_("It is still going on. Cancel it first."), code="active")
    if run.undo in (UndoState.RUNNING, UndoState.DONE):
        raise BulkProblem(_("It has been undone already, or is being undone."), code="undone")
    if not run.chunks.filter(undone=False).exists():
        raise BulkProblem(_("It has changed nothing; there is nothing to undo."), code="nothing")
