"""Where the bodies and results of bulk jobs lie, and how they are read."""

from __future__ import annotations

import gzip
import hashlib
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from dangol.records.folders import private_folder
from dangol.records.rest.problems import Problem

BLOCK = 1 << 20
LARGEST_BODY = 1 << 30
LARGEST_UNPACKED = 20 << 30
LONGEST_LINE = 1 << 20


class BrokenBody(Exception):
    """The body ends in the middle of its compression, or unpacks to more than is taken."""


def folder() -> Path:
    """The folder for bulk jobs inside the data folder; made when it is not there."""
    return private_folder("bulk")


def results_path(key: uuid.UUID) -> Path:
    """Where the results of a job lie."""
    return folder() / f"{key}.ndjson"


def keep(request: HttpRequest) -> tuple[Path, int, str]:
    """Store a request's body, block by block. Returns its path, size in bytes and SHA-256.

    Raises:
        Problem: 413, it is larger than 1 GB.
    """
    path = folder() / uuid.uuid4().hex
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("xb") as target:
            path.chmod(0o600)
            while block := request.read(BLOCK):
                size += len(block)
                if size > LARGEST_BODY:
                    raise Problem(
                        413,
                        "too_large",
                        _("Send less at once: at most %(limit)s MB.") % {"limit": LARGEST_BODY >> 20},
                    )
                digest.update(block)
                target.write(block)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, size, digest.hexdigest()


def lines(path: Path, *, gzipped: bool) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a body with their numbers, the first is 1; empty ones are left out. None for one that is too long.

    Raises:
        BrokenBody: it cannot be unpacked.
    """
    number = unpacked = 0
    source: BinaryIO
    with cast("BinaryIO", gzip.open(path) if gzipped else path.open("rb")) as source:
        try:
            while line := source.readline(LONGEST_LINE):
                number += 1
                unpacked += len(line)
                too_long = len(line) == LONGEST_LINE and not line.endswith(b"\n")
                while len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                    line = source.readline(LONGEST_LINE)
                    unpacked += len(line)
                    if unpacked > LARGEST_UNPACKED:
                        break
                if unpacked > LARGEST_UNPACKED:
                    raise BrokenBody(_("The body unpacks to more than is taken."))
                if too_long:
                    yield number, None
                elif line.strip():
                    yield number, line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BrokenBody(_("The body is not whole gzip.")) from error
