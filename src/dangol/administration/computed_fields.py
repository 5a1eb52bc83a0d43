"""Forms for formulas and roll-ups. They only shape input; `records.own.services` decides what is allowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from dangol.administration.definition_form import DefinitionForm
from dangol.records.expressions.nodes import MAX_TEXT
from dangol.records.models import OwnField, OwnKind
from dangol.records.own import roll_settings
from dangol.records.types import RecordType

CURRENCIES = [(code, code) for code in ("KRW", "USD", "EUR", "JPY", "CNY", "GBP")]
PLAIN = ("label_ko", "label_en", "help_ko", "help_en", "group", "condition")
FUNCTIONS = (
    ("count", gettext_lazy("How many there are")),
    ("sum", gettext_lazy("Sum")),
    ("average", gettext_lazy("Average")),
    ("min", gettext_lazy("Smallest or first")),
    ("max", gettext_lazy("Largest or last")),
    ("latest", gettext_lazy("Value of the latest")),
)


class ComputedForm(DefinitionForm):
    """What formulas and roll-ups have in common."""

    places = forms.IntegerField(
        label=gettext_lazy("Decimal places"),
        required=False,
        help_text=gettext_lazy("Of a number or an amount."),
    )
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20, required=False)
    kind: str
    kept: tuple[str, ...]

    def __init__(
        self, data: QueryDict | None, *, record_type: RecordType, definition: OwnField | None
    ) -> None:
        initial: dict[str, Any] = {}
        if definition is not None:
            initial = {**{name: getattr(definition, name) for name in PLAIN}, **definition.settings}
        super().__init__(data, initial=initial)
        self.record_type = record_type
        self.definition = definition
        if definition is not None:
            del self.fields["name"]

    def settings(self) -> dict[str, Any]:
        """What the definition keeps, as far as it has been entered."""
        return {
            name: self.cleaned_data[name]
            for name in self.kept
            if self.cleaned_data.get(name) not in (None, "")
        }

    def options(self) -> dict[str, Any]:
        """What the services take."""
        return {**{name: self.cleaned_data[name] for name in PLAIN}, "settings": self.settings()}

    def definition_now(self) -> OwnField:
        """The field as it stands in the form, kept nowhere."""
        return OwnField(
            record_type=self.record_type.name,
            name=self.definition.name if self.definition else "x_preview",
            kind=self.kind,
            label_ko=self.cleaned_data.get("label_ko") or "…",
            settings=self.settings(),
        )


class FormulaForm(ComputedForm):
    """One formula field."""

    kind = OwnKind.FORMULA
    kept = ("formula", "places", "unit")
    formula = forms.CharField(
        label=gettext_lazy("Formula"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy(
            "Fields by name or label; a label with blanks stands in brackets: [Unit price] * 2"
        ),
    )


class RollUpForm(ComputedForm):
    """One roll-up field, over the records of one type that refer to these by one reference."""

    kind = OwnKind.ROLL_UP
    kept = ("child", "through", "function", "value", "by", "where", "currency", "places", "unit")
    child = forms.CharField(widget=forms.HiddenInput)
    through = forms.CharField(widget=forms.HiddenInput)
    function = forms.ChoiceField(label=gettext_lazy("What is computed"), choices=FUNCTIONS)
    value = forms.ChoiceField(
        label=gettext_lazy("Of the field"), required=False, help_text=gettext_lazy("Not needed to count.")
    )
    by = forms.ChoiceField(
        label=gettext_lazy("The latest by"),
        required=False,
        help_text=gettext_lazy("Only for the value of the latest."),
    )
    where = forms.CharField(
        label=gettext_lazy("Only records with"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("A filter over the related records, such as: status = paid. Empty: all."),
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        choices=CURRENCIES,
        required=False,
        help_text=gettext_lazy("Of amounts in several currencies only these are added up."),
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        record_type: RecordType,
        definition: OwnField | None,
        child: RecordType,
        through: str,
    ) -> None:
        super().__init__(data, record_type=record_type, definition=definition)
        self.initial.update(child=child.name, through=through)
        found = roll_settings.values(child)
        self.fields["value"].choices = [("", "–"), *((field.name, field.label) for field in found)]  # type: ignore[attr-defined]
        dates = [field for field in found if field.kind in ("date", "datetime")]
        self.fields["by"].choices = [("", "–"), *((field.name, field.label) for field in dates)]  # type: ignore[attr-defined]
