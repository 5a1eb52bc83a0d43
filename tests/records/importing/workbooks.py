"""Workbooks for tests, made byte by byte where no library at hand writes them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

_SECTOR = 512


def xlsx(sheet: str | bytes, texts: Sequence[str] = (), formats: Sequence[str] = (), **parts: bytes) -> bytes:
    """An XLSX file around the rows of one sheet in XML.

    Args:
        texts: the shared texts.
        formats: number formats; a cell with `s="1"` has the first.
    """
    codes = "".join(
        f'<numFmt numFmtId="{164 + place}" formatCode="{code}"/>' for place, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{164 + place}"/>' for place in range(len(formats)))
    rows = sheet.encode() if isinstance(sheet, str) else sheet
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    content = {
        "[Content_Types].xml": b"<Types/>",
        "xl/workbook.xml": b'<workbook xmlns:r="r"><sheets><sheet name="Sheet1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            b'<Relationships><Relationship Id="r1" Type="http://x/worksheet" '
            b'Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/styles.xml": (
            f'<styleSheet><numFmts>{codes}</numFmts><cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'
        ).encode(),
        "xl/sharedStrings.xml": parts.get("shared", f"<sst>{shared}</sst>".encode()),
        "xl/worksheets/sheet1.xml": b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>",
    }
    return zipped(content)


def zipped(content: dict[str, bytes]) -> bytes:
    """A ZIP file with these members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return target.getvalue()


def with_password(archive: bytes) -> bytes:
    """The same ZIP file, marked as protected by a password."""
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = archive.find(magic)
        while start >= 0:
            flags = archive[start + place] | 1
            archive = archive[: start + place] + bytes([flags]) + archive[start + place + 1 :]
            start = archive.find(magic, start + 4)
    return archive


def xls(rows: Sequence[Sequence[str | float]]) -> bytes:
    """A real XLS file (BIFF8): texts and numbers on one sheet. A number of 40,000 and more is shown as a date."""
    cells = b""
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells += _record(0x0204, struct.pack("<HHHHB", y, x, 0, len(value), 1) + text)
            else:
                cells += _record(0x0203, struct.pack("<HHHd", y, x, int(value >= 40_000), value))
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + cells + _record(0x0A, b"")
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    start += _record(0x42, struct.pack("<H", 1200))
    for number_format in (0, 14):
        start += _record(0xE0, struct.pack("<HHHBBBBIIH", 0, number_format, 0, 0, 0, 0, 0, 0, 0, 0))
    name = "거래처"
    entry = struct.pack("<BBBB", 0, 0, len(name), 1) + name.encode("utf-16-le")
    offset = len(start) + 4 + 4 + len(entry) + 4
    start += _record(0x85, struct.pack("<I", offset) + entry) + _record(0x0A, b"")
    return compound("Workbook", start + sheet)


def compound(name: str, stream: bytes) -> bytes:
    """A compound file, the container of old Excel files, with one stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    sectors = len(stream) // _SECTOR
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    assert len(chain) <= 128, "one sector of the allocation table is enough for a test"
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(_SECTOR, b"\xff")
    directory = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry(name, 2, 0xFFFFFFFF, 2, len(stream))
    directory = directory.ljust(_SECTOR, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * 432
    return header + table + directory + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        text,
        len(text),
        kind,
        1,
        0xFFFFFFFF,
        0xFFFFFFFF,
        child,
        b"",
        0,
        0,
        0,
        start,
        size,
    )


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content
