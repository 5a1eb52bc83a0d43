"""Base and deltas as one relation: of every key the newest version, without the keys that are gone."""

from collections.abc import Callable, Iterable

from dangol.measures.lake.manifest import Part

Relation = Callable[[Iterable[str]], str]
"""Gives what stands in FROM for files of the store, in the words of the engine."""


def merged(part: Part, relation: Relation, *, base: Iterable[str] | None = None, only: str = "") -> str:
    """The SELECT that reads a dataset.

    Without deltas the files are read as they are. Otherwise every row is held against the last delta that touched its
    key; that side is small, so the base streams past it. Works in DuckDB and Spark.

    Args:
        part: the dataset's files.
        relation: how the engine reads files.
        base: only these base files, which must hold no months by halves.
        only: a SELECT of keys; rows of others are left out as soon as they are read.
    """
    files = tuple(part.files if base is None else base)
    columns = ", ".join(part.columns)
    chosen = f" WHERE {part.key} IN ({only})" if only else ""
    if not part.deltas:
        return f"SELECT {columns} FROM {relation(files)}{chosen}" if files else _nothing(part)  # noqa: S608
    rows = [f"SELECT {columns}, 0 AS _turn FROM {relation(files)}{chosen}"] if files else []  # noqa: S608
    keys = []
    for turn, delta in enumerate(part.deltas, start=1):
        if delta.file:
            rows.append(f"SELECT {columns}, {turn} AS _turn FROM {relation([delta.file])}{chosen}")  # noqa: S608
        keys.append(f"SELECT key, {turn} AS _turn FROM {relation([delta.keys])}")  # noqa: S608
    if not rows:
        return _nothing(part)
    listed = ", ".join(f"r.{column}" for column in part.columns)
    return (
        f"SELECT {listed} FROM ({' UNION ALL '.join(rows)}) r "  # noqa: S608
        f"LEFT JOIN (SELECT key, max(_turn) AS _turn FROM ({' UNION ALL '.join(keys)}) k GROUP BY key) t "
        f"ON r.{part.key} = t.key WHERE t._turn IS NULL OR r._turn >= t._turn"
    )


def touched(part: Part, relation: Relation) -> str:
    """The SELECT of every key that a delta touched, as `key`. The part has deltas."""
    return f"SELECT DISTINCT key FROM {relation(delta.keys for delta in part.deltas)}"  # noqa: S608


def _nothing(part: Part) -> str:
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in part.columns.items())
    return f"SELECT {empty} WHERE 1 = 0"
