"""Whose eyes read, for fields that are computed from other records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Guard:
    """What the reader may see.

    `visible` gives it for a record type, without deleted records: a condition, True or False. `revealed` says where a
    value computed from records of a type may be known, for the record at a path.
    """

    visible: Callable[[RecordType], Q | bool]
    revealed: Callable[[str, str], Q | bool]


UNGUARDED = Guard(lambda _type: Q(deleted_at__isnull=True), lambda _needs, _path: True)
"""For work that belongs to nobody: all records that are not in the recycle bin."""
