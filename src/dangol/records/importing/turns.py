"""Whose turn it is: the thread that reads ahead works while the one that stores waits for the database.

Python runs one thread at a time. Left to themselves the two take turns by the clock, and the one that stores – on whom everything
waits – gets every other turn only. So the reader goes on while the other waits, and stands still while it computes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection

Item = TypeVar("Item")

STEP = 16
"""Rows that are read between two looks."""
PATIENCE = 0.05
"""Seconds after which the reader goes on whatever the other does."""


class Turns:
    """Made by the thread that stores. `waiting()` is its side, `paced()` the reader's."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    def paced(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, with a stop every so often while it is not the reader's turn."""
        left = STEP
        for item in items:
            yield item
            left -= 1
            if not left:
                left = STEP
                self._free.wait(PATIENCE)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The storing thread waits for something else than the database: the reader may go on."""
        self._free.set()
        try:
            yield
        finally:
            self._free.clear()

    @contextmanager
    def while_the_database_works(self) -> Iterator[None]:
        """Every statement of this thread's connection is a turn of the reader's; afterwards all turns are."""
        self._free.clear()
        try:
            with connection.execute_wrapper(self._statement):
                yield
        finally:
            self._free.set()

    def _statement(self, execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: Any) -> Any:
        with self.waiting():
            return execute(sql, params, many, context)
