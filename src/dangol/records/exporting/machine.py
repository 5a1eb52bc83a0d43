"""Values as programs want them – JSON lines and Parquet: codes, UTC, references with id, title and key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from dangol.records.exporting.selecting import BY_ID, Column, Row
from dangol.records.fields import Reference


def names_of(columns: Sequence[Column]) -> list[str]:
    """The names under which values stand: the fields', and for amounts whose currency stands nowhere else also that."""
    found = []
    for column in columns:
        found.append(column.field.name)
        if column.currency_at >= 0:
            found.append(f"{column.field.name}_currency")
    return found


def referred(column: Column, row: Row) -> dict[str, Any] | None:
    """A reference as `{"id", "title", key}`; None also for a record that the reader may not see."""
    identity, title = row[column.start], row[column.end - 1]
    if identity is None or not title:
        return None
    found = {"id": identity, "title": title}
    if column.key and column.key != BY_ID:
        found[column.key] = row[column.key_at]
    return found


def json_pieces(columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> Iterator[bytes]:
    """One JSON object a line, `id` first. Numbers with decimal places are strings, so that no digit is lost."""
    makers = [(column.field.name, _json_maker(column)) for column in columns if column.field.name != "id"]
    currencies = [
        (f"{column.field.name}_currency", column.currency_at) for column in columns if column.currency_at >= 0
    ]
    for batch in batches:
        lines = []
        for row in batch:
            item = {"id": row[0]}
            for name, make in makers:
                item[name] = make(row)
            for name, at in currencies:
                item[name] = row[at] or None
            lines.append(orjson.dumps(item))
        yield b"\n".join(lines) + b"\n"


def _json_maker(column: Column) -> Callable[[Row], Any]:
    field, value = column.field, column.value
    if isinstance(field, Reference):
        return lambda row: referred(column, row)
    if field.kind == "datetime":
        return lambda row: _utc(value(row))
    return lambda row: None if (held := value(row)) is None or held == "" else field.to_json(held)


def _utc(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
