"""Reads and understands the next chunk in a thread of its own while the database stores the one before."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.utils import translation

from dangol.records.importing.errors import ImportProblem, Problem
from dangol.records.importing.folding import Folded, fold, tokenize
from dangol.records.importing.mapping import CompiledMapping
from dangol.records.importing.readers import Row, Table
from dangol.records.importing.turns import Turns
from dangol.records.search.index import Announcer

Readable = list[tuple[int, list[str]]]


@dataclass(slots=True)
class Prepared:
    """A chunk as far as it can be dealt with without the database.

    `readable` are the rows that could be taken apart with their place in the chunk, `problems` say why the others could
    not. `folded` is None for mappings that count rows, which needs the database. `error` stopped the reading behind
    these rows.
    """

    rows: list[Row]
    readable: Readable
    problems: dict[int, Problem]
    folded: Folded | None = None
    is_last: bool = False
    bytes_read: int = 0
    error: ImportProblem | None = field(default=None, compare=False)


def prepared(rows: list[Row]) -> Prepared:
    """Tell rows that could be taken apart from those that could not."""
    chunk = Prepared(rows, [], {})
    for index, row in enumerate(rows):
        if row.problem is None:
            chunk.readable.append((index, row.cells))
        else:
            chunk.problems[index] = row.problem
    return chunk


class _Reader:
    """What the reading thread does: one chunk after the other, in its turns."""

    def __init__(
        self,
        table: Table,
        rows: Iterator[Row],
        compiled: CompiledMapping,
        size: int,
        makes_new: Callable[[], bool],
    ) -> None:
        self.table = table
        self.rows = rows
        self.compiled = compiled
        self.size = size
        self.makes_new = makes_new
        self.turns = Turns()
        self.language = translation.get_language()
        # What is announced stands there at once; a rehearsal must leave nothing.
        self.announces = not connection.in_atomic_block
        self.announce = Announcer()
        self.waiting: list[Row] = []
        self.finished: list[Prepared] = []

    def prepare(self) -> Prepared:
        """The next chunk, read, understood, and its words in the dictionary."""
        with translation.override(self.language):
            chunk = self.read()
            if not self.compiled.counted:
                chunk.folded = fold(self.compiled, self.turns.paced(chunk.readable), {})
                if self.makes_new():
                    made = tokenize(self.compiled, chunk.folded, self.turns.paced)
                    if self.announces:
                        self.announce(made)
            # To let go of a million small objects takes its time, too: here nobody waits for it.
            self.finished.clear()
            return chunk

    def read(self) -> Prepared:
        """The rows of the next chunk."""
        got, error = self.waiting[:], None
        self.waiting.clear()
        try:
            for row in self.turns.paced(self.rows):
                if len(got) == self.size:
                    self.waiting.append(row)
                    break
                got.append(row)
        except ImportProblem as problem:
            error = problem
        chunk = prepared(got)
        chunk.is_last = not self.waiting and error is None
        chunk.bytes_read = self.table.bytes_read()
        chunk.error = error
        return chunk


def _hang_up() -> None:
    """Close the connection of the thread that calls."""
    connection.close()


@contextmanager
def chunks_ahead(
    table: Table, rows: Iterator[Row], compiled: CompiledMapping, size: int, *, makes_new: Callable[[], bool]
) -> Generator[Iterator[Prepared], None, None]:
    """The chunks of a table, each prepared while its consumer is busy with the one before.

    Args:
        makes_new: whether the chunk before was mostly of new records; what the next ones will be found by is then worked
            out ahead too. Of records that are there already it would be work for nothing.

    Three chunks are in memory at once. The table belongs to the thread until the context ends.

    Raises:
        ImportProblem: while iterating, behind the last chunk that could be read.
    """
    reader = _Reader(table, rows, compiled, size, makes_new)

    def all_chunks(thread: ThreadPoolExecutor) -> Iterator[Prepared]:
        following: Future[Prepared] | None = thread.submit(reader.prepare)
        while following is not None:
            with reader.turns.waiting():
                chunk = following.result()
            following = None if chunk.is_last or chunk.error else thread.submit(reader.prepare)
            if chunk.rows or not chunk.error:
                yield chunk
                reader.finished.append(chunk)
            if chunk.error:
                raise chunk.error

    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-reader") as thread,
        reader.turns.while_the_database_works(),
    ):
        try:
            yield all_chunks(thread)
        finally:
            thread.submit(_hang_up)
