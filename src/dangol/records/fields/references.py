"""Fields that point at another record."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Model, OuterRef, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.base import EMPTY_MARK, Field, FieldError, Locale
from dangol.web.templatetags.dangol_web import avatar

HIDDEN = _("not visible to you")


@dataclass(frozen=True, slots=True)
class Ref:
    """A record as it is referred to: its id, with its title on the way out, or a unique key on the way in.

    `optional`: where no such record is found, or several are, the reference stays empty instead of being refused.
    """

    id: int | None = None
    title: str = ""
    key: tuple[str, Any] | None = None
    optional: bool = field(default=False, compare=False)


def id_in(text: str) -> int | None:
    """The id that a text is; None for what cannot be one. Thousands of digits are never made a number of."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class Reference(Field):
    """A record of another type, or a user, team or territory.

    `target` is the record type's name; None where the target is no record type (users, teams). On the way in
    an id, `{"id": 7}`, a title as text or as `{"title": "2026"}`, or a unique field such as
    `{"external_id": "C-7"}` is understood.
    """

    kind = "reference"
    operators = ("=", "!=", "in", "not in", "is empty", "is not empty")
    widget = "reference"

    def __init__(
        self,
        name: str = "",
        *,
        model: type[Model],
        target: str | None = None,
        title: str = "name",
        path: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, **options)
        self.model = model
        self.target = target
        self.title = title
        self.path = path
        """The target's path in URLs, where it has pages."""
        self.person = issubclass(model, AbstractBaseUser)

    def convert(self, raw: Any, locale: Locale) -> Ref:
        if isinstance(raw, Ref):
            return raw
        if isinstance(raw, bool):
            raise FieldError("reference", _("Give the id of the record, or a unique field of it."))
        if isinstance(raw, int):
            return self._by_id(raw)
        if isinstance(raw, str):
            text = raw.strip()
            if not (text.isascii() and text.isdigit()):
                return self._by_title(text)
            return self._by_id(id_in(text) or 0)
        if isinstance(raw, Mapping):
            if "id" in raw and raw["id"] is not None:
                return self.convert(raw["id"], locale)
            keys = [(name, value) for name, value in raw.items() if name != "title"]
            if not keys and "id" not in raw and isinstance(raw.get("title"), str) and raw["title"].strip():
                return self._by_title(raw["title"])
            if len(keys) == 1 and isinstance(keys[0][0], str) and isinstance(keys[0][1], str | int):
                return Ref(key=keys[0])
        raise FieldError("reference", _("Give the id of the record, or a unique field of it."))

    def _by_title(self, text: str) -> Ref:
        """Titles are compared as they are stored: in NFC, with single blanks."""
        if "\0" in text:
            raise FieldError("reference", _("There is no such record."))
        return Ref(title=" ".join(unicodedata.normalize("NFC", text).split()))

    def _by_id(self, number: int) -> Ref:
        if not 0 < number < 2**63:
            raise FieldError("reference", _("There is no such record."))
        return Ref(id=number)

    def select(self, path: str = "") -> tuple[Any, ...]:
        return (F(f"{path}{self.column}_id"), F(f"{path}{self.column}__{self.title}"))

    def value_of(self, columns: Sequence[Any]) -> Ref | None:
        return None if columns[0] is None else Ref(columns[0], columns[1] or "")

    def expression(self, path: str = "") -> Any:
        return F(f"{path}{self.column}__{self.title}")

    def pointer(self, path: str = "") -> Any:
        """The id pointed at, as a subquery over the target's rows names it."""
        return OuterRef(path + self.column)

    def to_json(self, value: Ref | None) -> Any:
        """None also for a record that the reader may not see."""
        return {"id": value.id, "title": value.title} if value and value.title else None

    def text(self, value: Ref | None, locale: Locale) -> str:
        if value is None:
            return ""
        return value.title or str(HIDDEN)

    def html(self, value: Ref | None, locale: Locale) -> SafeString:
        if value is None:
            return EMPTY_MARK
        if not value.title:
            return format_html('<span class="mut">{}</span>', HIDDEN)
        if self.person:
            return SafeString(f'<span class="person">{avatar(value.title, "s")}{escape(value.title)}</span>')
        if self.path is None:
            return format_html("{}", value.title)
        return SafeString(f'<a href="/{self.path}/{value.id}/">{escape(value.title)}</a>')

    def input(self, value: Ref | None, locale: Locale) -> str:
        return str(value.id) if value else ""

    def q(self, op: str, value: Any, path: str = "") -> Q:
        column = f"{path}{self.column}"
        match op:
            case "=":
                return self._is(value, column)
            case "!=":
                return ~self._is(value, column)
            case "in" | "not in":
                found = Q(pk__in=[])
                for ref in value:
                    found |= self._is(ref, column)
                return found if op == "in" else ~found
            case "is empty":
                return Q(**{f"{column}__isnull": True})
            case "is not empty":
                return Q(**{f"{column}__isnull": False})
        raise ValueError(f"{self.name} has no operator {op!r}")

    def _is(self, ref: Ref, column: str) -> Q:
        if ref.id is not None:
            return Q(**{f"{column}_id": ref.id})
        return Q(**{f"{column}__{self.title}": ref.title})
