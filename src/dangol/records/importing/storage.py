"""Where uploaded files and rejects files lie."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from dangol.records.folders import private_folder
from dangol.records.importing.errors import SourceProblem

BLOCK = 1 << 20
LARGEST_UPLOAD = 2 << 30
"""Bytes, where `settings.DANGOL_IMPORT_LARGEST_UPLOAD` does not say otherwise."""


def folder() -> Path:
    """The folder for imports inside the data folder; made when it is not there."""
    return private_folder("imports")


def largest_upload() -> int:
    return int(getattr(settings, "DANGOL_IMPORT_LARGEST_UPLOAD", LARGEST_UPLOAD))


def keep_upload(chunks: Iterable[bytes]) -> tuple[Path, int, str]:
    """Store an upload under a name of our own. Returns its path, size in bytes and SHA-256.

    Raises:
        SourceProblem: it is larger than allowed.
    """
    path = folder() / uuid.uuid4().hex
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("xb") as target:
            path.chmod(0o600)
            for chunk in chunks:
                size += len(chunk)
                if size > largest_upload():
                    raise SourceProblem(
                        _("The file is larger than %(limit)s. Split it, or compress it with gzip.")
                        % {"limit": filesizeformat(largest_upload())}
                    )
                digest.update(chunk)
                target.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, size, digest.hexdigest()


def measure(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file.

    Raises:
        SourceProblem: it cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as source:
            while block := source.read(BLOCK):
                size += len(block)
                digest.update(block)
    except OSError as error:
        raise SourceProblem(
            _("The file %(name)s cannot be opened: %(why)s") % {"name": path.name, "why": error.strerror}
        ) from error
    return size, digest.hexdigest()


def rejects_path(key: Any) -> Path:
    return folder() / f"{key}-rejects.csv"
