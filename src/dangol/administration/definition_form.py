"""The form that fields with values and computed fields share."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy


class DefinitionForm(forms.Form):
    """What every own field has, however its values come to be."""

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
    condition = forms.CharField(
        label=gettext_lazy("Shown when"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("A filter over the same record, such as: status = active. Empty: always."),
    )
