"""The columns of a file, and what their values say without a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dangol.records.fields import Choice, Field
from dangol.records.importing.guessing.names import Idea
from dangol.records.importing.guessing.styles import share_read
from dangol.records.types import RecordType

EXAMPLES = 3
LOOKED_AT = 200
BY_CONTENT = 0.55
NEARLY_ALL = 0.9

_PHONE = re.compile(
    r"(?:\+?82[-.\s)]*|0|\(0)[1-9][0-9]?[0-9]?[-.\s)]*[0-9]{3,4}[-.\s]*[0-9]{4}|1[568][0-9]{2}-[0-9]{4}"
)
_BUSINESS_NUMBER = re.compile(r"[0-9]{3}-?[0-9]{2}-?[0-9]{5}")
_WEB = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PATTERNS = {
    "phone": _PHONE,
    "business_number": _BUSINESS_NUMBER,
    "email": re.compile(r"\S+@\S+\.\S+"),
    "url": _WEB,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its first distinct values that are not empty. `usable`: its name stands once."""

    index: int
    name: str
    values: list[str]
    usable: bool

    @property
    def samples(self) -> list[str]:
        return self.values[:EXAMPLES]


def columns_of(header: Sequence[str], sample: Sequence[Sequence[str]]) -> list[Column]:
    """The columns of a file from its header and its first rows."""
    counts = Counter(header)
    columns = []
    for index, name in enumerate(header):
        cells = (row[index].strip() for row in sample if index < len(row))
        values = list(dict.fromkeys(cell for cell in cells if cell))[:LOOKED_AT]
        columns.append(Column(index, name, values, bool(name.strip()) and counts[name] == 1))
    return columns


def ideas_by_content(record_type: RecordType, column: Column) -> list[Idea]:
    """Fields whose values look like nothing else: e-mail, phone and business numbers, addresses, known choices."""
    if not column.values:
        return []
    return [
        Idea(field.name, "", "content", BY_CONTENT)
        for field in record_type.editable_fields.values()
        if _speaks_for(field, column.values)
    ]


def _speaks_for(field: Field, values: Sequence[str]) -> bool:
    pattern = _PATTERNS.get(field.kind)
    if pattern is not None:
        shaped = sum(pattern.fullmatch(value) is not None for value in values)
        if shaped < NEARLY_ALL * len(values):
            return False
        if field.kind == "business_number" and len(values) < 2 and "-" not in values[0]:
            return False  # one in ten numbers of ten digits has the right check digit
        return share_read(field, [], values) >= NEARLY_ALL
    if isinstance(field, Choice):
        # Single letters are too common to mean just these choices.
        telling = len(values) >= 2 and sum(map(len, values)) >= 2 * len(values)
        return telling and share_read(field, [], values) == 1.0
    return False
