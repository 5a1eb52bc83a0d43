"""Edit widgets: what a form or an in-place edit shows for a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from dangol.records.fields import Choice, Field, Locale, MultiChoice, Ref, Reference, id_in
from dangol.records.fields.masks import Masked


@dataclass(frozen=True, slots=True)
class Input:
    """A field with what stands in it: `value` as typed, `error` beside it."""

    field: Field
    value: Any
    title: str = ""
    error: str = ""
    inline: bool = False
    hidden: bool = False
    """Whether a condition keeps the field off the form for now."""
    placeholder: str = ""
    """The mask of a value that stays as it is: who may not read it may not replace it."""

    def __html__(self) -> SafeString:
        return self.control()

    def control(self) -> SafeString:
        """The widget's markup, from `records/widgets/<widget>.html`."""
        return render_to_string(
            f"records/widgets/{self.field.widget}.html", {"input": self, "field": self.field}
        )

    @property
    def id(self) -> str:
        return f"f-{self.field.name}".replace(".", "-")

    @property
    def described(self) -> str:
        parts = [f"{self.id}-help"] if self.field.help else []
        if self.error:
            parts.append(f"{self.id}-error")
        return " ".join(parts)

    @property
    def options(self) -> list[tuple[str, str]]:
        from django.utils.translation import get_language

        if not isinstance(self.field, Choice):
            return []
        language = get_language() or "ko"
        offered = self.field.options(language)
        held = [self.value] if isinstance(self.value, str) else self.value
        # A choice that is no longer offered stays where it stands.
        kept = [code for code in held if code in self.field.retired]
        return [*offered, *((code, self.field.label_of(code, language)) for code in kept)]

    @property
    def lookup_url(self) -> str:
        if not isinstance(self.field, Reference):
            return ""
        return reverse("records:lookup", args=[self.field.target or self.field.model.__name__.lower()])


def stored(field: Field, value: Any, locale: Locale, *, inline: bool = False) -> Input:
    """The widget with the value as it is stored."""
    title = field.text(value, locale) if isinstance(value, Ref) else ""
    mask = field.text(value, locale) if isinstance(field, Masked) else ""
    return Input(field, field.input(value, locale), title, inline=inline, placeholder=mask)


def typed(field: Field, data: Mapping[str, Any], error: str = "", *, inline: bool = False) -> Input:
    """The widget with what the user typed, so that nothing is lost over an error."""
    if isinstance(field, MultiChoice):
        return Input(field, _several(field, data), "", error, inline)
    return Input(
        field, str(data.get(field.name, "")), str(data.get(f"{field.name}-title", "")), error, inline
    )


def read(field: Field, data: Mapping[str, Any]) -> Any:
    """What a form sent for the field. A reference counts as empty when its visible text was cleared."""
    if isinstance(field, Reference):
        title = str(data.get(f"{field.name}-title", "")).strip()
        chosen = str(data.get(field.name, "")).strip()
        if not title:
            return None
        number = id_in(chosen)
        return title if number is None else number
    if field.kind == "boolean":
        return field.name in data
    if isinstance(field, MultiChoice):
        return _several(field, data)
    return data.get(field.name, "")


def _several(field: Field, data: Mapping[str, Any]) -> list[str]:
    found = data.getlist(field.name) if isinstance(data, QueryDict) else data.get(field.name, [])
    return [code for code in found if code]
