"""Names of lakes, and the local folders in which their files come into being."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dangol.measures.lake.storage import DRAFT, folder, store


def new_snapshot() -> str:
    """A name for a lake; later ones sort after earlier ones."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"


@contextmanager
def draft_folder(snapshot: str) -> Iterator[Path]:
    """A local folder for unfinished files; what a killed run leaves there goes with the next publication."""
    draft = folder() / f"{DRAFT}{snapshot}"
    draft.mkdir(parents=True)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def hand_over(draft: Path, place: str) -> tuple[str, ...]:
    """Give all Parquet files of a draft folder to the store; returns their names there, in order."""
    files = {path: f"{place}/{path.relative_to(draft)}" for path in sorted(draft.rglob("*.parquet"))}
    store().put(files.items())
    return tuple(files.values())
