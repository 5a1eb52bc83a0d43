"""Files that are no tables, or that would harm who opens them: each is refused with words that help."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers import SourceOptions, describe, open_table

from .workbooks import compound, with_password, xls, xlsx, zipped

Write = Callable[..., Path]

ROW = '<row r="{0}"><c r="A{0}" t="str"><v>값</v></c></row>'


def refusal(path: Path, options: SourceOptions | None = None) -> str:
    """Read the whole file; the message it is refused with."""
    with pytest.raises(SourceProblem) as refused, open_table(path, options) as table:
        for _row in table:
            pass
    return str(refused.value)


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: zipped({"a.csv": content})])
def test_a_bomb_is_not_unpacked(file: Write, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b"a,b\n1," + b"0" * (80 << 20) + b"\n")
    assert len(packed) < 1 << 20
    assert "안전" in refusal(file(packed))


def test_what_shrinks_well_but_is_honest_is_read(file: Write) -> None:
    content = b"a,b\n" + b"1,the same line again and again\n" * 200_000
    with open_table(file(gzip.compress(content))) as table:
        assert sum(1 for _row in table) == 200_000


@pytest.mark.parametrize("part", ["sheet", "shared"])
def test_a_workbook_that_is_a_bomb_is_not_unpacked(file: Write, part: str) -> None:
    filler = b" " * (80 << 20)
    sheet = ROW.format(1).encode() + ROW.format(2).encode()
    if part == "sheet":
        content = xlsx(sheet + filler)
    else:
        shared = b"<sst><si><t>a</t></si>" + filler + b"</sst>"
        content = xlsx(sheet, shared=shared)
    assert len(content) < 1 << 20
    assert "안전" in refusal(file(content, "bomb.xlsx"))


def test_a_cell_without_end_and_declared_entities_are_refused(file: Write) -> None:
    endless = xlsx('<row r="1"><c r="A1" t="str"><v>' + "x" * (3 << 20) + "</v></c></row>")
    assert "손상" in refusal(file(endless))
    evil = '<!DOCTYPE sst [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    assert "손상" in refusal(file(xlsx(ROW.format(1), shared=evil.encode())))


def test_a_workbook_that_is_cut_off_is_refused(file: Write) -> None:
    whole = xlsx("".join(ROW.format(number) for number in range(1, 2_000)))
    assert "손상" in refusal(file(whole[: len(whole) // 2], "끊긴.xlsx"))
    assert "손상" in refusal(file(xlsx('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')))


def test_an_old_workbook_that_asks_for_all_memory_is_refused(file: Write) -> None:
    honest = xls([["a", "b"], [1.0, 2.0]])
    cell = struct.pack("<HHHHHd", 0x0203, 14, 1, 1, 0, 2.0)
    assert cell in honest
    far_away = struct.pack("<HHHHHd", 0x0203, 14, 65_535, 65_535, 0, 2.0)
    assert "엑셀" in refusal(file(honest.replace(cell, far_away), "bomb.xls"))


def test_passwords_are_asked_to_be_taken_off(file: Write) -> None:
    assert "암호" in refusal(file(with_password(zipped({"고객.csv": b"a,b\n1,2\n"}))))
    assert "암호" in refusal(file(compound("EncryptedPackage", b"secret"), "고객.xlsx"))


def test_packed_files_within_packed_files_are_refused(file: Write) -> None:
    inner = zipped({"a.csv": b"a,b\n1,2\n"})
    assert "압축" in refusal(file(zipped({"inner.zip": inner})))
    assert "압축" in refusal(file(gzip.compress(inner)))
    assert "압축" in refusal(file(zipped({"고객.xlsx": xlsx(ROW.format(1))})))


def test_a_member_that_is_not_there_is_named_with_those_that_are(file: Write) -> None:
    said = refusal(file(zipped({"고객.csv": b"a,b\n1,2\n"})), SourceOptions(member="없음.csv"))
    assert "없음.csv" in said
    assert "고객.csv" in said
    assert "비어" in refusal(file(zipped({})))


def test_the_name_of_a_member_from_korean_windows_is_readable(file: Write) -> None:
    raw = zipped({"AAAA.csv": b"a,b\n1,2\n"}).replace(b"AAAA.csv", "고객".encode("cp949") + b".csv")
    assert describe(file(raw)).members == ["고객.csv"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "그림"),
        (b"\xff\xd8\xff\xe0JFIF", "그림"),
        (b"7z\xbc\xaf\x27\x1c", "압축"),
        (zipped({"word/document.xml": b"<x/>"}), "문서"),
        (compound("WordDocument", b"text"), "엑셀"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "XML"),
        (b"<html><body>no table</body></html>", ""),
    ],
)
def test_what_is_no_table_is_refused_by_what_it_is(file: Write, content: bytes, part: str) -> None:
    if part:
        assert part in refusal(file(content, "table.csv"))
    else:
        assert refusal(file(content, "table.csv"), SourceOptions(format="html"))


def test_a_format_that_the_file_does_not_have_is_refused(file: Write) -> None:
    assert "xlsx" in refusal(file("a,b\n1,2\n"), SourceOptions(format="xlsx"))
    assert "html" in refusal(file(xlsx(ROW.format(1))), SourceOptions(format="html"))
    assert "csv" in refusal(file("a,b\n1,2\n"), SourceOptions(format="csv"))
