"""The port for a virus scanner. Dangol brings none: a company that has one registers it at start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Scanner = Callable[[Path], str]
"""Looks at a local file; gives the name of what it found, or an empty text. Raises when it could not look."""

_scanner: list[Scanner] = []


def set_scanner(scanner: Scanner | None) -> None:
    """Have every new file looked at before anybody can fetch it; None to stop that."""
    _scanner[:] = [scanner] if scanner else []


def scanner() -> Scanner | None:
    """The scanner, or None where there is none."""
    return _scanner[0] if _scanner else None
