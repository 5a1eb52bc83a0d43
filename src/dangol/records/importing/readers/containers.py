"""What a file is packed in: nothing, gzip, or ZIP. Unpacked as a stream, and never more than a file can honestly hold.

What a packed file says about its own size is not believed; the bytes that come out are counted.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers.base import Source, SourceOptions

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"

MOST_UNPACKED = 64 << 30
"""Bytes that may come out of a packed file."""
MOST_RATIO = 250
"""Tables shrink to a tenth, very even ones to a hundredth; what shrinks more holds nothing."""
RATIO_FROM = 64 << 20
"""Bytes that come out before the ratio is looked at."""

_NO_TABLES = (
    ".pdf",
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".doc",
    ".docx",
    ".hwp",
    ".hwpx",
    ".ppt",
    ".pptx",
    ".exe",
)


class Counted:
    """A stream that is being unpacked; damage and bombs are told in words a clerk understands.

    Args:
        stream: gives the unpacked bytes.
        packed: bytes that are unpacked here, in their packed form.
        most: bytes that may come out, where less than usual can be held.
    """

    def __init__(self, stream: Source, packed: int, most: int | None = None) -> None:
        self._stream = stream
        # Read when it is made, so that a changed limit holds.
        self._limit = min(MOST_UNPACKED if most is None else most, max(RATIO_FROM, packed * MOST_RATIO))
        self._count = 0

    def read(self, size: int = -1, /) -> bytes:
        if size < 0 or size > 1 << 24:
            # Never more at a time than fits into memory.
            size = 1 << 24
        try:
            block = self._stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, OSError, ValueError) as error:
            raise SourceProblem(
                _(
                    "The compressed file is damaged or incomplete. Fetch it again and start the import once more."
                )
            ) from error
        self._count += len(block)
        if self._count > self._limit:
            raise SourceProblem(
                _(
                    "Unpacked, the file is far larger than a table of this size can be. "
                    "For safety it is not read. Unpack it yourself and import what is inside."
                )
            )
        return block


@dataclass(frozen=True, slots=True)
class Container:
    """A way to the bytes of the table. `fresh` gives them from the start, as often as it is called."""

    compression: str
    fresh: Callable[[], Source]
    member: str | None = None
    members: list[str] = field(default_factory=list)


def opened(raw: BinaryIO, size: int, options: SourceOptions) -> Container:
    """Look at how a file is packed.

    Raises:
        SourceProblem: it is a ZIP file that cannot be used: damaged, with a password, without the member asked for.
    """
    raw.seek(0)
    start = raw.read(4)

    def plain() -> Source:
        raw.seek(0)
        return raw

    def unzipped() -> Source:
        raw.seek(0)
        return Counted(gzip.GzipFile(fileobj=raw, mode="rb"), size)

    if start.startswith(GZIP):
        return Container("gzip", unzipped)
    if start in (ZIP, EMPTY_ZIP):
        return _zip(raw, options)
    return Container("", plain)


def archive_of(raw: BinaryIO) -> zipfile.ZipFile:
    """Open a ZIP file, a workbook among them.

    Raises:
        SourceProblem: it is damaged.
    """
    raw.seek(0)
    try:
        return zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise SourceProblem(
            _("The compressed file is damaged or incomplete. Fetch it again and start the import once more.")
        ) from error


def member_stream(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int | None = None) -> Source:
    """The bytes of one file in a ZIP file.

    Raises:
        SourceProblem: a password protects it, or it is packed in a way that cannot be read.
    """
    if info.flag_bits & 1:
        raise SourceProblem(
            _("A password protects the ZIP file. Unpack it yourself and import the file that is inside.")
        )
    try:
        stream = archive.open(info)
    except (NotImplementedError, RuntimeError) as error:
        raise SourceProblem(
            _("The ZIP file is packed in a way that cannot be read. Pack it again as an ordinary ZIP file.")
        ) from error
    except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
        raise SourceProblem(
            _("The compressed file is damaged or incomplete. Fetch it again and start the import once more.")
        ) from error
    return Counted(stream, info.compress_size, most)


def _zip(raw: BinaryIO, options: SourceOptions) -> Container:
    archive = archive_of(raw)
    infos = {_name(info): info for info in archive.infolist() if not _is_hidden(info)}
    names = list(infos)
    if not names:
        raise SourceProblem(_("The ZIP file is empty."))
    member = options.member
    if member is None:
        member = next((name for name in names if not name.lower().endswith(_NO_TABLES)), names[0])
    elif member not in infos:
        raise SourceProblem(
            _("The ZIP file has no file %(name)s. It has: %(members)s.")
            % {"name": member, "members": ", ".join(names)[:500]}
        )
    chosen = infos[member]
    return Container("zip", lambda: member_stream(archive, chosen), member, names)


def _name(info: zipfile.ZipInfo) -> str:
    """The name of a member. Korean Windows writes it in CP949 without saying so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("cp949")
    except UnicodeError:
        return info.filename


def _is_hidden(info: zipfile.ZipInfo) -> bool:
    path = info.filename
    return info.is_dir() or path.startswith("__MACOSX/") or path.rsplit("/", 1)[-1].startswith(".")
