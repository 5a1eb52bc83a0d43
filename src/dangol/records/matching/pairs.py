"""Pairs of records that may be about the same: kept, read by those who may decide, and decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.models import DuplicatePair, PairState
from dangol.records.types import RecordType

STORED = 10_000
DECISIONS = (PairState.OPEN, PairState.LATER, PairState.DIFFERENT)
"""What people can decide here; a merge is told by the merge itself."""

_STORE = """
INSERT INTO records_duplicate_pair AS pair
    (record_type, "left", "right", probability, evidence, left_print, right_print, state, found_by, scan_id)
SELECT %s, given."left", given."right", given.probability, given.evidence::jsonb, given.left_print, given.right_print,
       'open', %s, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::text[], %s::text[], %s::text[])
     AS given ("left", "right", probability, evidence, left_print, right_print)
ORDER BY given."left", given."right"
ON CONFLICT (record_type, "left", "right") DO UPDATE
SET probability = excluded.probability, evidence = excluded.evidence,
    left_print = excluded.left_print, right_print = excluded.right_print, scan_id = excluded.scan_id,
    state = CASE WHEN pair.state IN ('different', 'merged') THEN 'open' ELSE pair.state END,
    decided_by_id = CASE WHEN pair.state IN ('different', 'merged') THEN NULL ELSE pair.decided_by_id END,
    decided_at = CASE WHEN pair.state IN ('different', 'merged') THEN NULL ELSE pair.decided_at END
WHERE pair.state <> 'different' OR (pair.left_print, pair.right_print) <> (excluded.left_print, excluded.right_print)
RETURNING xmax = 0
"""


@dataclass(frozen=True, slots=True)
class FoundPair:
    """A pair to be kept, `left` < `right`."""

    left: int
    right: int
    probability: float
    evidence: Mapping[str, str]
    left_print: str
    right_print: str


class PairProblem(Exception):
    """A decision that cannot be taken; `code` says why to programs."""

    def __init__(self, message: Any, code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def pairs_store(
    record_type: RecordType, found: Sequence[FoundPair], *, found_by: str, scan_id: int | None = None
) -> int:
    """Keep pairs; those known get the new probability. Returns how many are new. One statement for each 10,000.

    What somebody called different stays so, unless something that is compared has changed in one of the two.
    """
    new = 0
    for start in range(0, len(found), STORED):
        part = found[start : start + STORED]
        with connection.cursor() as cursor:
            cursor.execute(
                _STORE,
                [
                    record_type.name,
                    found_by,
                    scan_id,
                    [one.left for one in part],
                    [one.right for one in part],
                    [one.probability for one in part],
                    [orjson.dumps(dict(one.evidence)).decode() for one in part],
                    [one.left_print for one in part],
                    [one.right_print for one in part],
                ],
            )
            new += sum(1 for (is_new,) in cursor.fetchall() if is_new)
    return new


def pairs_for(actor: Actor, record_type: RecordType) -> QuerySet[DuplicatePair]:
    """The pairs of which the actor may see and edit both records. Lazy."""
    seen = permissions.visible_to(actor, record_type)
    editable = permissions.visible_q(actor, record_type, "edit")
    found = DuplicatePair.objects.filter(record_type=record_type.name)
    if editable is False:
        return found.none()
    if editable is not True:
        seen = seen.filter(editable)
    return found.filter(Exists(seen.filter(pk=OuterRef("left"))), Exists(seen.filter(pk=OuterRef("right"))))


def pairs_decide(
    *, actor: Actor, record_type: RecordType, pair_ids: Iterable[int], state: str
) -> list[DuplicatePair]:
    """Decide about pairs: `different`, `later`, or `open` again.

    Returns them as they are now.

    Raises:
        PairProblem: the state is none, or one of the pairs is not there for the actor; nothing changed.
    """
    if state not in DECISIONS:
        raise PairProblem(_("Possible decisions: %(states)s.") % {"states": ", ".join(DECISIONS)}, "choice")
    wanted = sorted(set(pair_ids))
    with transaction.atomic():
        found = list(
            pairs_for(actor, record_type).filter(pk__in=wanted).select_for_update(of=("self",)).order_by("pk")
        )
        if len(found) < len(wanted):
            raise PairProblem(_("There is no such pair, or it is not yours to decide."), "missing")
        decided = state != PairState.OPEN
        for pair in found:
            if pair.state == PairState.MERGED:
                raise PairProblem(_("These records have been merged. Undo the merge first."), "merged")
            pair.state = state
            pair.decided_by_id = actor.user_id if decided else None
            pair.decided_at = timezone.now() if decided else None
        DuplicatePair.objects.bulk_update(found, ["state", "decided_by", "decided_at"])
    return found


def pairs_close(record_type: str, into: int, merged: Sequence[int]) -> None:
    """Records became one: pairs among them are decided; those with others go on with the one that stayed."""
    together = [into, *merged]
    DuplicatePair.objects.filter(record_type=record_type, left__in=together, right__in=together).update(
        state=PairState.MERGED, decided_at=timezone.now()
    )


def pairs_reopen(record_type: str, into: int, merged: Sequence[int]) -> None:
    """A merge was taken back: its pairs are open again."""
    together = [into, *merged]
    DuplicatePair.objects.filter(
        record_type=record_type, left__in=together, right__in=together, state=PairState.MERGED
    ).update(state=PairState.OPEN, decided_at=None, decided_by=None)


def pairs_drop_stale(
    record_type: RecordType, scan_id: int, started_at: Any, ids: Sequence[int] | None = None
) -> None:
    """Take away open pairs that the scan looked at and did not find again.

    Args:
        ids: the records it looked at; all when left out.
    """
    stale = DuplicatePair.objects.filter(
        record_type=record_type.name, state=PairState.OPEN, found_at__lt=started_at
    ).exclude(scan_id=scan_id)
    if ids is not None:
        stale = stale.filter(Q(left__in=ids) | Q(right__in=ids))
    stale.delete()


def pairs_purge(record_type: str, ids: Sequence[int]) -> None:
    """Records are gone for good, and what was found of them too."""
    DuplicatePair.objects.filter(Q(left__in=ids) | Q(right__in=ids), record_type=record_type).delete()
