"""A mapping made from the header alone: columns named as the fields are, in any language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import translation

from dangol.records import registry
from dangol.records.fields import Field, Reference
from dangol.records.importing.mapping.compiling import folded
from dangol.records.importing.mapping.reading import read_mapping
from dangol.records.importing.mapping.spec import Mapping
from dangol.records.types import RecordType


@dataclass(frozen=True, slots=True)
class Automatic:
    """A mapping, the columns it leaves out, and the required fields that no column gives."""

    mapping: Mapping | None
    unused: list[str] = field(default_factory=list)
    missing: list[Field] = field(default_factory=list)


def automatic_mapping(
    record_type: RecordType, header: Sequence[str], delimiter: str | None = None
) -> Automatic:
    """Match columns with fields by name or by label in any language.

    A reference is matched as `customer.external_id`, or by both labels in turn ("고객 고객 번호"). The key is
    the first unique field that has a column; without one, every row makes a new record.
    """
    names = _names(record_type)
    chosen: dict[str, Any] = {}
    unused: list[str] = []
    for column in header:
        found = names.get(folded(column)) if column else None
        if found is None or found[0] in chosen or header.count(column) > 1:
            unused.append(column)
            continue
        name, lookup = found
        chosen[name] = {"column": column, "lookup": lookup} if lookup else {"column": column}
    missing = [
        known for known in record_type.editable_fields.values() if known.required and known.name not in chosen
    ]
    if not chosen:
        return Automatic(None, unused, missing)
    keys = [name for name in record_type.keys if name in chosen]
    data: dict[str, Any] = {
        "name": f"auto:{record_type.name}",
        "records": [{"type": record_type.name, "key": keys[:1], "fields": chosen}],
    }
    if delimiter:
        data["source"] = {"delimiter": delimiter}
    return Automatic(read_mapping(data), unused, missing)


def _names(record_type: RecordType) -> dict[str, tuple[str, str]]:
    """Folded column name → (field, unique field of the record it points at)."""
    names: dict[str, tuple[str, str]] = {}
    for language, _label in settings.LANGUAGES:
        with translation.override(language):
            for known in record_type.editable_fields.values():
                label = str(known.label)
                names.setdefault(folded(label), (known.name, ""))
                target = (
                    registry.find(known.target) if isinstance(known, Reference) and known.target else None
                )
                for key in target.keys if target else ():
                    key_label = str(target.fields[key].label) if target else key
                    names.setdefault(folded(f"{label} {key_label}"), (known.name, key))
                    names.setdefault(folded(f"{known.name}.{key}"), (known.name, key))
    for known in record_type.editable_fields.values():
        names[folded(known.name)] = (known.name, "")
    return names
