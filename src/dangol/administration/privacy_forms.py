"""Forms of the pages about personal data."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dangol.identity.models import Role, User
from dangol.records import registry
from dangol.records.looks.reading import Asked
from dangol.records.looks.settings import Current
from dangol.records.looks.taking import is_personal
from dangol.records.models import LookAct, OwnField, OwnState

WHOSE = re.compile(r"\s*(\S.*?)[\s:#]+([0-9]{1,18})\s*")


class LooksForm(forms.Form):
    """What of the access log is wanted."""

    user = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.none(), required=False, empty_label="–"
    )
    act = forms.ChoiceField(label=_("What"), choices=[("", "–"), *LookAct.choices], required=False)
    person = forms.CharField(
        label=_("Whose data"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": _("Customer 123")}),
    )
    ip = forms.GenericIPAddressField(label=_("From where"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.order_by("name")  # type: ignore[attr-defined]

    def clean_person(self) -> tuple[str, int] | None:
        """The type, by its name or by what people call it, and the number: `customer:123`, “고객 123”."""
        text = self.cleaned_data["person"]
        found = WHOSE.fullmatch(text)
        if not text:
            return None
        for one in registry.all_types():
            if found and found[1].casefold() in (
                one.name,
                *(str(s).casefold() for s in (one.label, one.label_plural)),
            ):
                return one.name, int(found[2])
        raise forms.ValidationError(_("Write what it is and its number, such as “Customer 123”."))

    def asked(self) -> Asked:
        """The question, of a form that is valid."""
        given = self.cleaned_data
        return Asked(
            user=given["user"].pk if given["user"] else None,
            act=given["act"],
            person=given["person"],
            ip=given["ip"],
            since=given["since"],
            until=given["until"],
        )


class PrivacyForm(forms.Form):
    """What the company sets about personal data."""

    kept_years = forms.IntegerField(
        label=_("Years that the access log is kept"),
        min_value=1,
        max_value=10,
        help_text=_("One year at least; two from 50,000 people up, or with sensitive data."),
    )
    reveal_roles = forms.MultipleChoiceField(
        label=_("Roles that may reveal masked values"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("One value at a time, each with a reason that stands in the access log."),
    )
    reveals_per_hour = forms.IntegerField(
        label=_("Masked values that one person may see in an hour"), min_value=1, max_value=1_000
    )
    personal_fields = forms.MultipleChoiceField(
        label=_("Own fields that are about people"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Looks at records that have one are logged, too."),
    )

    def __init__(self, data: Any, *, current: Current) -> None:
        super().__init__(
            data,
            initial={
                "kept_years": current.kept_years,
                "reveals_per_hour": current.reveals_per_hour,
                "reveal_roles": [str(number) for number in current.reveal_roles],
                "personal_fields": list(current.personal_fields),
            },
        )
        self.fields["reveal_roles"].choices = [  # type: ignore[attr-defined]
            (str(role.pk), role.name) for role in Role.objects.order_by("name")
        ]
        self.fields["personal_fields"].choices = own_choices()  # type: ignore[attr-defined]
        if not self.fields["personal_fields"].choices:  # type: ignore[attr-defined]
            del self.fields["personal_fields"]

    def values(self) -> dict[str, Any]:
        """What to save, of a form that is valid."""
        given = dict(self.cleaned_data)
        given["reveal_roles"] = sorted(int(number) for number in given["reveal_roles"])
        return given


def own_choices() -> list[tuple[str, str]]:
    """Own fields of types that are not declared as being about people. One query."""
    found = []
    for field in OwnField.objects.filter(state=OwnState.ACTIVE):
        record_type = registry.find(field.record_type)
        if record_type is not None and (not record_type.personal or not is_personal(record_type)):
            found.append((f"{field.record_type}.{field.name}", f"{record_type.label}: {field}"))
    return found


class ReviewForm(forms.Form):
    """The sign-off of a month."""

    note = forms.CharField(
        label=_("What was looked at and found"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It is kept with the figures and cannot be changed afterwards."),
    )


class ReasonForm(forms.Form):
    """What a download is for."""

    reason = forms.CharField(label=_("What for"), min_length=5, max_length=300)
