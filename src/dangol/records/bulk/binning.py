"""The acts "delete" and "restore": many records into the recycle bin, and back."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.records import permissions, writing
from dangol.records.bulk import acts
from dangol.records.bulk.acts import ORIGIN, Act, Done, Refusal, Work
from dangol.records.writing import locks


def delete(work: Work) -> Done:
    """Into the bin. About eight queries for each type that goes along."""
    return _moved(work, into_bin=True)


def restore(work: Work) -> Done:
    """Out of the bin, with what went in along with it."""
    return _moved(work, into_bin=False)


def _moved(work: Work, *, into_bin: bool) -> Done:
    rows = permissions.visible_to(work.actor, work.record_type, "delete", deleted=not into_bin)
    ready = set(
        rows.filter(pk__in=list(work.ids))
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    done = Done(refused=[_refusal(number, into_bin) for number in work.ids if number not in ready])
    going: Sequence[int] = [number for number in work.ids if number in ready]
    if not going:
        return done
    if into_bin:
        locked = writing.delete_unlocked(work.record_type, going, actor=work.actor, origin=ORIGIN)
        done.refused += [Refusal(number, locks.CODE, reason) for number, reason in locked.items()]
        going = [number for number in going if number not in locked]
    else:
        writing.restore(work.record_type, going, actor=work.actor, origin=ORIGIN)
    (done.deleted if into_bin else done.restored)[work.record_type.name] = list(going)
    return done


def _refusal(number: int, into_bin: bool) -> Refusal:
    reason = (
        _("You may see this record but not delete it.")
        if into_bin
        else _("It is no longer in the recycle bin, or you may not restore it.")
    )
    return Refusal(number, "forbidden", reason)


DELETE = Act(
    name="delete",
    label=gettext_lazy("Delete"),
    icon="trash",
    carry_out=delete,
    action="delete",
    help=gettext_lazy("The records go into the recycle bin, with what belongs to them."),
    danger=True,
)
RESTORE = Act(
    name="restore",
    label=gettext_lazy("Restore"),
    icon="arrow-back-up",
    carry_out=restore,
    action="delete",
    help=gettext_lazy("The records come back out of the recycle bin."),
    in_bin=True,
)


def register() -> None:
    """Make the acts known for all types."""
    acts.register(DELETE)
    acts.register(RESTORE)
