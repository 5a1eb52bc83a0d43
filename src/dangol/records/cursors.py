"""Cursors of lists: where a page ends, as text that goes out to readers and comes back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import orjson

from dangol.records.fields import Ref

NUMERIC = frozenset({"integer", "number", "money"})


class Key(Protocol):
    """What is to be known of a sort key: the kind of its values, and whether one may be missing."""

    @property
    def kind(self) -> str: ...

    @property
    def nullable(self) -> bool: ...


def write(values: Sequence[Any], sort: Sequence[str]) -> str:
    """The cursor for the row with these sort values."""
    packed = orjson.dumps([list(sort), [_pack(value) for value in values]])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read(cursor: str, sort: Sequence[str], keys: Sequence[Key]) -> list[Any]:
    """The values a cursor holds. Cursors come back from outside, so each value must be one its sort key can have.

    Raises:
        ValueError: the cursor is none of this list.
    """
    problem = ValueError("cursor")
    try:
        packed = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        made_for, values = packed
        if made_for != list(sort) or len(values) != len(keys):
            raise problem
        found = [_unpack(value) for value in values]
        if not all(_fits(value, key) for value, key in zip(found, keys, strict=True)):
            raise problem
        return found
    except (binascii.Error, ValueError, TypeError, ArithmeticError, KeyError, AttributeError):
        raise problem from None


def _pack(value: Any) -> Any:
    match value:
        case datetime():
            return {"t": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
        case Decimal():
            return {"n": str(value)}
        case Ref():
            return value.id
    return value


def _fits(value: Any, key: Key) -> bool:
    match value:
        case None:
            return key.nullable
        case bool():
            return key.kind == "boolean"
        case int():
            return key.kind in NUMERIC and -(2**63) <= value < 2**63
        case Decimal():
            return key.kind in NUMERIC and value.is_finite() and abs(value.adjusted()) < 100
        case datetime():
            return key.kind == "datetime" and value.tzinfo is not None and 1 < value.year < 9999
        case date():
            return key.kind == "date"
        case str():
            return key.kind not in {*NUMERIC, "date", "datetime", "boolean"} and "\0" not in value
    return False


def _unpack(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    readers: dict[str, Callable[[str], Any]] = {
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "n": Decimal,
    }
    return readers[kind](text)
