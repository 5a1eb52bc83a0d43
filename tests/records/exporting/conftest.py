"""Customers with all that makes an export hard, and the bytes of a download."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dangol.records import registry, writing
from dangol.records.writing import Change
from tests.cast import Person

REASON = "분기 고객 명단 점검"


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path) -> Path:
    """Files of a test lie in its own folder."""
    settings.DANGOL_IMPORTS_DIR = tmp_path / "imports"
    settings.DANGOL_EXPORTS_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture
def customers(manager: Person) -> list[int]:
    """Three customers of the manager's team; the second belongs to the first."""
    record_type = registry.get("customer")
    first = writing.create(
        record_type,
        {
            "external_id": "C-1",
            "name": "한빛정밀",
            "business_number": "124-81-00998",
            "stage": "active",
            "grade": "vip",
            "phone": "010-1234-5678",
            "email": "info@hanbit.example",
            "website": "https://hanbit.example/?a=1",
            "since": "2019-03-02",
            "description": '첫 줄\n둘째 줄, "따옴표"; 끝',
        },
        actor=manager.actor,
    )
    written = writing.write(
        record_type,
        [
            Change({"external_id": "C-2", "name": "서광테크", "parent": first, "phone": "+1 650-253-0000"}),
            Change({"external_id": "007", "name": "０１２ 유통", "kind": "person", "phone": "1588-1234"}),
        ],
        actor=manager.actor,
    )
    return [first, *written.ids]


def body(response: Any) -> bytes:
    """The whole of a download."""
    assert response.status_code == 200, response.content[:500]
    return b"".join(response.streaming_content)


def table(content: bytes, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    """A CSV as rows by column name."""
    return list(csv.DictReader(io.StringIO(content.decode(encoding), newline="")))


Take = Callable[..., Any]


def take(client: Client, path: str = "customers", query: str = "", **form: Any) -> Any:
    """Ask for an export as the dialog does."""
    return client.post(
        f"/{path}/export/?{query}", {"kind": "csv", "columns": "shown", "reason": REASON, **form}
    )
