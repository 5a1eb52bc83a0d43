"""COPY of lines that are ready, and of rows that are not."""

from __future__ import annotations

import pytest
from django.db import DataError, connection, transaction

from dangol.records.copying import copy_lines

pytestmark = pytest.mark.django_db

STATEMENT = "COPY copied (number, word) FROM STDIN"


@pytest.fixture
def copied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (number int, word text) ON COMMIT DROP")


def stored() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, word FROM copied ORDER BY number")
        return cursor.fetchall()


def test_lines_are_stored_as_they_are(copied: None) -> None:
    copy_lines(STATEMENT, ["1\t단골\n", "2\t\n", "3\t'quoted' \"twice\"\n"], columns=2)
    assert stored() == [(1, "단골"), (2, ""), (3, "'quoted' \"twice\"")]


@pytest.mark.parametrize("word", ["a\tb", "a\nb", "a\rb", "a\\b", "\\N", "\\."])
def test_a_value_that_needs_escaping_is_refused_and_nothing_is_stored(copied: None, word: str) -> None:
    with pytest.raises(ValueError, match="escaping"):
        copy_lines(STATEMENT, ["1\tgood\n", f"2\t{word}\n"], columns=2)
    assert stored() == []


def test_a_tab_that_makes_up_for_a_missing_one_is_a_fault_of_the_database(copied: None) -> None:
    with pytest.raises(DataError), transaction.atomic():
        copy_lines(STATEMENT, ["1\n", "2\ta\tb\n"], columns=2)
