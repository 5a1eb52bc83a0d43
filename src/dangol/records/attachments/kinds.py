"""What a file is, by its contents: names and what a browser says of them can be anything."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HEAD: Final = 8_192
_OLE_LOOK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. `family` is what the setting `DANGOL_FILES_TYPES` allows; the first extension is the usual one."""

    family: str
    content_type: str
    extensions: tuple[str, ...]


UNKNOWN: Final = Kind("other", "application/octet-stream", ())
PROGRAM: Final = Kind("program", "application/octet-stream", ())
MACRO: Final = Kind("macro", "application/octet-stream", ())
HTML: Final = Kind("web", "text/html", ("html", "htm", "xhtml"))
SVG: Final = Kind("web", "image/svg+xml", ("svg",))
TEXT: Final = Kind(
    "text",
    "text/plain",
    ("txt", "csv", "tsv", "md", "log", "json", "jsonl", "yaml", "yml", "ics", "vcf", "eml", "xml", "srt"),
)
_JPEG = Kind("image", "image/jpeg", ("jpg", "jpeg", "jfif"))
_HEIC = Kind("heic", "image/heic", ("heic", "heif"))
_MP4 = Kind("video", "video/mp4", ("mp4", "m4v", "mov", "3gp"))
_M4A = Kind("audio", "audio/mp4", ("m4a",))
_ZIP = Kind("archive", "application/zip", ("zip",))

_STARTS: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"%PDF-", Kind("pdf", "application/pdf", ("pdf",))),
    (b"\x89PNG\r\n\x1a\n", Kind("image", "image/png", ("png",))),
    (b"\xff\xd8\xff", _JPEG),
    (b"GIF87a", Kind("image", "image/gif", ("gif",))),
    (b"GIF89a", Kind("image", "image/gif", ("gif",))),
    (b"7z\xbc\xaf\x27\x1c", Kind("archive", "application/x-7z-compressed", ("7z",))),
    (b"\x1f\x8b\x08", Kind("archive", "application/gzip", ("gz", "tgz"))),
    (b"Rar!\x1a\x07", Kind("archive", "application/vnd.rar", ("rar",))),
    (b"OggS", Kind("audio", "audio/ogg", ("ogg", "oga", "opus"))),
    (b"ID3", Kind("audio", "audio/mpeg", ("mp3",))),
    (b"fLaC", Kind("audio", "audio/flac", ("flac",))),
    (b"\x1a\x45\xdf\xa3", Kind("video", "video/webm", ("webm", "mkv"))),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"#!", PROGRAM),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ZIPPED: Final[tuple[tuple[str, Kind], ...]] = (
    ("word/", Kind("office", _OFFICE + "wordprocessingml.document", ("docx",))),
    ("xl/", Kind("office", _OFFICE + "spreadsheetml.sheet", ("xlsx",))),
    ("ppt/", Kind("office", _OFFICE + "presentationml.presentation", ("pptx",))),
)
_MIMETYPES: Final[dict[bytes, Kind]] = {
    b"application/hwp+zip": Kind("hwp", "application/hwp+zip", ("hwpx",)),
    b"application/vnd.oasis.opendocument.text": Kind(
        "office", "application/vnd.oasis.opendocument.text", ("odt",)
    ),
    b"application/vnd.oasis.opendocument.spreadsheet": Kind(
        "office", "application/vnd.oasis.opendocument.spreadsheet", ("ods",)
    ),
    b"application/vnd.oasis.opendocument.presentation": Kind(
        "office", "application/vnd.oasis.opendocument.presentation", ("odp",)
    ),
}
_OLE: Final[tuple[tuple[str, Kind], ...]] = (
    ("HwpSummaryInformation", Kind("hwp", "application/x-hwp", ("hwp",))),
    ("WordDocument", Kind("office", "application/msword", ("doc",))),
    ("Workbook", Kind("office", "application/vnd.ms-excel", ("xls",))),
    ("PowerPoint Document", Kind("office", "application/vnd.ms-powerpoint", ("ppt",))),
    ("__substg1.0_", Kind("mail", "application/vnd.ms-outlook", ("msg",))),
)
_OLE_START: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP: Final = (b"<!doctype html", b"<html", b"<script", b"<head", b"<body", b"<iframe")


def kind_of(path: Path) -> Kind:
    """What the file holds. Reads its beginning, for archives their table of contents."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return {
            b"WEBP": Kind("image", "image/webp", ("webp",)),
            b"WAVE": Kind("audio", "audio/wav", ("wav",)),
        }.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"):
            return _HEIC
        return _M4A if brand in (b"M4A ", b"M4B ") else _MP4
    if head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return Kind("audio", "audio/mpeg", ("mp3",))
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(path)
    if head.startswith(_OLE_START):
        return _compound(path)
    return _text(path, head)


def _zipped(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                return MACRO
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                found = _MIMETYPES.get(archive.read("mimetype").strip())
                if found is not None:
                    return found
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return UNKNOWN
    if "[Content_Types].xml" in names:
        for prefix, kind in _ZIPPED:
            if any(name.startswith(prefix) for name in names):
                return kind
    return _ZIP


def _compound(path: Path) -> Kind:
    """Old Office and Hangul documents are told apart by the streams in them, whose names stand in UTF-16."""
    with path.open("rb") as file:
        look = file.read(_OLE_LOOK)
        file.seek(0, 2)
        file.seek(max(file.tell() - _OLE_LOOK, 0))
        look += file.read(_OLE_LOOK)
    if "_VBA_PROJECT".encode("utf-16-le") in look:
        return MACRO
    for name, kind in _OLE:
        if name.encode("utf-16-le") in look:
            return kind
    return UNKNOWN


def _text(path: Path, head: bytes) -> Kind:
    lowered = head.removeprefix(b"\xef\xbb\xbf").lower()
    if b"<svg" in lowered and b"<html" not in lowered:
        return SVG
    if any(mark in lowered for mark in _MARKUP):
        return HTML
    data = path.read_bytes()
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return UNKNOWN
    for encoding in ("utf-8", "cp949", "utf-16"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(ord(char) < 32 and char not in "\t\r\n\f\x1b" for char in text[:HEAD])
        return UNKNOWN if odd else TEXT
    return UNKNOWN
