"""The static types of formulas: what a part holds, and in which currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from dangol.records.fields import Field

NUMBER, TEXT, DATE, DATETIME, BOOLEAN = "number", "text", "date", "datetime", "boolean"
CHOICE, CHOICES, NOTHING = "choice", "multi_choice", "empty"

LABELS = {
    NUMBER: _("Number"),
    "money": _("Amount of money"),
    TEXT: _("Text value"),
    DATE: _("Date"),
    DATETIME: _("Date and time"),
    BOOLEAN: _("Yes or no"),
    CHOICE: _("Choice"),
    CHOICES: _("Several choices"),
    NOTHING: _("Empty value"),
}


@dataclass(frozen=True, slots=True)
class Currency:
    """Of what amounts are: one code, or what stands in `column` of the record that `path` leads to."""

    code: str = ""
    path: tuple[str, ...] = ()
    column: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a part of a formula holds. `field` is the field of choices; `currency` makes a number an amount."""

    name: str
    currency: Currency | None = None
    field: Field | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        """What people call it."""
        return str(LABELS["money" if self.currency else self.name])


PLAIN_NUMBER = Kind(NUMBER)
PLAIN_TEXT = Kind(TEXT)
DAY = Kind(DATE)
MOMENT = Kind(DATETIME)
TRUTH = Kind(BOOLEAN)
EMPTY = Kind(NOTHING)
