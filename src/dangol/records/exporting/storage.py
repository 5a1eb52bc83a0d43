"""Where the files of exports lie, for as long as they are kept."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from django.conf import settings

ABANDONED_AFTER = 24 * 3600
"""Seconds after which a draft that no run names is the leavings of a process that died."""


def folder() -> Path:
    """The folder for exports inside the data folder, for its owner only; made when it is not there."""
    chosen = getattr(settings, "DANGOL_EXPORTS_DIR", None)
    path = Path(chosen) if chosen else Path(settings.DATA) / "exports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def new_file() -> Path:
    """An empty file under a name of our own, readable for the owner only."""
    path = folder() / uuid.uuid4().hex
    path.touch(mode=0o600, exist_ok=False)
    return path


def abandoned(kept: set[str]) -> list[Path]:
    """Files older than a day that are not among the kept ones."""
    limit = time.time() - ABANDONED_AFTER
    return [path for path in folder().iterdir() if str(path) not in kept and path.stat().st_mtime < limit]
