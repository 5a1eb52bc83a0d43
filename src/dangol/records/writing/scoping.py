"""What was written must lie where its writer may write: nobody plants records in another team."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.arrays import one_of
from dangol.records.types import Draft, RecordType
from dangol.records.writing.errors import RowError, WriteError


def guard_new_scope(record_type: RecordType, drafts: Sequence[Draft], actor: Actor) -> None:
    """Refuse the batch where a stored draft lies outside of what the actor may create or edit.

    At most two queries; none for whom reaches everything. Raises WriteError.
    """
    for action, new in (("create", True), ("edit", False)):
        written = {
            draft.id: draft for draft in drafts if (draft.current is None) is new and draft.id is not None
        }
        if not written or permissions.visible_q(actor, record_type, action) is True:
            continue
        reached = permissions.visible_to(actor, record_type, action).filter(pk__in=one_of(written, "bigint"))
        allowed = set(reached.values_list("pk", flat=True))
        for record_id, draft in written.items():
            if record_id not in allowed and not _handed_over(draft):
                raise WriteError([_outside(record_type, draft)])


def _handed_over(draft: Draft) -> bool:
    """An owner may give a record away; it need not stay where he may edit it."""
    return draft.current is not None and bool({"owner", "team", "territory"} & draft.values.keys())


def _outside(record_type: RecordType, draft: Draft) -> RowError:
    field = "owner" if record_type.table.has_scope else record_type.scope.through[0]
    message = _("The record would lie outside of what you may edit. Choose an owner or team of yours.")
    return RowError(draft.index, field, None, "forbidden", message)
