"""Scores beside the lake: they live in PostgreSQL, and are read into the engine once for each open lake."""

from typing import TYPE_CHECKING, Any, Final

from dangol.measures.fields import PLAIN
from dangol.measures.models import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir
    import pyarrow as pa

    from dangol.measures.lake.engine import Lake

_AT_ONCE: Final = 50_000


def scores_of(lake: "Lake", record_type: str, name: str) -> "ir.Table":
    """The present values of one score: `record_id`, `value`, `label` and `as_of`, one row for each record that has it.

    One query for the first who asks of an open lake, none after it: what is published later is seen by the next lake that
    is opened, which is after the next refresh.
    """
    if not PLAIN.fullmatch(f"{record_type}.{name}"):
        raise ValueError(name)  # it becomes the name of a table
    table = f"score_{record_type}_{name}".replace(".", "_")
    if lake.keeps(table):
        return lake.kept(table)
    import ibis
    import pyarrow as pa

    schema = pa.schema(
        [
            ("record_id", pa.int64()),
            ("value", pa.decimal128(28, 8)),
            ("label", pa.string()),
            ("as_of", pa.date32()),
        ]
    )
    rows = Score.objects.filter(record_type=record_type, name=name).order_by()
    held = pa.Table.from_batches(_batches(rows.values_list(*schema.names), schema), schema)
    return lake.keep(table, ibis.memtable(held))


def _batches(rows: Any, schema: "pa.Schema") -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    found: list[tuple[Any, ...]] = []
    for row in rows.iterator(chunk_size=_AT_ONCE):
        found.append(row)
        if len(found) == _AT_ONCE:
            yield pa.RecordBatch.from_arrays(_columns(found, schema), schema=schema)
            found = []
    if found:
        yield pa.RecordBatch.from_arrays(_columns(found, schema), schema=schema)


def _columns(rows: list[tuple[Any, ...]], schema: "pa.Schema") -> list["pa.Array"]:
    import pyarrow as pa

    return [
        pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)
    ]
