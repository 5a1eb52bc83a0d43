"""The thread that reads ahead stands still while the one that stores computes, and works while it waits."""

import threading
from typing import Any

import pytest
from django.db import connection

from dangol.records import copying
from dangol.records.importing import turns
from dangol.records.importing.turns import STEP, Turns

pytestmark = pytest.mark.django_db


class Reader:
    """Takes items in a thread of its own, as fast as it may."""

    def __init__(self, pace: Turns) -> None:
        self.taken = 0
        self.done = threading.Event()
        self.pace = pace
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        for _ in self.pace.paced(range(4 * STEP)):
            self.taken += 1
        self.done.set()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 30)


def test_the_reader_works_only_while_the_database_does(patient: None) -> None:
    pace = Turns()
    with pace.while_the_database_works():
        reader = Reader(pace)
        assert not reader.done.wait(0.2), "nobody waits for anything"
        assert reader.taken == STEP
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
        assert reader.done.wait(5)
    assert reader.taken == 4 * STEP


def test_waiting_for_a_copy_is_a_turn_too(patient: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE slow (value int CHECK (pg_sleep(0.3) IS NOT NULL))")
    pace = Turns()
    with pace.while_the_database_works():
        reader = Reader(pace)
        copying.copy_rows("COPY slow (value) FROM STDIN", [(1,)])
        assert reader.done.wait(5)


def test_the_reader_goes_on_when_the_other_ends_or_never_waits(patient: None, monkeypatch: Any) -> None:
    pace = Turns()
    with pace.while_the_database_works():
        reader = Reader(pace)
    assert reader.done.wait(5), "the other has ended"
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    with pace.while_the_database_works():
        assert Reader(pace).done.wait(5), "the other never waits"
