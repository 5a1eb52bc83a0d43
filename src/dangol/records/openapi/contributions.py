"""The door by which higher rooms describe endpoints that are more than CRUD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dangol.records.fields.base import Label
from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Addition:
    """Paths under /api/v1, built when the document is, in its language; `tag` groups them.

    `of_type` gives those that each described type of records has.
    """

    tag: str
    label: Label
    paths: Callable[[], dict[str, Any]] = dict
    of_type: Callable[[RecordType], dict[str, Any]] | None = None


_additions: dict[str, Addition] = {}


def contribute(addition: Addition) -> None:
    """Add paths; a tag that is known already is replaced."""
    _additions[addition.tag] = addition


def contributed() -> list[Addition]:
    return [_additions[tag] for tag in sorted(_additions)]
