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
from dangol.records.search.index import announce_words

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


@contextmanager
def chunks_ahead(
    table: Table, rows: Iterator[Row], compiled: CompiledMapping, size: int, *, makes_new: Callable[[], bool]
) -> Generator[Iterator[Prepared], None, None]:
    """The chunks of a table, each prepared while its consumer is busy with the one before.

    Args:
        makes_new: whether the chunk before was mostly of new records; what the next ones will be found by is then worked
            out ahead too. Of records that are there already it would be work for nothing.

    Two chunks are in memory at once. The table belongs to the thread until the context ends.

    Raises:
        ImportProblem: while iterating, behind the last chunk that could be read.
    """
    language = translation.get_language()
    turns = Turns()
    # What is announced stands there at once; a rehearsal must leave nothing.
    announces = not connection.in_atomic_block
    waiting: list[Row] = []

    def prepare() -> Prepared:
        with translation.override(language):
            chunk = read()
            if not compiled.counted:
                chunk.folded = fold(compiled, turns.paced(chunk.readable), {})
                if makes_new():
                    made = tokenize(compiled, chunk.folded, turns.paced)
                    if announces:
                        announce_words(made)
            return chunk

    def read() -> Prepared:
        got, error = waiting[:], None
        waiting.clear()
        try:
            for row in turns.paced(rows):
                if len(got) == size:
                    waiting.append(row)
                    break
                got.append(row)
        except ImportProblem as problem:
            error = problem
        chunk = prepared(got)
        chunk.is_last = not waiting and error is None
        chunk.bytes_read = table.bytes_read()
        chunk.error = error
        return chunk

    def all_chunks(reader: ThreadPoolExecutor) -> Iterator[Prepared]:
        following: Future[Prepared] | None = reader.submit(prepare)
        while following is not None:
            with turns.waiting():
                chunk = following.result()
            following = None if chunk.is_last or chunk.error else reader.submit(prepare)
            if chunk.rows or not chunk.error:
                yield chunk
            if chunk.error:
                raise chunk.error

    with (
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-reader") as reader,
        turns.while_the_database_works(),
    ):
        try:
            yield all_chunks(reader)
        finally:
            reader.submit(connection.close)
