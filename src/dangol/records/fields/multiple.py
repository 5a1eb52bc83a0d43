"""Fields that hold several of a fixed set of values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from django.utils.safestring import SafeString

from dangol.records.fields.base import EMPTY_MARK, Locale
from dangol.records.fields.choices import Choice

_BETWEEN = re.compile(r"[;,|\n·]")


def listed(raw: Any) -> Any:
    """An array of texts as files of JSON lines have it (`["a", "b"]`) as a list; all else as it is."""
    if not (isinstance(raw, str) and raw.strip().startswith("[")):
        return raw
    try:
        texts = json.loads(raw)
    except ValueError:
        return raw
    is_texts = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    return texts if is_texts else raw


class MultiChoice(Choice):
    """Several codes, in the order of the choices. Takes a list, or a text with commas, semicolons or bars between.

    `in` means any of the codes, `contains` one of them; all of them is said with "and".
    """

    kind = "multi_choice"
    operators = ("in", "not in", "contains", "not contains", "is empty", "is not empty")
    widget = "checkboxes"
    blank = None

    def __init__(self, name: str = "", **options: Any) -> None:
        super().__init__(name, **{**options, "sortable": False})

    def one(self, raw: Any, locale: Locale) -> str:
        """One code, by code or label. Raises FieldError."""
        return Choice.convert(self, raw, locale)

    def parse(self, raw: Any, locale: Locale) -> Any:
        raw = listed(raw)
        if isinstance(raw, list | tuple) and not raw:
            return None
        return super().parse(raw, locale)

    def convert(self, raw: Any, locale: Locale) -> Any:
        if isinstance(raw, str):
            try:
                return (self.one(raw, locale),)  # a label may have a comma of its own
            except ValueError:
                raw = [part for part in (piece.strip() for piece in _BETWEEN.split(raw)) if part]
        if not isinstance(raw, Sequence):
            return (self.one(raw, locale),)  # raises: what else it is, it is no code
        found = {self.one(each, locale) for each in raw if each not in (None, "")}
        return tuple(code for code in self.codes() if code in found) or None

    def to_json(self, value: Any) -> Any:
        return list(value) if value else None

    def text(self, value: Any, locale: Locale) -> str:
        if isinstance(value, str):
            return Choice.text(self, value, locale)
        return ", ".join(Choice.text(self, code, locale) for code in value or ())

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        return SafeString(
            " ".join(
                f'<span class="chip {self.tones.get(code, "")}">{escape(Choice.text(self, code, locale))}</span>'
                for code in value
            )
        )

    def input(self, value: Any, locale: Locale) -> Any:
        return list(value or ())
