"""Which customer belongs to which: subsidiaries to a company, people to a household."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import Kind
from dangol.records.fields import FieldError, Ref
from dangol.records.types import Draft

DEEPEST = 100
_UP = """
WITH RECURSIVE up(id, parent_id, kind, depth) AS (
    SELECT id, parent_id, kind, 0 FROM customers_customer WHERE id = ANY(%s)
    UNION
    SELECT c.id, c.parent_id, c.kind, up.depth + 1
    FROM customers_customer c JOIN up ON c.id = up.parent_id WHERE up.depth < %s
)
SELECT DISTINCT id, parent_id, kind FROM up
"""


def problems(rows: Sequence[Draft]) -> Iterator[tuple[int, str, FieldError]]:
    """What is wrong with the parents of a batch, moves within the batch included. One query, none without parents."""
    asked = {draft.index: parent for draft in rows if (parent := _parent(draft)) is not None}
    if not asked:
        return
    parents, kinds = _ancestors([*asked.values(), *(draft.id for draft in rows if draft.id)])
    for draft in rows:
        if draft.id is not None:
            parents[draft.id] = _parent(draft)
            kinds[draft.id] = draft.get("kind")
    for draft in rows:
        parent = asked.get(draft.index)
        if parent is None:
            continue
        if draft.id is not None and _leads_to(parent, draft.id, parents):
            yield (
                draft.index,
                "parent",
                FieldError("cycle", _("A customer cannot belong to itself or to one below it.")),
            )
        elif kinds.get(parent) == Kind.HOUSEHOLD and draft.get("kind") != Kind.PERSON:
            yield draft.index, "parent", FieldError("household", _("Only people belong to a household."))


def _parent(draft: Draft) -> int | None:
    parent = draft.get("parent")
    return parent.id if isinstance(parent, Ref) else None


def _ancestors(ids: Sequence[int]) -> tuple[dict[int, int | None], dict[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_UP, [list(ids), DEEPEST])
        found = cursor.fetchall()
    return {row[0]: row[1] for row in found}, {row[0]: row[2] for row in found}


def _leads_to(start: int, goal: int, parents: dict[int, int | None]) -> bool:
    seen: set[int] = set()
    at: int | None = start
    while at is not None and at not in seen:
        if at == goal:
            return True
        seen.add(at)
        at = parents.get(at)
    return False
