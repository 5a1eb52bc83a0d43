"""What `dangol doctor` found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    `mend` is empty when it is in order. A `note` is shown but is no fault.
    """

    name: str
    good: bool
    text: str
    mend: str = ""
    note: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def finding(name: str, good: bool, text: str, mend: str) -> Finding:
    """Something that is in order or is to be mended like this."""
    return Finding(name, good, text, "" if good else mend)
