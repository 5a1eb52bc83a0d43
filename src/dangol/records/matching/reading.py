"""The compared values of records: of some for entry and import, of all for a scan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import F

from dangol.records.arrays import one_of
from dangol.records.fields import Field, Reference
from dangol.records.fields.own import Own
from dangol.records.matching.comparing import Compare
from dangol.records.matching.rules import Rules
from dangol.records.search.tables import alive

Texts = tuple[str | None, ...]
"""What is compared of one record, in the order of `Rules.compares`."""

FETCHED = 5_000


def texts_of(compares: Sequence[Compare], values: Mapping[str, Any]) -> Texts:
    """What is compared of a record with these values by field."""
    return tuple(one.text(values) for one in compares)


def _expression(field: Field) -> Any:
    if isinstance(field, Reference) and not isinstance(field, Own):
        return F(f"{field.column}_id")
    if isinstance(field, Own):
        return field.expression()
    return F(field.column)


def _rows(rules: Rules) -> tuple[Any, tuple[str, ...]]:
    names = rules.fields()
    columns = {f"compared_{at}": _expression(rules.record_type.fields[name]) for at, name in enumerate(names)}
    return alive(rules.record_type).annotate(**columns).values_list("pk", *columns), names


def texts_at(rules: Rules, ids: Sequence[int]) -> dict[int, Texts]:
    """What is compared of these records, of those alive. One query."""
    rows, names = _rows(rules)
    return {
        pk: texts_of(rules.compares, dict(zip(names, values, strict=True)))
        for pk, *values in rows.filter(pk__in=one_of(ids, "bigint"))
    }


def all_texts(rules: Rules) -> Iterator[tuple[int, Texts]]:
    """What is compared of every record, by id, read as it goes."""
    rows, names = _rows(rules)
    for pk, *values in rows.order_by("pk").iterator(chunk_size=FETCHED):
        yield pk, texts_of(rules.compares, dict(zip(names, values, strict=True)))


def fingerprint(texts: Texts) -> str:
    """Another one as soon as anything that is compared is another."""
    joined = "\x1e".join("" if text is None else text for text in texts)
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
