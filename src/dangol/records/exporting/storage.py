"""Where the files of exports lie, for as long as they are kept."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from dangol.records.folders import private_folder

ABANDONED_AFTER = 24 * 3600
"""Seconds after which a draft that no run names is the leavings of a process that died."""


def folder() -> Path:
    """The folder for exports inside the data folder, for its owner only; made when it is not there."""
    return private_folder("exports")


def new_file() -> Path:
    """An empty file under a name of our own, readable for the owner only."""
    path = folder() / uuid.uuid4().hex
    path.touch(mode=0o600, exist_ok=False)
    return path


def abandoned(kept: set[str]) -> list[Path]:
    """Files older than a day that are not among the kept ones."""
    limit = time.time() - ABANDONED_AFTER
    return [path for path in folder().iterdir() if str(path) not in kept and path.stat().st_mtime < limit]
