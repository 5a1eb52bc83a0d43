"""Values as a table for people holds them – CSV and spreadsheets: labels, the reader's time zone, exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from dangol.records import registry
from dangol.records.exporting.selecting import BY_ID, Column, Row
from dangol.records.fields import (
    Boolean,
    Choice,
    DateTime,
    Field,
    FieldError,
    Locale,
    MultiChoice,
    Phone,
    Ref,
    Reference,
)
from dangol.records.types import RecordType

Cell = str | int | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the table. `kind` is "text", "number", "date" or "moment"; a cell may be text in any of them."""

    header: str
    kind: str
    cell: Callable[[Row], Cell]
    field: Field


def outputs(columns: Sequence[Column], record_type: RecordType, locale: Locale) -> list[Output]:
    """The columns of the table, each with a name of its own that the import understands. No queries.

    To be called in the language of the reader. A reference takes two columns where its title may not be enough to
    find it again: the key comes first, since the import takes the first column that names a field.
    """
    found: list[Output] = []
    for column in columns:
        field = column.field
        header = _header(field, record_type)
        if isinstance(field, Reference):
            if column.key:
                found.append(Output(_key_header(column, header), "text", _key_cell(column), field))
            found.append(Output(header, "text", _title_cell(column), field))
            continue
        kind, cell = _plain(field, column, locale)
        found.append(Output(header, kind, cell, field))
        if column.currency_at >= 0:
            name = _("%(amount)s currency") % {"amount": header}
            found.append(Output(name, "text", partial(_at, column.currency_at), field))
    return _distinct(found)


def _header(field: Field, record_type: RecordType) -> str:
    """The label where no other field has it, else the name; the import understands both."""
    label = str(field.label)
    alike = [other for other in record_type.fields.values() if str(other.label) == label]
    return label if label and len(alike) == 1 else field.name


def _key_header(column: Column, header: str) -> str:
    if column.key == BY_ID:
        return column.field.name
    target = registry.get(column.field.target or "")
    return f"{header} {target.fields[column.key].label}"


def _distinct(found: list[Output]) -> list[Output]:
    seen: set[str] = set()
    kept = []
    for item in found:
        header, number = item.header, 2
        while header in seen:
            header, number = f"{item.header} ({number})", number + 1
        seen.add(header)
        kept.append(Output(header, item.kind, item.cell, item.field))
    return kept


def _at(place: int, row: Row) -> Cell:
    return row[place] or None


def _title_cell(column: Column) -> Callable[[Row], Cell]:
    title_at = column.end - 1
    return lambda row: row[title_at] or None


def _key_cell(column: Column) -> Callable[[Row], Cell]:
    """The key; nothing for a record that the reader may not see, whose title is empty for the same reason."""
    id_at, title_at, key_at = column.start, column.end - 1, column.key_at
    if column.key == BY_ID:
        return lambda row: str(row[id_at]) if row[id_at] is not None and row[title_at] else None
    return lambda row: None if row[key_at] in (None, "") else str(row[key_at])


def _plain(field: Field, column: Column, locale: Locale) -> tuple[str, Callable[[Row], Cell]]:
    value = column.value
    if isinstance(field, MultiChoice):
        return "text", lambda row: _text(field, value(row), locale)
    if isinstance(field, Choice):
        labels = {code: _understood(field, code, locale) for code in field.codes()}
        return "text", lambda row: labels.get(shown := value(row), shown) or None
    if isinstance(field, Boolean):
        yes, no = field.text(True, locale), field.text(False, locale)
        return "text", lambda row: None if (held := value(row)) is None else yes if held else no
    if isinstance(field, DateTime):
        return "moment", lambda row: _moment(value(row), locale)
    if field.kind == "date":
        return "date", lambda row: value(row) or None
    if field.numeric:
        return "number", lambda row: _number(value(row))
    if isinstance(field, Phone):
        return "text", lambda row: _phone(field, value(row), locale)
    if isinstance(field, Reference) or field.kind == "business_number":
        return "text", lambda row: field.text(value(row), locale) or None
    return "text", lambda row: _text(field, value(row), locale)


def _understood(field: Choice, code: str, locale: Locale) -> str:
    """The label, or the code where the label would be read as another one."""
    label = field.text(code, locale)
    try:
        return label if field.parse(label, locale) == code else code
    except FieldError:
        return code


def _phone(field: Phone, value: Any, locale: Locale) -> str | None:
    """As it is written at home where that is read as the same number again, else with the country code."""
    if not value:
        return None
    shown = field.text(value, locale)
    try:
        return shown if field.parse(shown, locale) == value else str(value)
    except FieldError:
        return str(value)


def _moment(value: Any, locale: Locale) -> datetime | str | None:
    """The local time without zone; with it where the clock shows the same time twice that night."""
    if not isinstance(value, datetime):
        return None if value is None else str(value)
    local = value.astimezone(locale.zone)
    return local.isoformat() if local.fold else local.replace(tzinfo=None)


def _number(value: Any) -> int | Decimal | None:
    if value is None or isinstance(value, int):
        return value
    # A float is an estimate of ours, never money; its shortest text is what a person would read.
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _text(field: Field, value: Any, locale: Locale) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, Ref):
        return value.title or None
    return field.text(value, locale) or None


def plain_number(value: int | Decimal) -> str:
    """All digits, no separators, no exponent, no closing zeros."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
