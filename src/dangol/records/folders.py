"""Where files lie that belong to no record: uploads, rejects, exports."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def private_folder(name: str) -> Path:
    """A folder inside the data folder, for its owner only; made when it is not there.

    The setting `DANGOL_<NAME>_DIR` puts it elsewhere.
    """
    chosen = getattr(settings, f"DANGOL_{name.upper()}_DIR", None)
    path = Path(chosen) if chosen else Path(settings.DATA) / name
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
