"""A field as those see it who may know that it has a value, but not which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString

from dangol.records.fields.base import EMPTY_MARK, OPAQUE, Field, Locale, Ordered

_OWN_WIDGETS = frozenset({"text", "tel", "email", "url", "textarea", "number", "date", "datetime-local"})


class Mask(str):
    """What is shown instead of a value; never the value."""

    __slots__ = ()

    @property
    def is_opaque(self) -> bool:
        """Nothing of the value is in it, not even that it was a text."""
        return self == OPAQUE


class Masked(Field):
    """A field in front of another: its values are masked as soon as they are read.

    It can be filtered by whether there is a value, and by nothing else: any comparison would tell the value in the end.
    It is not sorted by. A value can be given where there is none; the writer changes none that is there, since "nothing
    changed" would confirm a guess. What must be unique is not written at all: "another record has it" would, too.
    """

    kind = "text"
    operators = ("is empty", "is not empty")

    def __init__(self, behind: Field) -> None:
        super().__init__(
            behind.name,
            label=behind.label,
            column=behind.column,
            editable=behind.editable and not behind.unique,
            sortable=False,
            nullable=behind.nullable,
            help=behind.help,
            personal=behind.personal,
        )
        self.behind = behind
        self.needs = behind.needs
        self.computed = behind.computed  # type: ignore[misc]
        self.reads = behind.reads
        self.max_length: int | None = getattr(behind, "max_length", None)
        self.widget = behind.widget if behind.widget in _OWN_WIDGETS else "text"  # type: ignore[misc]

    def masked(self, value: Any) -> Mask | None:
        """The value's mask; None where there is no value."""
        if not is_there(value):
            return None
        return value if isinstance(value, Mask) else Mask(self.behind.mask(value))

    def sources(self) -> tuple[str, ...]:
        return self.behind.sources()

    def guarded(self, guard: Any) -> Field:
        return Masked(self.behind.guarded(guard))

    def known_where(self, revealed: Callable[[str, str], Q | bool], path: str = "") -> Q | bool:
        return self.behind.known_where(revealed, path)

    def parse(self, raw: Any, locale: Locale) -> Any:
        return self.behind.parse(raw, locale)

    def convert(self, raw: Any, locale: Locale) -> Any:
        return self.behind.convert(raw, locale)

    def clean(self, raw: Any, locale: Locale) -> Any:
        return self.behind.clean(raw, locale)

    def select(self, path: str = "") -> tuple[Any, ...]:
        return self.behind.select(path)

    def value_of(self, columns: Sequence[Any]) -> Mask | None:
        return self.masked(self.behind.value_of(columns))

    def expression(self, path: str = "") -> Any:
        return self.behind.expression(path)

    def ordered(self) -> Ordered | None:
        return None

    def to_json(self, value: Any) -> Any:
        return self.masked(value)

    def text(self, value: Any, locale: Locale) -> str:
        return self.masked(value) or ""

    def html(self, value: Any, locale: Locale) -> SafeString:
        shown = self.masked(value)
        return SafeString(f'<span class="nowrap">{escape(shown)}</span>') if shown else EMPTY_MARK

    def input(self, value: Any, locale: Locale) -> str:
        """Nothing: what is typed replaces the value, and nothing typed leaves it."""
        return ""

    def mask(self, value: Any) -> str:
        return self.behind.mask(value)

    def is_empty(self, path: str = "") -> Q:
        return self.behind.is_empty(path)

    def q(self, op: str, value: Any, path: str = "") -> Q:
        if op not in self.operators:
            raise ValueError(f"{self.name} is masked and has no operator {op!r}")
        return self.behind.q(op, value, path)


def is_there(value: Any) -> bool:
    """Is there a value that a mask would stand for."""
    return value is not None and value != "" and value != [] and value != ()


def unmasked(field: Field) -> Field:
    """The field behind a mask; itself where there is none. For asking what it is, never for its values."""
    return field.behind if isinstance(field, Masked) else field
