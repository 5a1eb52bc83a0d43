"""The lake as a process that answers questions holds it open: one engine, small, until a new lake appears."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from dangol.measures import lake as lakes
from dangol.measures.lake.manifest import folder

if TYPE_CHECKING:
    from dangol.measures.lake import Lake

MEMORY: Final = "400MB"
"""What a web process gives the engine before it spills to disk."""
REMEMBERED: Final = 512
"""How many answers are remembered; all of one lake, which does not change."""


@dataclass(slots=True)
class Session:
    """An open lake, with what was found out about it: extents of datasets and answers."""

    lake: Lake
    extents: dict[str, tuple[date | None, date | None]] = field(default_factory=dict)
    answers: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)

    def remember(self, key: Hashable, answer: Any) -> None:
        """Keep an answer; the ones not asked for longest go."""
        self.answers[key] = answer
        while len(self.answers) > REMEMBERED:
            self.answers.popitem(last=False)


_lock: Final = RLock()
_open: dict[Hashable, Session] = {}


@contextmanager
def opened(run: int) -> Iterator[Session]:
    """The current lake, opened once for each lake and refresh. One thread at a time has it.

    Args:
        run: the refresh whose scores stand beside it.

    Raises:
        LakeMissing: nothing has been extracted yet, or not where this process looks.
    """
    with _lock:
        manifest = lakes.current()
        key = (str(folder()), manifest.snapshot, run)
        session = _open.get(key)
        if session is None:
            close()
            lake = lakes.connect(manifest)
            if lake.backend.name == "duckdb":
                lake.backend.con.execute(f"SET memory_limit = '{MEMORY}'")
            session = _open[key] = Session(lake)
        yield session


def close() -> None:
    """Close what is open; the next question opens anew."""
    with _lock:
        while _open:
            _key, session = _open.popitem()
            session.lake.close()
