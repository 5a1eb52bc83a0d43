"""What goes wrong in text files, and what a clerk sees of it."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers import Row, SourceOptions, describe, open_table

Write = Callable[..., Path]

EXCEL = "번호,이름,전화\r\n1,김지우,010-1234-5678\r\n2,쁢뷁똠방각하,010-1234-5679\r\n"


def read(path: Path, options: SourceOptions | None = None) -> tuple[list[str], list[Row]]:
    with open_table(path, options) as table:
        return table.header, list(table)


def codes(rows: list[Row]) -> list[str]:
    return [row.problem.code if row.problem else "" for row in rows]


class TestEncodings:
    def test_cp949_from_excel_is_read_and_said(self, file: Write) -> None:
        path = file(EXCEL.encode("cp949"))
        header, rows = read(path)
        assert header == ["번호", "이름", "전화"]
        assert [row.cells[1] for row in rows] == ["김지우", "쁢뷁똠방각하"]
        found = describe(path)
        assert found.options.encoding == "cp949"
        assert [str(note) for note in found.notes] == ["CP949 인코딩으로 읽었어요."]
        with translation.override("en"):
            assert [str(note) for note in describe(path).notes] == ["Read as CP949."]

    def test_korean_letters_that_come_late_decide_too(self, file: Write) -> None:
        ascii_rows = b"1,name\r\n" * 150_000
        path = file(b"a,b\r\n" + ascii_rows + "2,김지우\r\n".encode("cp949"))
        assert describe(path).options.encoding == "cp949"
        assert read(path)[1][-1].cells == ["2", "김지우"]

    @pytest.mark.parametrize(
        ("encoding", "mark"),
        [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b"")],
    )
    def test_utf16_is_read_with_mark_and_without(self, file: Write, encoding: str, mark: bytes) -> None:
        path = file(mark + EXCEL.replace(",", "\t").encode(encoding))
        header, rows = read(path)
        assert header == ["번호", "이름", "전화"]
        assert rows[1].cells == ["2", "쁢뷁똠방각하", "010-1234-5679"]
        assert describe(path).options.encoding == encoding

    def test_half_a_character_of_utf16_rejects_its_row_only(self, file: Write) -> None:
        content = (
            "이름,값\n가,1\n".encode("utf-16-le") + b"\x00\xd8" + ",2\n다,3".encode("utf-16-le") + b"\x41"
        )
        _header, rows = read(file(b"\xff\xfe" + content))
        assert codes(rows) == ["", "encoding", "encoding"]
        assert all(cell.encode(errors="surrogateescape") for row in rows for cell in row.cells)

    def test_a_byte_order_mark_is_no_part_of_the_first_name(self, file: Write) -> None:
        assert read(file(EXCEL.encode("utf-8-sig")))[0][0] == "번호"
        assert read(file(EXCEL.encode("utf-8-sig")), SourceOptions(encoding="utf-8"))[0][0] == "번호"

    def test_western_text_is_read_only_when_it_clearly_is(self, file: Write) -> None:
        path = file("name,city\nMüller,Köln\nLefèvre,Orléans\nNoël,Nîmes\n".encode("cp1252"))
        assert describe(path).options.encoding == "cp1252"
        assert read(path)[1][0].cells == ["Müller", "Köln"]
        with pytest.raises(SourceProblem) as refused:
            read(file("имя,город\nИван,Москва\nОльга,Казань\n".encode("cp1251")))
        assert "UTF-8" in str(refused.value)

    def test_mixed_encodings_reject_the_rows_that_do_not_fit_and_keep_their_bytes(self, file: Write) -> None:
        odd = "3,박서연,서울".encode()
        path = file(EXCEL.encode("cp949") + odd + b"\r\n" + "4,최유진,부산\r\n".encode("cp949"))
        _header, rows = read(path)
        assert codes(rows) == ["", "", "encoding", ""]
        bad = rows[2]
        assert bad.problem is not None
        assert (bad.number, bad.problem.column) == (4, "이름")
        assert "CP949" in str(bad.problem.message)
        assert ",".join(bad.cells).encode(errors="surrogateescape") == odd
        assert rows[3].cells == ["4", "최유진", "부산"]
        assert any("CP949" in str(note) for note in describe(path).notes)

    def test_a_cp949_row_within_utf8_can_be_written_out_byte_by_byte(self, file: Write) -> None:
        odd = "3,박서연,서울".encode("cp949")
        _header, rows = read(file(EXCEL.encode() + odd + b"\r\n"))
        assert codes(rows) == ["", "", "encoding"]
        assert ",".join(rows[2].cells).encode(errors="surrogateescape") == odd

    def test_a_header_that_does_not_fit_can_be_stored_all_the_same(self, file: Write) -> None:
        content = b"a,\xb1\xe8\0\n" + "김지우,1\n이서준,2\n박서연,3\n".encode()
        header, rows = read(file(content))
        assert header == ["a", "\ufffd\ufffd\ufffd"]
        assert codes(rows) == ["", "", ""]

    def test_letters_that_the_encoding_does_not_have_can_be_written_as_escapes(self, file: Write) -> None:
        lines = '{"이름": "김지우"}\n{"이름": "\\ud83d\\ude00"}\n{"이름": "\\ud83d"}\n'
        _header, rows = read(file(lines.encode("cp949")))
        assert rows[1].cells == ["\U0001f600"]
        assert codes(rows) == ["", "", "encoding"]
        assert rows[2].cells[0].encode(errors="surrogateescape") == b"\xed\xa0\xbd"

    def test_an_unknown_encoding_is_named(self, file: Write) -> None:
        with pytest.raises(SourceProblem) as refused:
            read(file("a,b\n"), SourceOptions(encoding="klingon"))
        assert "klingon" in str(refused.value)

    def test_full_width_digits_and_decomposed_hangul_pass_through_untouched(self, file: Write) -> None:
        name = unicodedata.normalize("NFD", "김지우")
        _header, rows = read(file(f"이름,번호\n{name},０１０－１２３４\n"))
        assert rows[0].cells == [name, "０１０－１２３４"]


class TestHeaders:
    def test_titles_above_the_table_are_passed_over(self, file: Write) -> None:
        path = file("2026년 거래처 목록,,\n출력일: 2026-11-22,,\n\n이름,전화,금액\n김지우,010,1000\n")
        found = describe(path)
        assert found.header == ["이름", "전화", "금액"]
        assert found.options.skip == 3
        assert [(row.number, row.cells[0]) for row in found.sample] == [(5, "김지우")]
        assert "3" in str(found.notes[0])

    def test_a_list_in_one_column_keeps_its_header(self, file: Write) -> None:
        header, rows = read(file("이름\n김지우\n이서준, 부장\n박서연\n"))
        assert header == ["이름"]
        assert codes(rows) == ["", "columns", ""]

    def test_two_header_rows_are_joined(self, file: Write) -> None:
        path = file("이름,연락처,,금액\n,전화,메일,\n김지우,010,a@b.kr,1000\n이서준,011,c@d.kr,2000\n")
        found = describe(path)
        assert found.header == ["이름", "연락처 전화", "연락처 메일", "금액"]
        assert [row.number for row in found.sample] == [3, 4]
        assert any("두 줄" in str(note) for note in found.notes)

    def test_without_header_columns_are_numbered_and_no_row_is_lost(self, file: Write) -> None:
        found = describe(file("김지우,010-1234-5678,2026-01-02\n이서준,010-1234-5679,2026-01-03\n"))
        assert found.header == ["column 1", "column 2", "column 3"]
        assert [row.number for row in found.sample] == [1, 2]

    def test_years_and_counted_columns_are_a_header_all_the_same(self, file: Write) -> None:
        assert describe(file("지점,2024,2025\n강남,100,200\n서초,300,400\n")).header == [
            "지점",
            "2024",
            "2025",
        ]
        assert describe(file("지점,1,2,3\n강남,10,20,30\n서초,9,8,7\n")).options.header == 1

    def test_names_that_stand_twice_are_made_distinct_and_missing_ones_numbered(self, file: Write) -> None:
        assert read(file("이름,이름,,이름 (2),이름\n가,나,다,라,마\n"))[0] == [
            "이름", "이름 (3)", "column 3", "이름 (2)", "이름 (4)",
        ]  # fmt: skip

    def test_what_somebody_decided_about_the_header_holds(self, file: Write) -> None:
        path = file("가,나\n다,라\n1,2\n")
        assert read(path, SourceOptions(header=0))[1][0].cells == ["가", "나"]
        assert read(path, SourceOptions(header=2))[0] == ["가 다", "나 라"]
        header, rows = read(path, SourceOptions(skip=1))
        assert (header, rows) == (["다", "라"], [Row(3, ["1", "2"], None)])
        with pytest.raises(SourceProblem):
            read(path, SourceOptions(header=3))

    def test_only_a_header_is_a_table_without_rows(self, file: Write) -> None:
        assert read(file("이름,전화\n")) == (["이름", "전화"], [])


class TestDirt:
    def test_two_hundred_columns_are_read(self, file: Write) -> None:
        header = ",".join(f"열{place}" for place in range(200))
        _header, rows = read(file(header + "\n" + ",".join(map(str, range(200))) + "\n"))
        assert rows[0].cells[199] == "199"
        with pytest.raises(SourceProblem):
            read(file(",".join(f"열{place}" for place in range(2_001)) + "\n"))

    @pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "   \n"])
    def test_an_empty_file_is_refused(self, file: Write, content: str) -> None:
        with pytest.raises(SourceProblem) as refused:
            describe(file(content))
        assert "비어 있어요" in str(refused.value)

    def test_nul_rejects_its_row(self, file: Write) -> None:
        _header, rows = read(file("이름,값\n가\0,1\n나,2\n"))
        assert codes(rows) == ["nul", ""]
        assert rows[0].problem is not None
        assert (rows[0].problem.column, rows[0].cells) == ("이름", ["가\0", "1"])

    def test_stray_quotation_marks_cost_their_row_only(self, file: Write) -> None:
        _header, rows = read(file('이름,값\n"가" 나,1\n다,2\n"라,3\n마,4\n'.encode("cp949")))
        assert codes(rows) == ["quotes", "", "quotes", ""]
        assert [row.number for row in rows] == [2, 3, 4, 5]
        assert rows[0].cells == ['"가" 나', "1"]

    def test_old_macintosh_line_ends_are_understood(self, file: Write) -> None:
        path = file("목록\r이름,값\r가,1\r나,2\r".encode("cp949"))
        header, rows = read(path)
        assert header == ["이름", "값"]
        assert [(row.number, row.cells) for row in rows] == [(3, ["가", "1"]), (4, ["나", "2"])]

    @pytest.mark.slow
    def test_a_line_of_two_gigabytes_costs_one_row_and_no_memory(self, file: Write) -> None:
        path = file("가,나\n1,2\n3,")
        with path.open("r+b") as target:
            target.seek(2 << 30)
            target.write(b"\n5,6\n")
        # The address space is limited, so that a reader that holds the line dies.
        script = (
            "import resource, sys; from pathlib import Path\n"
            "import django; django.setup()\n"
            "from dangol.records.importing.readers import open_table\n"
            "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
            "with open_table(Path(sys.argv[1])) as table:\n"
            "    print([(row.number, row.problem and row.problem.code) for row in table])\n"
            # Of this program alone: getrusage counts what the process was before it became this program.
            "status = Path('/proc/self/status')\n"
            "peak = [line for line in status.read_text().splitlines() if line.startswith('VmHWM')] if status.exists() else []\n"
            "print(int(peak[0].split()[1]) // 1024 if peak else 0)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        rows, megabytes = done.stdout.splitlines()
        assert rows == "[(2, None), (3, 'line_too_long'), (4, None)]"
        assert int(megabytes) < 300
