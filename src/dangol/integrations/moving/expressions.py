"""Mappings as JSON: which columns a part of one reads, and what is left of one for a file that lacks some of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_IN_TEMPLATE = re.compile(r"\{([^{}#|][^{}|]*)(?:\|[^{}]*)?\}")
_PARTS = ("first", "when", "all", "any", "not", "fallback", "ordinal")


def columns_in(expression: Any) -> Iterator[str]:
    """The columns that a value or condition of a mapping reads."""
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, Sequence):
        for part in expression:
            yield from columns_in(part)
    elif isinstance(expression, Mapping):
        if isinstance(expression.get("column"), str):
            yield expression["column"]
        if isinstance(expression.get("template"), str):
            yield from _IN_TEMPLATE.findall(expression["template"])
        for name in _PARTS:
            if name in expression:
                yield from columns_in(expression[name])


def columns_of(mapping: Mapping[str, Any]) -> set[str]:
    """All columns that a mapping reads."""
    found: set[str] = set()
    for record in mapping.get("records", ()):
        found.update(columns_in(record.get("when", ())))
        for expression in record.get("fields", {}).values():
            found.update(columns_in(expression))
    return found


def fitted(mapping: Mapping[str, Any], header: Sequence[str]) -> dict[str, Any]:
    """The mapping without fields whose columns the file does not have. Records without their key, or without fields, go too."""
    there = set(header)
    records = []
    for record in mapping.get("records", ()):
        fields = {
            name: expression
            for name, expression in record.get("fields", {}).items()
            if set(columns_in(expression)) <= there
        }
        keys = record.get("key", ())
        keys = [keys] if isinstance(keys, str) else list(keys)
        if fields and all(key in fields for key in keys) and set(columns_in(record.get("when", ()))) <= there:
            records.append({**record, "fields": fields})
    return {**mapping, "records": records}


def text_of(expression: Any, row: Mapping[str, str]) -> str:
    """What a plain column or template says of a row; for names and addresses of people."""
    if isinstance(expression, Mapping) and isinstance(expression.get("template"), str):
        filled = _IN_TEMPLATE.sub(lambda found: row.get(found[1], ""), expression["template"])
        return " ".join(filled.split())
    column = expression.get("column") if isinstance(expression, Mapping) else expression
    return " ".join(row.get(column, "").split()) if isinstance(column, str) else ""


def plain_column(expression: Any) -> str:
    """The column that gives a field its value as it stands there; empty for anything more."""
    if isinstance(expression, str):
        return expression
    column = expression.get("column") if isinstance(expression, Mapping) else None
    return column if isinstance(column, str) else ""
