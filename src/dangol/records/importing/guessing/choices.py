"""A mapping as a person chooses it column by column, and back."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dangol.records import registry
from dangol.records.importing.mapping.sources import source_json
from dangol.records.importing.mapping.spec import Mapping
from dangol.records.importing.readers.base import SourceOptions
from dangol.records.types import RecordType

GROUPS = {".": ",", ",": "."}
"""What separates thousands where this is the decimal mark."""


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Where a column goes, and how it is read.

    `field` is empty for a column that is left out. `lookup` and `make` are for references, `order` for dates ("dmy",
    "mdy", "ymd"), `mark` for numbers ("." or ","); empty means as the field reads by itself.
    """

    column: str
    field: str
    lookup: str = ""
    make: bool = False
    order: str = ""
    mark: str = ""


def build(
    record_type: RecordType,
    choices: Sequence[ColumnChoice],
    *,
    key: str,
    existing: str = "update",
    missing: str = "create",
    repeated: str = "update",
    source: SourceOptions | None = None,
    name: str = "",
    time_zone: str = "",
) -> dict[str, Any]:
    """The JSON of a mapping with one record a row.

    Args:
        key: the field by which a record is known; empty when every row makes a new one.
        existing: what becomes of records that are there: update, keep, reject.
        missing: what becomes of those that are not: create, reject, skip.
        repeated: what becomes of those that an earlier row of the file names already: update, keep, reject.
        source: how the file is read; None: found out each time.

    Nothing is checked here; `read_mapping` says what is wrong, and where.
    """
    data: dict[str, Any] = {"name": name or f"auto:{record_type.name}"}
    if said := source_json(source):
        data["source"] = said
    if time_zone:
        data["time_zone"] = time_zone
    data["records"] = [
        record_of(record_type, choices, key=key, existing=existing, missing=missing, repeated=repeated)
    ]
    return data


def record_of(
    record_type: RecordType,
    choices: Sequence[ColumnChoice],
    *,
    key: str | Sequence[str],
    existing: str = "update",
    missing: str = "create",
    repeated: str = "update",
    similar: str = "ignore",
    alias: str = "",
    links: AnyMapping[str, str] | None = None,
) -> dict[str, Any]:
    """One entry of a mapping's `records`; several of them make several records of each row.

    Args:
        alias: what others of the same mapping call it; the type's name when empty.
        links: reference field → alias of an earlier record of the same row.
    """
    fields: dict[str, Any] = {
        choice.field: _value(record_type, choice) for choice in choices if choice.field and choice.column
    }
    fields |= {name: {"record": other} for name, other in (links or {}).items()}
    record: dict[str, Any] = {"type": record_type.name}
    if alias:
        record["as"] = alias
    if keys := [key] if isinstance(key, str) and key else list(key):
        record["key"] = keys
    if existing != "update":
        record["existing"] = existing
    if missing != "create":
        record["missing"] = missing
    if repeated != "update":
        record["repeated"] = repeated
    if similar != "ignore":
        record["similar"] = similar
    record["fields"] = fields
    return record


def _value(record_type: RecordType, choice: ColumnChoice) -> dict[str, Any]:
    value: dict[str, Any] = {"column": choice.column}
    field = record_type.fields.get(choice.field)
    if choice.order:
        step = "datetime" if field is not None and field.kind == "datetime" else "date"
        value["transform"] = [{step: {"order": choice.order}}]
    elif choice.mark:
        value["transform"] = [{"decimal": {"mark": choice.mark, "group": GROUPS[choice.mark]}}]
    if choice.lookup:
        value["lookup"] = choice.lookup
    if choice.make:
        value["make"] = True
    return value


def choices_of(mapping: Mapping) -> list[ColumnChoice] | None:
    """What a person would choose to get this mapping; None when it does more than choices can say.

    The key and what happens to existing and missing records stand in the mapping's record itself.
    """
    data = mapping.data
    records = data.get("records", [])
    if len(records) != 1 or not set(data) <= {"name", "title", "source", "time_zone", "records"}:
        return None
    record = records[0]
    record_type = registry.find(str(record.get("type")))
    key = record.get("key", [])
    if record_type is None or "when" in record or (isinstance(key, list) and len(key) > 1):
        return None
    choices = []
    for name, value in record["fields"].items():
        choice = choice_of(name, value)
        if choice is None:
            return None
        choices.append(choice)
    return choices


def choice_of(name: str, value: Any) -> ColumnChoice | None:
    """The choice behind the JSON of one field; None when it is more than a choice."""
    if isinstance(value, str):
        return ColumnChoice(value, name)
    if not set(value) <= {"column", "transform", "lookup", "make"} or "column" not in value:
        return None
    style = style_of(value.get("transform", []))
    if style is None:
        return None
    order, mark = style
    return ColumnChoice(
        value["column"], name, value.get("lookup", ""), bool(value.get("make", False)), order, mark
    )


def style_of(steps: Any) -> tuple[str, str] | None:
    """Date order and decimal mark that transforms stand for; None when they do anything else."""
    steps = steps if isinstance(steps, list) else [steps]
    if not steps:
        return "", ""
    if len(steps) != 1 or not isinstance(steps[0], AnyMapping) or len(steps[0]) != 1:
        return None
    ((step, settings),) = steps[0].items()
    if not isinstance(settings, AnyMapping):
        return None
    if step in ("date", "datetime") and set(settings) == {"order"}:
        return str(settings["order"]), ""
    mark = settings.get("mark", ".")
    if step == "decimal" and set(settings) == {"mark", "group"} and settings["group"] == GROUPS.get(mark):
        return "", mark
    return None
