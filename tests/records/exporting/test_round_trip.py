"""What went out and comes in again changes nothing: no version, no history."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dangol.customers.models import Customer
from dangol.identity.models import User
from dangol.records import registry, writing
from dangol.records.importing import engine, storage
from dangol.records.importing import runs as imports
from dangol.records.models import Change as Recorded
from dangol.records.models import ImportRun
from dangol.records.writing import Change
from tests.cast import Person
from tests.records.exporting.conftest import body, table, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def machines(manager: Person) -> list[int]:
    written = writing.write(
        registry.get("machine"),
        [
            Change(
                {
                    "code": "M-1", "name": "선반", "state": "stopped", "price": "1234567890123456.78", "power": -5,
                    "installed_on": "1899-12-31", "checked_at": "2026-11-21T14:30:05.123456+09:00",
                    "is_leased": True, "remark": "줄 하나\n줄 둘",
                }
            ),
            Change({"code": "M-2", "name": "  밀링 ", "price": "0.10", "checked_at": "2026-06-01 09:00"}),
        ],
        actor=manager.actor,
    )  # fmt: skip
    return list(written.ids)


def bring_back(content: bytes, record_type: str, person: Person, path: Path) -> ImportRun:
    """Import a CSV with the mapping that its header suggests."""
    path.write_bytes(content)
    mapping = imports.mapping_from_header(path, registry.get(record_type))
    size, sha256 = storage.measure(path)
    run = imports.run_create(actor=person.actor, path=path, mapping=mapping, size=size, sha256=sha256)
    return engine.run(run, person.actor)


def as_csv(rows: list[list[Any]]) -> bytes:
    """Rows of another format as the CSV that holds the same, as the readers turn cells into text."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


def sheet(content: bytes) -> list[list[str]]:
    """A workbook's cells as text: whole numbers without a point, dates as ISO."""

    def text(value: Any) -> str:
        match value:
            case None:
                return ""
            case datetime():
                # The library reads a clock of thousandths as a float of days.
                return (
                    value.isoformat(" ", "seconds")
                    if value.time() != datetime.min.time()
                    else str(value.date())
                )
            case float() if value.is_integer():
                return str(int(value))
        return str(value)

    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page is not None
    return [[text(cell) for cell in row] for row in page.iter_rows(values_only=True)]


def flattened(content: bytes) -> list[list[str]]:
    """JSON lines as a table: nested objects as `a.b`."""
    items = []
    for line in content.splitlines():
        item = {}
        for name, value in json.loads(line).items():
            if isinstance(value, dict):
                item |= {f"{name}.{part}": inner for part, inner in value.items()}
            elif isinstance(value, list):
                item[name] = json.dumps(value, ensure_ascii=False)  # as files of JSON lines are read
            else:
                item[name] = value
        items.append(item)
    header = list(dict.fromkeys(name for item in items for name in item))
    return [
        header,
        *([str(item[name]) if item.get(name) is not None else "" for name in header] for item in items),
    ]


@pytest.mark.parametrize("columns", ["shown", "all"])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize("path", ["customers", "machines"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_changes(
    manager: Person,
    customers: list[int],
    machines: list[int],
    tmp_path: Path,
    path: str,
    kind: str,
    columns: str,
    language: str,
) -> None:
    User.objects.filter(pk=manager.id).update(language=language)
    kinds = registry.by_path(path)
    assert kinds is not None
    first = (customers if path == "customers" else machines)[0]
    writing.update(kinds, first, {"tags": ["VIP", "[긴급]"]}, actor=manager.actor)
    content = body(take(manager.client, path, kind=kind, columns=columns))
    match kind:
        case "xlsx":
            content = as_csv(sheet(content))
        case "jsonl":
            content = as_csv(flattened(content))
    before = Recorded.objects.count()
    run = bring_back(content, kinds.name, manager, tmp_path / "again.csv")
    found = list(run.rejects.values_list("field", "value", "reason"))
    assert (run.rows, run.unchanged, found) == ({"customers": 3, "machines": 2}[path], run.rows, [])
    assert Recorded.objects.count() == before


def test_only_what_was_edited_in_the_file_changes(
    manager: Person, customers: list[int], tmp_path: Path
) -> None:
    content = body(take(manager.client, columns="all")).decode("utf-8-sig").replace("서광테크", "서광텍")
    run = bring_back(content.encode(), "customer", manager, tmp_path / "edited.csv")
    assert (run.imported, run.unchanged) == (1, 2)
    assert Customer.objects.get(external_id="C-2").name == "서광텍"


def test_a_reference_is_named_by_its_key_even_where_two_have_the_same_title(
    manager: Person, customers: list[int], tmp_path: Path
) -> None:
    writing.create(registry.get("customer"), {"name": "한빛정밀", "external_id": "C-9"}, actor=manager.actor)
    content = body(take(manager.client, columns="all"))
    rows = {row["고객 번호"]: row for row in table(content)}
    header = content.decode("utf-8-sig").splitlines()[0]
    assert "소속 고객 고객 번호,소속 고객" in header or "고객 번호" in header
    (key,) = [name for name in rows["C-2"] if name.endswith(" 고객 번호")]
    assert rows["C-2"][key] == "C-1"
    run = bring_back(content, "customer", manager, tmp_path / "same.csv")
    assert (run.rows, run.unchanged) == (4, 4)


def test_people_who_share_a_name_are_named_by_id(
    manager: Person, insider: Person, customers: list[int], tmp_path: Path
) -> None:
    User.objects.filter(pk=insider.id).update(name=manager.user.name)
    content = body(take(manager.client, columns="all"))
    row = table(content)[0]
    assert (row["owner"], row["담당"]) == (str(manager.id), manager.user.name)
    run = bring_back(content, "customer", manager, tmp_path / "people.csv")
    assert (run.rows, run.unchanged) == (3, 3)


def test_days_are_days_and_numbers_are_numbers_in_a_workbook(manager: Person, machines: list[int]) -> None:
    page = openpyxl.load_workbook(
        io.BytesIO(body(take(manager.client, "machines", kind="xlsx", columns="all")))
    ).active
    assert page is not None
    header, *rows = page.iter_rows(values_only=True)
    by_code = {row[header.index("설비 번호")]: dict(zip(header, row, strict=True)) for row in rows}
    assert by_code["M-1"]["전력"] == -5
    assert by_code["M-1"]["가격"] == "1234567890123456.78", "a spreadsheet's number would lose digits"
    assert by_code["M-2"]["가격"] == 0.1
    assert by_code["M-2"]["점검 시각"] == datetime(2026, 6, 1, 9, 0)
    assert by_code["M-1"]["설치일"] == date(1899, 12, 31).isoformat(), "before a spreadsheet's first day"
    assert by_code["M-1"]["상태"] == "정지"
