"""Every format gives the same rows: found by content, typed values as text that fields read exactly."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from dangol.records.importing.errors import SourceProblem
from dangol.records.importing.readers import SourceOptions, describe, open_table

from .workbooks import xls, xlsx, zipped

Write = Callable[..., Path]

DATA = Path(__file__).parents[4] / "shared" / "data"


def notes(path: Path) -> str:
    return " ".join(map(str, describe(path).notes))


def cells(path: Path, options: SourceOptions | None = None) -> list[list[str]]:
    with open_table(path, options) as table:
        return [table.header, *(row.cells for row in table)]


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


class TestWorkbooks:
    def test_values_come_as_text_that_fields_read_exactly(self, file: Write) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["번호", "값", "사업자등록번호"])
        values = [17850, 1250.1, 0.1 + 0.2, date(2026, 1, 2), datetime(2026, 1, 2, 14, 30), time(9, 5), True]
        for number, value in enumerate(values):
            sheet.append([number, value, 1248700001])
        sheet.append([7, timedelta(hours=30), 1248700001])
        sheet["B9"].number_format = "[h]:mm"
        rows = cells(file(saved(book), "이름.csv"))
        assert [row[1] for row in rows[1:]] == [
            "17850", "1250.1", "0.3", "2026-01-02", "2026-01-02 14:30:00", "09:05:00", "TRUE", "30:00:00",
        ]  # fmt: skip
        assert {row[2] for row in rows[1:]} == {"1248700001"}

    def test_what_excel_stores_with_noise_is_read_as_it_was_entered(self, file: Write) -> None:
        content = xlsx(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>금액</t></is></c></row>'
            '<row r="2"><c r="A2"><v>1250.0999999999999</v></c></row>'
            '<row r="3"><c r="A3"><v>1.2345678901234E+16</v></c></row>'
            '<row r="4"><c r="A4"><v>12345678901234567</v></c></row>'
        )
        assert cells(file(content))[1:] == [["1250.1"], ["12345678901234000"], ["12345678901234567"]]

    def test_shared_texts_formulas_and_korean_dates_are_understood(self, file: Write) -> None:
        content = xlsx(
            '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
            '<row r="2"><c r="A2" t="str"><f>B1&amp;"x"</f><v>결과</v></c><c r="B2" s="1"><v>46024</v></c></row>'
            '<row r="3"><c r="A3" t="s"><v>2</v></c><c r="B3" s="1"><v>46024.604166666664</v></c></row>',
            texts=["이름", "날짜", "첫 줄_x000D_\n둘째 줄"],
            formats=["yyyy&quot;년&quot; m&quot;월&quot; d&quot;일&quot;"],
        )
        assert cells(file(content)) == [
            ["이름", "날짜"],
            ["결과", "2026-01-02"],
            ["첫 줄\r\n둘째 줄", "2026-01-02 14:30:00"],
        ]

    def test_percentages_are_shares_of_one_and_a_note_says_so(self, file: Write) -> None:
        content = xlsx(
            '<row r="1"><c r="A1" t="str"><v>비율</v></c></row><row r="2"><c r="A2" s="1"><v>0.1</v></c></row>',
            formats=["0%"],
        )
        assert cells(file(content))[1] == ["0.1"]
        assert "0.1" in notes(file(content))

    def test_a_cell_with_an_error_rejects_its_row_and_is_named(self, file: Write) -> None:
        content = xlsx(
            '<row r="1"><c r="A1" t="str"><v>이름</v></c><c r="B1" t="str"><v>금액</v></c></row>'
            '<row r="2"><c r="A2" t="str"><v>가</v></c><c r="B2" t="e"><v>#N/A</v></c></row>'
            '<row r="3"><c r="A3" t="str"><v>나</v></c><c r="B3"><v>5</v></c></row>'
        )
        bad, good = describe(file(content)).sample
        assert bad.problem is not None
        assert good.problem is None
        assert (bad.problem.column, bad.problem.value) == ("금액", "#N/A")
        assert "B2" in str(bad.problem.message)
        assert bad.cells == ["가", "#N/A"]

    def test_rows_keep_the_numbers_they_have_on_the_sheet(self, file: Write) -> None:
        content = xlsx(
            '<row r="3"><c r="B3" t="str"><v>이름</v></c></row>'
            '<row r="5"><c r="B5" t="str"><v>가</v></c></row><row r="9"><c r="B9" t="str"><v>나</v></c></row>'
        )
        assert [(row.number, row.cells[-1]) for row in describe(file(content)).sample] == [
            (5, "가"),
            (9, "나"),
        ]

    def test_merged_cells_of_a_header_are_joined(self, file: Write) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in (
            ["2026년 거래처 목록"],
            [],
            ["번호", "이름", "연락처", None, "금액"],
            [None, None, "전화", "메일", None],
            [1, "김지우", "010-1234-5678", "a@example.com", 1000],
            [2, "이서준", "010-1234-5679", "b@example.com", 2000],
        ):
            sheet.append(row)
        sheet.merge_cells("C3:D3")
        for column in "ABE":
            sheet.merge_cells(f"{column}3:{column}4")
        found = describe(file(saved(book)))
        assert found.header == ["번호", "이름", "연락처 전화", "연락처 메일", "금액"]
        assert (found.options.skip, found.options.header) == (2, 2)
        assert [row.number for row in found.sample] == [5, 6]

    def test_the_first_sheet_with_cells_is_read_or_the_one_asked_for(self, file: Write) -> None:
        book = openpyxl.Workbook()
        book.active.title = "빈 시트"  # type: ignore[union-attr]
        for name in ("고객", "주문"):
            sheet = book.create_sheet(name)
            sheet.append(["이름", "값"])
            sheet.append([name, 1])
        path = file(saved(book))
        found = describe(path)
        assert found.sheets == ["빈 시트", "고객", "주문"]
        assert found.options.sheet == "고객"
        assert cells(path, SourceOptions(sheet="주문"))[1] == ["주문", "1"]
        with pytest.raises(SourceProblem) as refused:
            cells(path, SourceOptions(sheet="없음"))
        assert "고객" in str(refused.value)

    def test_a_real_xls_file_is_read(self, file: Write) -> None:
        rows = [["이름", "금액", "날짜"], ["김지우", 1250.5, 46024.0], ["이서준", 17850.0, 46025.5]]
        path = file(xls(rows), "옛날.xls")
        found = describe(path)
        assert (found.options.format, found.sheets) == ("xls", ["거래처"])
        assert cells(path) == [
            ["이름", "금액", "날짜"],
            ["김지우", "1250.5", "2026-01-02"],
            ["이서준", "17850", "2026-01-03 12:00:00"],
        ]


class TestPages:
    PAGE = (
        "<html><head><meta http-equiv='Content-Type' content='text/html; charset=euc-kr'></head><body>"
        "<table><tr><td>조회 조건</td></tr></table>"
        "<table border=1><tr><th rowspan=2>이름</th><th colspan=2>연락처</th></tr><tr><th>전화</th><th>메일</th></tr>"
        "<tr><td>김지우</td><td>010-1234-5678</td><td>a@example.com</td></tr>"
        "<tr><td>주식회사&nbsp;똠방</td><td>010-1234-5679</td><td>b@example.com<br></td></tr></table></body></html>"
    )

    @pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
    def test_html_named_xls_is_read_whatever_encoding_it_says(self, file: Write, encoding: str) -> None:
        path = file(self.PAGE.encode(encoding), "거래내역.xls")
        found = describe(path)
        assert (found.options.format, found.options.encoding) == ("html", encoding)
        assert found.header == ["이름", "연락처 전화", "연락처 메일"]
        assert [(row.number, row.cells[0]) for row in found.sample] == [(3, "김지우"), (4, "주식회사 똠방")]
        assert "HTML" in notes(path)

    def test_another_table_can_be_asked_for(self, file: Write) -> None:
        path = file(self.PAGE)
        assert describe(path).sheets == ["1", "2"]
        assert cells(path, SourceOptions(sheet="1")) == [["조회 조건"]]


class TestJson:
    def test_objects_become_rows_and_nested_ones_columns(self, file: Write) -> None:
        lines = [
            {"이름": "가", "주소": {"시": "서울", "동": {"이름": "역삼"}}, "tags": ["a", 1, {"b": None}]},
            {"이름": "나", "금액": 1, "ok": True, "없음": None},
        ]
        text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + '\n\n{"금액": 1250.10}\n'
        found = describe(file(text))
        assert found.options.format == "jsonl"
        rows = [(row.number, dict(zip(found.header, row.cells, strict=True))) for row in found.sample]
        assert rows[0][1] == {
            "이름": "가", "주소.시": "서울", "주소.동.이름": "역삼", "tags": '["a", 1, {"b": null}]',
            "금액": "", "ok": "", "없음": "",
        }  # fmt: skip
        assert rows[1][1]["ok"] == "true"
        assert (rows[2][0], rows[2][1]["금액"]) == (4, "1250.10")

    def test_an_array_of_objects_is_read_the_same_way(self, file: Write) -> None:
        objects = [{"a": number, "b": "x" * 500} for number in range(3_000)]
        rows = cells(file(json.dumps(objects)))
        assert len(rows) == 3_001
        assert rows[3_000] == ["2999", "x" * 500]

    def test_a_key_that_comes_late_rejects_its_row_and_is_kept(self, file: Write) -> None:
        text = '{"a": 1}\n' * 1_000 + '{"a": 2, "늦음": "값"}\nkeine Zeile\n{"a": 3, "a": 4}\n[1]\n'
        with open_table(file(text)) as table:
            late, *bad = [row for row in table if row.problem]
        assert late.problem is not None
        assert "늦음" in str(late.problem.message)
        assert (late.number, late.cells) == (1_001, ["2", "늦음: 값"])
        assert [row.problem.code for row in bad if row.problem] == ["json"] * 3
        assert bad[0].cells == ["keine Zeile"]


class TestColumns:
    def test_runs_of_blanks_separate_columns(self, file: Write) -> None:
        text = " id  date cds  value\n 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n"
        path = file(text)
        assert cells(path) == [
            ["id", "date", "cds", "value"],
            ["00001", "19970101", "1", "11.77"],
            ["00002", "19970112", "1", "12.00"],
        ]

    def test_prose_is_not_taken_for_columns(self, file: Write) -> None:
        found = describe(file("메모\n오늘 고객을 만났다\n내일 다시 전화하기\n견적을 보낸다 12\n"))
        assert found.options.format == "delimited"
        assert found.header == ["메모"]

    @pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
    def test_fixed_widths_are_found(self, file: Write, encoding: str) -> None:
        if encoding == "cp949":
            lines = [
                "번호  이름      금액",
                "0001  김지우    1000",
                "0002  남궁 민수  200",
                "0003              30",
            ]
        else:
            lines = [
                "no    name      sum ",
                "0001  Kim Jiwoo 1000",
                "0002  Lee        200",
                "0003              30",
            ]
        found = describe(file("\n".join(lines).encode(encoding)))
        assert found.options.format == "fixed"
        assert [row.cells[0] for row in found.sample] == ["0001", "0002", "0003"]
        assert [row.cells[-1] for row in found.sample] == ["1000", "200", "30"]

    def test_given_widths_cut_bytes_where_hangul_takes_two(self, file: Write) -> None:
        text = "김지우  01012345678서울\n이서준  01012345679부산\n"
        options = SourceOptions(widths=(8, 11, 10), header=0)
        assert cells(file(text.encode("cp949")), options) == [
            ["column 1", "column 2", "column 3"],
            ["김지우", "01012345678", "서울"],
            ["이서준", "01012345679", "부산"],
        ]

    @pytest.mark.skipif(
        not (DATA / "cdnow").exists(), reason="needs cdnow in ../shared/data beside the project"
    )
    def test_cdnow_is_read_with_and_without_header(self) -> None:
        with open_table(DATA / "cdnow" / "CDNOW_master.txt") as table:
            assert table.header == ["customer_id", "date", "number_of_cds", "dollar_value"]
            rows = list(table)
        assert (len(rows), len({row.cells[0] for row in rows})) == (69_659, 23_570)
        assert not any(row.problem for row in rows)
        with open_table(DATA / "cdnow" / "CDNOW_sample.txt") as table:
            assert table.header == [f"column {place}" for place in range(1, 6)]
            numbers = [row.number for row in table]
        assert numbers == list(range(1, 6_920))


class TestPacked:
    def test_a_zip_named_csv_gives_its_first_table(self, file: Write) -> None:
        content = {
            "__MACOSX/._고객.csv": b"junk",
            "안내.pdf": b"%PDF-1.7",
            "고객.csv": "이름,값\n가,1\n".encode("cp949"),
            "주문.csv": "주문,값\n나,2\n".encode(),
        }
        path = file(zipped(content), "보낸 파일.csv")
        found = describe(path)
        assert (found.compression, found.options.member) == ("zip", "고객.csv")
        assert found.members == ["안내.pdf", "고객.csv", "주문.csv"]
        assert cells(path) == [["이름", "값"], ["가", "1"]]
        assert cells(path, SourceOptions(member="주문.csv")) == [["주문", "값"], ["나", "2"]]

    def test_what_describe_decided_opens_the_same_rows_with_the_same_numbers(self, file: Write) -> None:
        text = "목록\n\n이름;전화\n" + "".join(f"이{n};010-0000-{n:04d}\n" for n in range(500))
        path = file(gzip.compress(text.encode("cp949")))
        found = describe(path)
        with open_table(path) as table:
            first = list(table)
        with open_table(path, found.options) as table:
            again = list(table)
        assert first == again
        assert found.sample == first[:200]
        assert (first[0].number, first[-1].number) == (4, 503)
