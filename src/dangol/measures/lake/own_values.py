"""Own fields in the lake: their values lie in one column of JSON."""

from typing import TYPE_CHECKING, Any, Final

from dangol.measures.lake.datasets import OWN
from dangol.records.fields.own import Own

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TYPES: Final = {
    "number": "decimal(38, 10)",
    "integer": "int64",
    "datetime": "timestamp('UTC', 6)",
    "date": "date",
}


def own_value(field: Own, rows: "ir.Table") -> Any:
    """The value of an own field out of the JSON that carries them all."""
    held = rows[OWN].cast("json")[field.name]
    if field.storage == "list":
        return held.cast("array<string>")
    if field.storage == "boolean":
        return held.unwrap_as("boolean").fill_null(False)
    text = held.unwrap_as("string")
    kind = _TYPES.get(field.kind) or _TYPES.get(field.storage)
    return text if kind is None else text.cast(kind)
