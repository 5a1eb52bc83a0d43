"""What is said when a filter cannot be understood: where, why, and what would be right."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from dangol.records.fields import Field
    from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Wanted:
    """What could stand at the place of an error; completion is made of this.

    `kind` is "field", "operator", "value", "connective" or "relation condition"; the rest says of what.
    """

    kind: str
    record_type: RecordType | None = None
    field: Field | None = None
    op: str = ""
    open: int = 0


class FilterError(ValueError):
    """A filter that cannot be used. `message` is in the language that was active when it was raised.

    `position` and `length` count characters of the text, or are 0 for JSON, where `pointer` names the place
    (RFC 6901). `expected` lists what would be right there, best first. `code` is stable for programs.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "syntax",
        position: int = 0,
        length: int = 1,
        expected: Sequence[str] = (),
        pointer: str = "",
        wanted: Wanted | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.position = position
        self.length = max(length, 1)
        self.expected = list(expected)
        self.pointer = pointer
        self.wanted = wanted


def point(error: FilterError, text: str) -> str:
    """The line of `text` with the error and a line of carets below it, aligned for a fixed-width font.

    Korean characters take two columns.
    """
    start = text.rfind("\n", 0, error.position) + 1
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    column = min(max(error.position - start, 0), len(line))
    marked = line[column : column + error.length]
    return f"{line}\n{' ' * _columns(line[:column])}{'^' * max(_columns(marked), 1)}"


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def quoted(text: str, limit: int = 40) -> str:
    """Input shown back to its author: short, on one line, without characters that turn the line around."""
    clean = "".join(char if char.isprintable() else "·" for char in text[: limit + 1])
    return clean if len(clean) <= limit else clean[:limit] + "…"


def normalise(text: str) -> str:
    """For comparing names and labels: composed, case-folded, without spaces and underscores.

    Full-width letters and Hangul in NFD (macOS) become ordinary ones.
    """
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "").replace("_", "")


def distance(left: str, right: str) -> int:
    """Edit distance with swaps (optimal string alignment) over jamo: 신구 and 신규 differ by one of five."""
    a = unicodedata.normalize("NFD", normalise(left))
    b = unicodedata.normalize("NFD", normalise(right))
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """The candidates most like `word`, best first; none where more than a third of its letters differ."""
    if len(word) > 60:
        return []
    size = len(unicodedata.normalize("NFD", normalise(word)))
    found = []
    seen = {""}
    for candidate in candidates:
        folded = normalise(candidate)
        if folded in seen:
            continue
        seen.add(folded)
        steps = distance(word, candidate)
        if size >= 2 and (
            folded.startswith(normalise(word)) or (steps <= max(1, size // 3) and steps < size)
        ):
            found.append((steps, candidate))
    return [candidate for _steps, candidate in sorted(found, key=lambda pair: pair[0])[:limit]]


def did_you_mean(candidates: Sequence[str]) -> str:
    """A sentence to put after a message, or nothing."""
    if not candidates:
        return ""
    return " " + _("Did you mean %(names)s?") % {"names": ", ".join(candidates)}
