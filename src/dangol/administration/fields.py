"""Forms for own fields. They only shape input; `records.own.services` decides what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from dangol.records import registry
from dangol.records.models import OwnField, OwnKind
from dangol.records.own import naming
from dangol.records.own.checking import NEVER_UNIQUE, WITH_CHOICES

SPARE_CHOICES = 3
TONES = (
    ("", gettext_lazy("no colour")),
    ("p", gettext_lazy("green")),
    ("b", gettext_lazy("blue")),
    ("g", gettext_lazy("gold")),
    ("o", gettext_lazy("orange")),
    ("r", gettext_lazy("red")),
)
_LENGTHS = (OwnKind.TEXT, OwnKind.LONG_TEXT)
_NUMBERS = (OwnKind.NUMBER, OwnKind.MONEY, OwnKind.PERCENT)


def targets() -> list[tuple[str, Any]]:
    """What a reference can point at."""
    people = [
        ("user", gettext_lazy("User")),
        ("team", gettext_lazy("Team")),
        ("territory", gettext_lazy("Territory")),
    ]
    types: list[tuple[str, Any]] = [
        (item.name, item.label) for item in registry.all_types() if not item.scope.administered
    ]
    return [("", "–"), *types, *[pair for pair in people if pair[0] not in dict(types)]]


class OwnFieldForm(forms.Form):
    """One own field; which settings it has depends on the kind."""

    label_ko = forms.CharField(label=gettext_lazy("Name in Korean"), max_length=80)
    label_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80, required=False)
    name = forms.CharField(
        label=gettext_lazy("Name for files and programs"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("Begins with x_ and never changes. Left empty, it is made of the name."),
    )
    help_ko = forms.CharField(label=gettext_lazy("Help in Korean"), max_length=300, required=False)
    help_en = forms.CharField(label=gettext_lazy("Help in English"), max_length=300, required=False)
    group = forms.CharField(
        label=gettext_lazy("Section"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("The heading it stands under. The name of a section that is there joins it."),
    )
    required = forms.BooleanField(
        label=gettext_lazy("Required"),
        required=False,
        help_text=gettext_lazy("For new records and changes; records without a value stay as they are."),
    )
    unique = forms.BooleanField(
        label=gettext_lazy("Unique"),
        required=False,
        help_text=gettext_lazy("No two records may have the same value."),
    )
    default = forms.CharField(label=gettext_lazy("Default"), max_length=1000, required=False)
    condition = forms.CharField(
        label=gettext_lazy("Shown when"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("A filter over the same record, such as: status = active. Empty: always."),
    )
    max_length = forms.IntegerField(label=gettext_lazy("Longest text"), required=False)
    digits = forms.IntegerField(label=gettext_lazy("Digits in all"), required=False)
    places = forms.IntegerField(label=gettext_lazy("Decimal places"), required=False)
    low = forms.IntegerField(label=gettext_lazy("Smallest value"), required=False)
    high = forms.IntegerField(label=gettext_lazy("Largest value"), required=False)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20, required=False)
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        choices=[(code, code) for code in ("KRW", "USD", "EUR", "JPY", "CNY", "GBP")],
        required=False,
    )
    target = forms.ChoiceField(label=gettext_lazy("Refers to"), required=False)
    choices = forms.CharField(label=gettext_lazy("Choices"), required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, kind: str, definition: OwnField | None) -> None:
        super().__init__(data, initial=_initial(definition))
        self.kind = kind
        self.definition = definition
        there = set(self.fields) - _absent(kind, definition)
        for name in set(self.fields) - there:
            del self.fields[name]
        if "target" in self.fields:
            self.fields["target"].choices = targets()  # type: ignore[attr-defined]
        posted = _posted_choices(data) if data is not None else None
        self.choice_rows = posted if posted is not None else _stored_choices(definition)

    @property
    def settings_names(self) -> list[str]:
        """The settings of this kind that are plain inputs."""
        names = ("max_length", "digits", "places", "low", "high", "unit", "currency", "target")
        return [name for name in names if name in self.fields]

    @property
    def has_choices(self) -> bool:
        return self.kind in WITH_CHOICES

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Lines of the table of choices, with some to spare."""
        spare: list[dict[str, Any]] = [{} for _ in range(SPARE_CHOICES)]
        return [*self.choice_rows, *spare]

    def options(self) -> dict[str, Any]:
        """What the services take."""
        cleaned = self.cleaned_data
        plain = ("label_ko", "label_en", "help_ko", "help_en", "group", "required", "unique", "condition")
        given = {name: cleaned[name] for name in plain if name in cleaned}
        settings = {name: cleaned[name] for name in self.settings_names if cleaned[name] not in (None, "")}
        if self.has_choices:
            settings["choices"] = self.choice_rows
        return {**given, "settings": settings, "default": cleaned.get("default") or None}


def _absent(kind: str, definition: OwnField | None) -> set[str]:
    """Inputs that a field of this kind does not have."""
    absent = set()
    if definition is not None:
        absent.add("name")
    if kind in NEVER_UNIQUE:
        absent.add("unique")
    if kind == OwnKind.BOOLEAN:
        absent.add("required")
    if kind not in _LENGTHS:
        absent.add("max_length")
    if kind not in _NUMBERS:
        absent |= {"digits", "places"}
    if kind != OwnKind.INTEGER:
        absent |= {"low", "high"}
    if kind not in (OwnKind.INTEGER, OwnKind.NUMBER):
        absent.add("unit")
    if kind != OwnKind.MONEY:
        absent.add("currency")
    if kind != OwnKind.REFERENCE:
        absent.add("target")
    else:
        absent.add("default")
    if kind not in WITH_CHOICES:
        absent.add("choices")
    return absent


def _initial(definition: OwnField | None) -> dict[str, Any]:
    if definition is None:
        return {}
    plain = ("label_ko", "label_en", "help_ko", "help_en", "group", "required", "unique", "condition")
    default = definition.default
    shown = ", ".join(default) if isinstance(default, list) else default
    return {**{name: getattr(definition, name) for name in plain}, **definition.settings, "default": shown}


def _stored_choices(definition: OwnField | None) -> list[dict[str, Any]]:
    return list(definition.settings.get("choices", [])) if definition is not None else []


def _posted_choices(data: QueryDict) -> list[dict[str, Any]] | None:
    """The lines of the table as they stand; a new line without a code gets one of its name."""
    columns = {key: data.getlist(f"choice_{key}") for key in ("code", "ko", "en", "tone")}
    if not columns["ko"]:
        return None
    retired = set(data.getlist("choice_retired"))
    places = data.getlist("choice_place")
    found: list[dict[str, Any]] = []
    for line, values in enumerate(zip(*columns.values(), strict=False)):
        item: dict[str, Any] = dict(zip(columns, (value.strip() for value in values), strict=True))
        if not (item["code"] or item["ko"] or item["en"]):
            continue
        if not item["code"]:
            item["code"] = _code_of(item, {other["code"] for other in found} | {*columns["code"]})
        item["retired"] = str(line) in retired
        item["place"] = int(places[line]) if line < len(places) and places[line].isdecimal() else line + 1
        found.append(item)
    return sorted(found, key=lambda item: item["place"])


def _code_of(item: Mapping[str, str], taken: set[str]) -> str:
    prefixed = {f"x_{code}" for code in taken}
    return naming.name_for(item["en"], item["ko"], prefixed).removeprefix("x_")
