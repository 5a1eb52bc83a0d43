"""How columns of earlier files were used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from dangol.records import registry
from dangol.records.importing.guessing.choices import choice_of
from dangol.records.importing.mapping.cells import folded
from dangol.records.importing.mapping.spec import Mapping
from dangol.records.models import ImportMemory

LONGEST = 250
_KEPT = ("lookup", "transform", "make")


def remember(mapping: Mapping, header: Sequence[str] = ()) -> None:
    """Note down which columns an import that is done took, so that the next file is understood by itself.

    What is more than a choice of a column – conditions, templates, other steps – is not remembered.

    Args:
        header: the columns of the file; those the mapping leaves out are remembered as left out on purpose, where
            it makes records of one type only.

    Costs two queries. The last use of a column counts.
    """
    uses: dict[tuple[str, str], dict[str, Any]] = {}
    records = mapping.data["records"]
    for record in records:
        for name, value in record["fields"].items():
            choice = choice_of(name, value)
            if choice is not None:
                kept = {} if isinstance(value, str) else {key: value[key] for key in _KEPT if value.get(key)}
                uses[record["type"], _column(choice.column)] = {"field": name, **kept}
    if len(records) == 1:
        for column in header:
            uses.setdefault((records[0]["type"], _column(column)), {})
    uses = {key: use for key, use in sorted(uses.items(), key=lambda item: item[0]) if key[1]}
    with transaction.atomic():
        ImportMemory.objects.filter(
            record_type__in={record_type for record_type, _column in uses},
            column__in={column for _type, column in uses},
        ).update(times=F("times") + 1)
        ImportMemory.objects.bulk_create(
            [
                ImportMemory(record_type=record_type, column=column, use=use, last_at=Now())
                for (record_type, column), use in uses.items()
            ],
            update_conflicts=True,
            unique_fields=["record_type", "column"],
            update_fields=["use", "last_at"],
        )


def _column(name: str) -> str:
    """A column's name as it is kept; empty for one that no database could keep."""
    kept = folded(name)[:LONGEST]
    return "" if "\0" in kept or any("\ud800" <= character <= "\udfff" for character in kept) else kept


def remembered(
    record_type_names: Iterable[str], header: Sequence[str]
) -> dict[tuple[str, str], dict[str, Any]]:
    """(record type, folded column) → how it was used; `{}` for left out on purpose. One query."""
    columns = [column for name in header if (column := _column(name))]
    rows = ImportMemory.objects.filter(record_type__in=list(record_type_names), column__in=columns)
    found = {}
    for name, column, use in rows.values_list("record_type", "column", "use"):
        known = registry.find(name)
        if not use or (known is not None and use.get("field") in known.editable_fields):
            found[name, column] = use
    return found
