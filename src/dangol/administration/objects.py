"""The form for own objects. It only shapes input; `records.objects.services` decides what is allowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from dangol.administration.fields import TONES
from dangol.records.models import OwnObject
from dangol.records.objects.checking import ICONS, LONGEST
from dangol.records.objects.services import CHANGEABLE


class OwnObjectForm(forms.Form):
    """One own object."""

    label_ko = forms.CharField(label=gettext_lazy("Name in Korean"), max_length=60)
    label_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=60, required=False)
    plural_en = forms.CharField(
        label=gettext_lazy("Several of them in English"), max_length=60, required=False
    )
    name = forms.CharField(
        label=gettext_lazy("Name for files and programs"),
        max_length=LONGEST,
        required=False,
        help_text=gettext_lazy("Begins with x_ and never changes. Left empty, it is made of the name."),
    )
    title_ko = forms.CharField(
        label=gettext_lazy("What a record's name is called, in Korean"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Such as: name of the machine. Left empty: Name."),
    )
    title_en = forms.CharField(
        label=gettext_lazy("What a record's name is called, in English"), max_length=60, required=False
    )
    prefix = forms.CharField(  # type: ignore[assignment]  # the form's own prefix is not used
        label=gettext_lazy("In front of numbers"),
        max_length=12,
        required=False,
        help_text=gettext_lazy("EQ- gives EQ-000001, EQ-000002 … Left empty, records have no numbers."),
    )
    tone = forms.ChoiceField(label=gettext_lazy("Colour"), choices=TONES, required=False)
    icon = forms.ChoiceField(
        label=gettext_lazy("Icon"),
        choices=[(name, name) for name in ICONS],
        widget=forms.RadioSelect,
        initial=ICONS[0],
    )
    owned = forms.BooleanField(
        label=gettext_lazy("Each record belongs to somebody"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "It has an owner, a team and a territory, and roles reach as far as those. Otherwise it is for all to see."
        ),
    )
    timeline = forms.BooleanField(
        label=gettext_lazy("Timeline and interactions"),
        required=False,
        help_text=gettext_lazy(
            "Notes, calls, meetings and tasks can be about these records. Interactions get a field for it."
        ),
    )
    personal = forms.BooleanField(
        label=gettext_lazy("About people"),
        required=False,
        help_text=gettext_lazy("Who takes these records out of Dangol has to say why."),
    )

    def __init__(self, data: QueryDict | None, *, definition: OwnObject | None) -> None:
        initial = {key: getattr(definition, key) for key in CHANGEABLE} if definition else None
        super().__init__(data, initial=initial)
        if definition is not None:
            del self.fields["name"]
        self.icons = ICONS

    @property
    def icon_now(self) -> str:
        """The icon that is chosen in the form as it stands."""
        return str(self["icon"].value() or ICONS[0])

    def options(self) -> dict[str, Any]:
        """What the services take."""
        return {key: self.cleaned_data[key] for key in CHANGEABLE}
