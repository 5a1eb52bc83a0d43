"""Where files lie that belong to no record: uploads, rejects, exports."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from django.conf import settings

ABANDONED_AFTER = 24 * 3600
"""Seconds after which a file that no run names is the leavings of a process that died, or of a run that has gone."""


def private_folder(name: str) -> Path:
    """A folder inside the data folder, for its owner only; made when it is not there.

    The setting `DANGOL_<NAME>_DIR` puts it elsewhere.
    """
    chosen = getattr(settings, f"DANGOL_{name.upper()}_DIR", None)
    path = Path(chosen) if chosen else Path(settings.DATA) / name
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def abandoned(folder: Path, kept: Collection[str]) -> list[Path]:
    """Files of a folder older than a day that are not among the kept ones."""
    limit = time.time() - ABANDONED_AFTER
    return [
        path for path in sorted(folder.iterdir()) if str(path) not in kept and path.stat().st_mtime < limit
    ]
