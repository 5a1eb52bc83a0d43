"""Which records: those that were ticked, or all that a filter lets through but some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import filters, permissions
from dangol.records.bulk.errors import BulkProblem
from dangol.records.filters.tree import EVERYTHING, Tree
from dangol.records.lists import ListError, rows_for, rows_sorted
from dangol.records.types import RecordType

MOST_IDS = 10_000
"""So many records can be ticked one by one, or left out of a filter; more are chosen by a filter."""
MAX_ID = 2**63 - 1
SALT = "dangol.records.bulk.selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """Records of one type: `ids`, or (None) all that `filter` lets through, in the order of `sort`, without `excluded`.

    `in_bin`: those in the recycle bin instead of those alive.
    """

    ids: tuple[int, ...] | None = None
    filter: str = ""
    sort: tuple[str, ...] = ()
    excluded: tuple[int, ...] = ()
    in_bin: bool = False

    def to_json(self) -> dict[str, Any]:
        """As a run keeps it."""
        if self.ids is not None:
            return {"ids": list(self.ids), "bin": self.in_bin}
        return {
            "filter": self.filter,
            "sort": list(self.sort),
            "except": list(self.excluded),
            "bin": self.in_bin,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Selection:
        """As `to_json` wrote it."""
        return cls(
            ids=tuple(data["ids"]) if data.get("ids") is not None else None,
            filter=data.get("filter", ""),
            sort=tuple(data.get("sort", ())),
            excluded=tuple(data.get("except", ())),
            in_bin=bool(data.get("bin", False)),
        )

    def tree(self, record_type: RecordType, actor: Actor) -> Tree:
        """The filter as this actor may ask it now. Raises BulkProblem."""
        if not self.filter:
            return EVERYTHING
        try:
            return filters.parse(self.filter, record_type, actor=actor)
        except filters.FilterError as problem:
            raise BulkProblem(str(problem), field="filter", code="filter") from problem

    def rows(self, record_type: RecordType, actor: Actor, *, until: datetime | None = None) -> QuerySet[Any]:
        """The records of the selection that the actor sees. Lazy.

        Args:
            until: leave out what was made later: nobody has seen it in the preview.

        Raises:
            BulkProblem: the filter cannot be asked any more.
        """
        if self.in_bin:
            rows = permissions.visible_to(actor, record_type, deleted=True)
        else:
            rows = rows_for(actor, record_type, self.tree(record_type, actor))
        if self.ids is not None:
            return rows.filter(pk__in=list(self.ids))
        if self.excluded:
            rows = rows.exclude(pk__in=list(self.excluded))
        return rows if until is None else rows.filter(created_at__lte=until)

    def in_order(self, record_type: RecordType, actor: Actor) -> QuerySet[Any]:
        """The rows as the list shows them. Lazy; raises BulkProblem."""
        try:
            return rows_sorted(self.rows(record_type, actor), actor, record_type, self.sort)
        except ListError as problem:
            raise BulkProblem(problem.message, field=problem.parameter, code="sort") from problem

    def count(self, record_type: RecordType, actor: Actor) -> int:
        """How many records there are, exactly. One query."""
        return int(self.rows(record_type, actor).order_by().count())


def ids_in(text: str) -> tuple[int, ...]:
    """Ids with commas between them, each once, in order. Raises BulkProblem."""
    return checked_ids([part for part in text.split(",") if part.strip()])


def checked_ids(given: Sequence[Any]) -> tuple[int, ...]:
    """Ids as numbers or text, each once, in order. Raises BulkProblem for what is none, or too many."""
    found: set[int] = set()
    for part in given:
        text = str(part).strip() if isinstance(part, str | int) and not isinstance(part, bool) else ""
        if not (text.isascii() and text.isdigit() and len(text) <= 19 and 0 < int(text) <= MAX_ID):
            raise BulkProblem(
                _("“%(value)s” is no id. Give ids as whole numbers.") % {"value": str(part)[:40]},
                field="ids",
                code="ids",
            )
        found.add(int(text))
    if len(found) > MOST_IDS:
        raise BulkProblem(
            _("At most %(limit)s records can be named one by one. Use a filter for more.")
            % {"limit": f"{MOST_IDS:,}"},
            field="ids",
            code="too_many",
        )
    return tuple(sorted(found))


def sign(data: dict[str, Any], record_type: RecordType, actor: Actor) -> str:
    """Something the page carries from one step to the next: for this user and type only, and unchanged."""
    return signing.dumps(
        {"type": record_type.name, "user": actor.user_id, "data": data}, salt=SALT, compress=True
    )


def unsign(text: str, record_type: RecordType, actor: Actor) -> dict[str, Any]:
    """What `sign` was given, for a day. Raises BulkProblem for what is not ours, somebody else's, or too old."""
    try:
        found = signing.loads(text, salt=SALT, max_age=86_400)
    except signing.BadSignature:
        found = {}
    if found.get("type") != record_type.name or found.get("user") != actor.user_id:
        raise BulkProblem(_("The selection is no longer valid. Select the records again."), code="selection")
    data: dict[str, Any] = found["data"]
    return data


def list_token(
    record_type: RecordType,
    actor: Actor,
    *,
    filter_text: str = "",
    sort: Sequence[str] = (),
    in_bin: bool = False,
) -> str:
    """What a list carries, so that "all of this filter" means the filter that was shown. No query."""
    return sign({"filter": filter_text, "sort": list(sort), "bin": in_bin}, record_type, actor)
