"""Forms of customers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import ConsentAct, ConsentChannel, ConsentProof


class ConsentForm(forms.Form):
    """What a person said, and how it can be shown."""

    customer = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    contact = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    purpose = forms.SlugField(widget=forms.HiddenInput)
    channel = forms.ChoiceField(
        widget=forms.HiddenInput, choices=[("", "–"), *ConsentChannel.choices], required=False
    )
    act = forms.ChoiceField(label=_("What was said"), choices=ConsentAct.choices)
    proof = forms.ChoiceField(label=_("Proof"), choices=ConsentProof.choices, required=False)
    proof_note = forms.CharField(
        label=_("Where the proof is"),
        max_length=300,
        required=False,
        help_text=_("For example the number of the form, or when the call was."),
    )
