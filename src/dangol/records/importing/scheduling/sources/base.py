"""What every source can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.models import ScheduleAfter

DONE_FOLDER = "done"
PURPOSE = "import"
MOST_ENTRIES = 20_000
LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Found:
    """A file at the source. `modified` is in nanoseconds as the source tells it; none on the web."""

    name: str
    size: int | None = None
    modified: int | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """A file's content as it lies with us now. `tags` are what a web server knows it by."""

    path: Path
    size: int
    sha256: str
    tags: Mapping[str, str] = field(default_factory=dict)


class HostKeyUnknown(SourceProblem):
    """Nobody has confirmed yet that this is the server's key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            _(
                "The key of the server is not confirmed yet. Compare it and confirm it on the page of the schedule: %(key)s"
            )
            % {"key": key}
        )
        self.key = key


class Source(Protocol):
    """An opened source. All methods raise ImportProblem or OutboundProblem with the reason in words."""

    calm_after: float
    """Seconds without change after which a file counts as complete although it was never seen before."""
    asks_again: bool
    """Whether one has to ask for the content to know whether it is new."""

    def found(self) -> list[Found]:
        """The files that are there, in no order. Does nothing to them."""

    def bring(self, file: Found, tags: Mapping[str, str]) -> Brought | None:
        """Fetch a file; none when it is not changed since the one of these tags."""

    def put_away(self, file: Found, after: ScheduleAfter) -> bool:
        """Move or delete a file that has been imported; false when it is another one by now."""

    def close(self) -> None:
        """Let go of the connection."""


def is_name(name: str) -> bool:
    """Whether this is a plain file name, and not a way to somewhere else."""
    return (
        bool(name)
        and name not in (".", "..")
        and not any(letter in name for letter in "/\\\0")
        and len(name) <= LONGEST_NAME
        and name.isprintable()
    )


def too_many() -> SourceProblem:
    return SourceProblem(
        _("More than %(limit)s files lie there. Let imported files be moved or deleted.")
        % {"limit": f"{MOST_ENTRIES:,}"}
    )
