"""All segments as each process keeps them in memory, so that a customer's page and every list cost no query more.

Kept fresh by `identity.revisions`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.utils.translation import get_language

from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.insight.models import Made, Segment
from dangol.insight.segmentation import conditions
from dangol.records.fields import FieldError
from dangol.records.fields.tags import folded
from dangol.records.filters.tree import Tree

REVISION: Final = "segments"
SYSTEM: Final = Actor.system("segments")


@dataclass(slots=True)
class Known:
    """One segment. `tree` is its condition, None for a fixed list; `broken` says that it cannot be read any more."""

    id: int
    name: str
    name_en: str
    made: str
    condition: str
    family: str
    key: str
    frozen_on: date | None
    _tree: Tree | None = None
    _types: frozenset[str] | None = None
    _read: bool = False
    broken: str = ""

    def label(self) -> str:
        """The name in the reader's language."""
        return self.name_en if self.name_en and not (get_language() or "ko").startswith("ko") else self.name

    @property
    def fixed(self) -> bool:
        return self.made == Made.LIST

    @property
    def tree(self) -> Tree | None:
        if not self._read:
            self._read = True
            try:
                self._tree = None if self.fixed else conditions.parsed(self.condition, actor=SYSTEM)
            except FieldError as problem:
                self.broken = str(problem.message)
        return self._tree

    @property
    def types(self) -> frozenset[str]:
        """The record types besides customers that decide who belongs."""
        if self._types is None:
            tree = self.tree
            self._types = frozenset(conditions.types_read(tree)) if tree is not None else frozenset()
        return self._types


@dataclass
class _Index:
    by_id: dict[int, Known] = field(default_factory=dict)
    by_name: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))


_index = _Index()


def read() -> None:
    """Read all segments anew. One query; called by `revisions`."""
    global _index
    found = _Index()
    rows = Segment.objects.filter(deleted_at=None).order_by("pk")
    for row in rows.values_list("pk", "name", "name_en", "made", "condition", "family", "key", "frozen_on"):
        one = Known(*row[:6], row[6] or "", row[7])
        found.by_id[one.id] = one
        for name in {folded(one.name), folded(one.name_en)} - {""}:
            found.by_name[name].append(one)
    _index = found


def register() -> None:
    """Called once, while the project starts."""
    revisions.keep(REVISION, read)


def everyone() -> list[Known]:
    """All segments there are. No query."""
    return list(_index.by_id.values())


def of_id(number: int) -> Known | None:
    return _index.by_id.get(number)


def named(name: str) -> list[Known]:
    """The segments of that name, in either language. No query."""
    return _index.by_name.get(folded(name), [])
