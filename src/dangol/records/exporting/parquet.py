"""Parquet, one row group for some ten thousand rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import partial
from pathlib import Path
from typing import Any

from dangol.records.exporting.machine import names_of, referred
from dangol.records.exporting.selecting import BY_ID, Column, Row
from dangol.records.fields import Number, Reference

GROUP = 20_000
DIGITS = 38
COMPUTED_PLACES = 12
_ROOM = Context(prec=80)


def write_parquet(path: Path, columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> None:
    """Write the columns with types: money as decimal, moments in UTC, choices as codes, references as structs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    makers: list[Callable[[Row], Any]] = []
    types: list[pa.DataType] = []
    for column in columns:
        kind, make = _typed(column)
        types.append(kind)
        makers.append(make)
        if column.currency_at >= 0:
            types.append(pa.string())
            makers.append(partial(_text_at, column.currency_at))
    schema = pa.schema(list(zip(names_of(columns), types, strict=True)))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _groups(batches):
            arrays = [
                pa.array([make(row) for row in rows], type=kind)
                for make, kind in zip(makers, types, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _text_at(place: int, row: Row) -> str | None:
    return row[place] or None


def _groups(batches: Iterable[Sequence[Row]]) -> Iterator[list[Row]]:
    rows: list[Row] = []
    for batch in batches:
        rows.extend(batch)
        if len(rows) >= GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


def _typed(column: Column) -> tuple[Any, Callable[[Row], Any]]:
    import pyarrow as pa

    field, value = column.field, column.value
    if isinstance(field, Reference):
        parts = [("id", pa.int64()), ("title", pa.string())]
        if column.key and column.key != BY_ID:
            parts.append((column.key, pa.string()))
        return pa.struct(parts), lambda row: _texts(referred(column, row))
    if isinstance(field, Number):
        # Computed values have as many places as their formula gives; columns as many as the table has.
        places = field.places if field.editable else max(field.places, COMPUTED_PLACES)
        return pa.decimal128(DIGITS, places), lambda row: _decimal(value(row), places)
    match field.kind:
        case "tags":
            return pa.list_(pa.string()), lambda row: field.to_json(value(row))
        case "multi_choice":
            return pa.list_(pa.string()), lambda row: list(held) if (held := value(row)) else None
        case "integer":
            return pa.int64(), value
        case "boolean":
            return pa.bool_(), value
        case "date":
            return pa.date32(), value
        case "datetime":
            return pa.timestamp("us", tz="UTC"), lambda row: _instant(value(row))
    return pa.string(), lambda row: None if (held := value(row)) is None or held == "" else str(held)


def _texts(reference: dict[str, Any] | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {name: part if name == "id" or part is None else str(part) for name, part in reference.items()}


def _decimal(value: Any, places: int) -> Decimal | None:
    if value is None:
        return None
    exact = value if type(value) is Decimal else Decimal(str(value))
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > places:
        # Only what is computed, such as an average, has more; a column's own values fit by their type.
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=_ROOM)
    return exact


def _instant(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
