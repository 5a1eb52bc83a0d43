"""Where the files of exports lie, for as long as they are kept."""

from __future__ import annotations

import uuid
from pathlib import Path

from dangol.records.folders import private_folder


def folder() -> Path:
    """The folder for exports inside the data folder, for its owner only; made when it is not there."""
    return private_folder("exports")


def new_file() -> Path:
    """An empty file under a name of our own, readable for the owner only."""
    path = folder() / uuid.uuid4().hex
    path.touch(mode=0o600, exist_ok=False)
    return path
