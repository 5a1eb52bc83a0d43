"""Fields with a fixed set of values."""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from typing import Any, ClassVar

from django.conf import settings
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.base import EMPTY_MARK, Field, FieldError, Label, Locale


def _folded(text: str) -> str:
    """A value without what nobody means by it: case, blanks, composition of Hangul."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Choice(Field):
    """One code out of several. The code is what is stored, filtered and sent; labels of all languages are understood.

    `tones` gives codes a colour: p(ine), o(range), g(old), r(ed), b(lue). Codes that are `retired` are understood and
    shown, but no longer offered.
    """

    kind = "choice"
    operators = ("=", "!=", "in", "not in", "is empty", "is not empty")
    widget = "select"
    blank: ClassVar[Any] = ""

    def __init__(
        self,
        name: str = "",
        *,
        choices: Sequence[tuple[str, Label]] = (),
        tones: Mapping[str, str] | None = None,
        retired: Sequence[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(name, **options)
        self.choices = tuple(choices)
        self.tones = dict(tones or {})
        self.retired = frozenset(retired)

    def codes(self) -> list[str]:
        return [code for code, _label in self.choices]

    @cached_property
    def _labels(self) -> dict[str, dict[str, str]]:
        tables = {}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                tables[language] = {code: str(label) for code, label in self.choices}
        return tables

    @cached_property
    def _aliases(self) -> dict[str, str]:
        aliases: dict[str, str] = {}
        for table in self._labels.values():
            for code, label in table.items():
                aliases.setdefault(_folded(label), code)
        aliases.update({_folded(code): code for code in self.codes()})
        return aliases

    def labels(self, language: str | None = None) -> list[str]:
        """The labels in one language, or in all of them."""
        tables = [self._table(language)] if language else list(self._labels.values())
        return list(dict.fromkeys(label for table in tables for label in table.values()))

    def _table(self, language: str) -> dict[str, str]:
        return self._labels.get(language) or next(iter(self._labels.values()))

    def label_of(self, code: str, language: str) -> str:
        """The label of a code; the code where it is none."""
        return self._table(language).get(code, code)

    def options(self, language: str) -> list[tuple[str, str]]:
        """Codes and labels for a select widget."""
        table = self._table(language).items()
        return [item for item in table if item[0] not in self.retired] if self.retired else list(table)

    def convert(self, raw: Any, locale: Locale) -> str:
        if isinstance(raw, str) and (code := self._aliases.get(_folded(raw))) is not None:
            return code
        listed = ", ".join(self._table(locale.language).values())
        raise FieldError("choice", _("Choose one of: %(choices)s.") % {"choices": listed})

    def text(self, value: Any, locale: Locale) -> str:
        return self._table(locale.language).get(value, value or "")

    def html(self, value: Any, locale: Locale) -> SafeString:
        if not value:
            return EMPTY_MARK
        tone = self.tones.get(value, "")
        return SafeString(f'<span class="chip {tone}">{escape(self.text(value, locale))}</span>')

    def input(self, value: Any, locale: Locale) -> str:
        return value or ""


class Boolean(Field):
    """Yes or no."""

    kind = "boolean"
    operators = ("=", "!=")
    widget = "checkbox"
    blank = False
    _words = {
        "true": True, "false": False, "yes": True, "no": False, "y": True, "n": False, "1": True, "0": False,
        "on": True, "off": False, "예": True, "아니오": False, "네": True, "아니요": False, "참": True,
        "거짓": False, "t": True, "f": False, "여": True, "부": False, "유": True, "무": False,
        "사용": True, "미사용": False, "활성": True, "비활성": False,
    }  # fmt: skip

    def convert(self, raw: Any, locale: Locale) -> bool:
        if isinstance(raw, bool):
            return raw
        word = _folded(str(raw)) if isinstance(raw, str | int) else ""
        if word not in self._words:
            raise FieldError("boolean", _("Enter yes or no."))
        return self._words[word]

    def is_empty(self, path: str = "") -> Any:
        from django.db.models import Q

        return Q(**{f"{path}{self.column}__isnull": True})

    def text(self, value: Any, locale: Locale) -> str:
        if value is None:
            return ""
        with translation.override(locale.language):
            return str(_("Yes")) if value else str(_("No"))

    def input(self, value: Any, locale: Locale) -> str:
        return "1" if value else ""
