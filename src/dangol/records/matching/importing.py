"""What is asked of records just made, by an import or in spite of a question: which may be there already."""

from __future__ import annotations

from collections.abc import Sequence

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.matching import pairs
from dangol.records.matching.pairs import FoundPair
from dangol.records.matching.rules import rules_of
from dangol.records.matching.scanning import compared
from dangol.records.models import FoundBy
from dangol.records.types import RecordType


def similar_to(record_type: RecordType, ids: Sequence[int], *, actor: Actor) -> list[FoundPair]:
    """The probable pairs of these new records with any others, also with each other. Seven queries.

    Where the rules of the type say nothing of other teams' records, those that the actor may not see do not count.
    """
    rules = rules_of(record_type)
    found = compared(rules, ids) if rules.is_on else []
    if not found or rules.row.tells_of_others:
        return found
    every = {one for pair in found for one in (pair.left, pair.right)}
    seen = set(
        permissions.visible_to(actor, rules.record_type).filter(pk__in=every).values_list("pk", flat=True)
    )
    return [pair for pair in found if pair.left in seen and pair.right in seen]


def put_into_queue(
    record_type: RecordType, found: Sequence[FoundPair], *, found_by: FoundBy = FoundBy.IMPORT
) -> None:
    """Keep them for people to decide. One statement."""
    pairs.pairs_store(record_type, found, found_by=found_by)
