"""Customers of whom some stand there twice."""

from __future__ import annotations

import pytest

from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.matching import scanning
from dangol.records.matching.rules import rules_of
from dangol.records.matching.scans import scan_create
from dangol.records.models import DuplicateScan
from dangol.records.types import RecordType
from dangol.records.writing import Change
from tests.cast import SYSTEM, Person

HANBIT = {
    "kind": "company", "name": "㈜한빛전자", "business_number": "1248100998", "phone": "02-345-6789",
    "email": "info@hanbit.example", "city": "강남구", "street": "테헤란로 12",
}  # fmt: skip
AGAIN = {
    "kind": "company",
    "name": "한빛전자 주식회사",
    "phone": "02-345-6789",
    "email": "minsu@hanbit.example",
}
OTHERS = [
    {
        "kind": "company",
        "name": name,
        "phone": f"031-700-{n:04}",
        "email": f"post@{n}.example",
        "city": "수원시",
    }
    for n, name in enumerate(
        ("대한정밀", "누리소프트", "가람식품", "새벽물류", "온새미로", "다온테크", "해솔건설", "바른의원")
    )
]


@pytest.fixture
def customer() -> RecordType:
    return registry.get("customer")


def made(actor: Actor, *rows: dict[str, object], type_name: str = "customer") -> list[int]:
    return writing.write(registry.get(type_name), [Change(row) for row in rows], actor=actor).created


@pytest.fixture
def hanbit(insider: Person) -> int:
    """A customer of the insider's, among others."""
    [first, *_others] = made(insider.actor, HANBIT, *OTHERS)
    return first


@pytest.fixture
def again(hanbit: int, insider: Person) -> int:
    """The same one once more."""
    return made(insider.actor, AGAIN)[0]


def scanned(record_type: RecordType, *, actor: Actor = SYSTEM, full: bool = False) -> DuplicateScan:
    return scanning.run(scan_create(actor=actor, rules=rules_of(record_type), full=full))
