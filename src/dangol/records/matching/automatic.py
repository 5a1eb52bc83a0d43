"""Merging by itself what nobody needs to look at, where the rules of a type allow it."""

from __future__ import annotations

import structlog

from dangol.identity.actors import Actor
from dangol.records import ports
from dangol.records.matching.rules import Rules
from dangol.records.models import DuplicatePair, DuplicateScan, PairState
from dangol.records.writing import WriteError

log = structlog.get_logger(__name__)

NEAR_ENOUGH = ("same", "typing", "sound")


def merge_sure(rules: Rules, scan: DuplicateScan) -> int:
    """Merge the pairs of a scan that are sure enough: the older record stays. Returns how many were merged.

    What must be the same (`merge_same`) is so in both, a name is at least near, and nothing speaks against it: no compared
    field is another one. What the merger refuses stays in the queue.
    """
    merge = ports.merging()
    if not rules.row.merges_alone or merge is None:
        return 0
    sure = DuplicatePair.objects.filter(
        record_type=rules.record_type.name,
        state=PairState.OPEN,
        probability__gte=rules.row.merge_from,
        scan_id=scan.pk,
    ).order_by("left", "right")
    actor = Actor.system("duplicates")
    gone: set[int] = set()
    count = 0
    for pair in sure.iterator(chunk_size=1_000):
        if pair.left in gone or pair.right in gone or not is_sure(rules, pair):
            continue
        try:
            merge(actor=actor, type_key=rules.record_type.name, into=pair.left, others=[pair.right])
        except WriteError as refused:
            log.info("duplicate_not_merged", pair=pair.pk, why=str(refused)[:200])
            continue
        gone.add(pair.right)
        count += 1
    return count


def is_sure(rules: Rules, pair: DuplicatePair) -> bool:
    """Whether the evidence lets the pair be merged without anybody looking."""
    if not rules.row.merge_same:
        return False
    evidence = pair.evidence
    if any(evidence.get(name) != "same" for name in rules.row.merge_same):
        return False
    names = [one.name for one in rules.compares if one.kind.name == "name"]
    return all(evidence.get(name, "same") in NEAR_ENOUGH for name in names)
