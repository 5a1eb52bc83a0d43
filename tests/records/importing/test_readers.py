"""Files with dirt in them are read row by row; what cannot be read is set aside and nothing is lost."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers import Row, SourceOptions, open_table
from dangol.records.importing.readers.lines import LONGEST_LINE

Write = Callable[..., Path]


def read(path: Path, **options: str) -> tuple[list[str], list[Row]]:
    with open_table(path, SourceOptions(**options)) as table:
        return table.header, list(table)


def codes(rows: list[Row]) -> list[str]:
    return [row.problem.code if row.problem else "" for row in rows]


def test_a_plain_file_gives_header_and_rows(file: Write) -> None:
    header, rows = read(file("이름,전화\n김지우,010\n이서준,011\n"))
    assert header == ["이름", "전화"]
    assert [(row.number, row.cells) for row in rows] == [(2, ["김지우", "010"]), (3, ["이서준", "011"])]


def test_gzip_is_known_by_content_and_not_by_name(file: Write) -> None:
    _header, rows = read(file(gzip.compress(b"a,b\n1,2\n"), "plain.csv"))
    assert rows[0].cells == ["1", "2"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_understood(file: Write, ending: str) -> None:
    _header, rows = read(file(ending.join(["a,b", "1,2", '3,"x', 'y"', ""])))
    assert [row.cells for row in rows] == [["1", "2"], ["3", "x\ny"]]


def test_a_byte_order_mark_is_no_part_of_the_first_name(file: Write) -> None:
    header, _rows = read(file("\ufeffname,b\n".encode()))
    assert header == ["name", "b"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(file: Write, delimiter: str) -> None:
    text = f"name{delimiter}note\nA{delimiter}one, two\nB{delimiter}three; four\n".replace(
        f"one{delimiter}", '"one' + delimiter
    )
    if delimiter == ",":
        text = 'name,note\nA,"one, two"\nB,three\n'
    header, rows = read(file(text))
    assert header == ["name", "note"]
    assert rows[0].cells[0] == "A"


def test_a_quoted_line_break_stays_in_its_row(file: Write) -> None:
    _header, rows = read(file('a,b\n1,"two\nlines"\n2,x\n'))
    assert [row.cells for row in rows] == [["1", "two\nlines"], ["2", "x"]]
    assert [row.number for row in rows] == [2, 3]


def test_blank_rows_are_left_out_but_counted_as_a_spreadsheet_counts(file: Write) -> None:
    _header, rows = read(file("a,b\n\n1,2\n,\n\n3,4\n"))
    assert [(row.number, row.cells) for row in rows] == [(3, ["1", "2"]), (6, ["3", "4"])]


def test_a_row_of_the_wrong_width_is_set_aside_whole(file: Write) -> None:
    _header, rows = read(file("a,b\n1,2,3\n4\n5,6\n7,8,\n"))
    assert codes(rows) == ["columns", "columns", "", ""]
    assert rows[0].cells == ["1", "2", "3"]
    assert rows[3].cells == ["7", "8"], "an empty cell behind the last column is no mistake"


def test_a_quote_that_is_never_closed_costs_one_row(file: Write) -> None:
    _header, rows = read(file('a,b\n1,"open\n2,x\n3,y\n'))
    assert codes(rows) == ["quotes", "", ""]
    assert rows[0].cells == ["1", '"open']
    assert [row.cells for row in rows[1:]] == [["2", "x"], ["3", "y"]]


def test_a_quote_closed_much_later_costs_one_row(file: Write) -> None:
    _header, rows = read(file('a,b\n1,"open\n2,"fine"\n3,y\n'))
    assert codes(rows) == ["quotes", "", ""]


def test_nul_and_bytes_that_are_not_utf8_reject_their_row(file: Write) -> None:
    filler = "9,보통 줄\n".encode() * 80_000
    _header, rows = read(file(b"a,b\n1,x\0y\n" + filler + b"2,\xb1\xe8\n3,ok\n"))
    problems = [row for row in rows if row.problem]
    assert codes(problems) == ["nul", "encoding"]
    assert problems[1].cells[1].encode(errors="surrogateescape") == b"\xb1\xe8"
    assert rows[-1].cells == ["3", "ok"]


def test_a_file_in_no_known_encoding_is_refused_with_the_place(file: Write) -> None:
    with pytest.raises(SourceProblem) as refused:
        read(file("a,b\n名前,東京都渋谷区神宮前\n鈴木,電話番号\n".encode("shift_jis")))
    assert "2" in str(refused.value)
    assert "UTF-8" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "비어"),
        (b"\n\n", "비어"),
        (b"PK\x03\x04rest", "압축"),
        (b'"a,b\n1,2\n', "따옴표"),
    ],
)
def test_what_is_no_table_is_refused_with_a_way_out(file: Write, content: bytes, part: str) -> None:
    with pytest.raises(SourceProblem) as refused:
        read(file(content))
    assert part in str(refused.value)


def test_a_truncated_gzip_file_is_told_of(file: Write) -> None:
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(200_000)))
    path = file(whole[: len(whole) // 2])
    with pytest.raises(SourceProblem):
        read(path)


def test_a_line_without_end_is_cut_and_memory_stays_flat(file: Write) -> None:
    path = file(b"a,b\n1,2\n3," + b"x" * (40 << 20) + b"\n5,6\n")
    tracemalloc.start()
    with open_table(path) as table:
        rows = [(row.number, row.problem and row.problem.code, len(row.cells[1])) for row in table]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(number, code) for number, code, _length in rows] == [(2, None), (3, "line_too_long"), (4, None)]
    assert rows[1][2] <= LONGEST_LINE
    assert peak < 24 << 20
