"""The form of a schedule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor, may_administer
from dangol.identity.models import User
from dangol.records.importing import registry as mappings
from dangol.records.importing import runs, saved
from dangol.records.importing.scheduling.services import BUILT_IN, SAVED
from dangol.records.importing.scheduling.sources.folders import roots
from dangol.records.models import (
    ImportSchedule,
    ScheduleAccess,
    ScheduleAfter,
    ScheduleRule,
    ScheduleSource,
)

LONGEST_SECRET = 20_000


class Concealed(forms.Textarea):
    """A field whose content never comes back into a page, not even with a form that was refused."""

    def format_value(self, value: Any) -> str:
        """Nothing, whatever was typed."""
        return ""


class ScheduleForm(forms.Form):
    """Everything about a schedule but its state. The services decide what is allowed; this shapes input only.

    The secret never comes back: an empty field keeps the one that is stored.
    """

    name = forms.CharField(label=_("Name"), max_length=120)
    mapping_name = forms.ChoiceField(
        label=_("Mapping"),
        help_text=_("Saved mappings are made by an import: bring one file in by hand first."),
    )
    source = forms.ChoiceField(
        label=_("Source of the files"), choices=ScheduleSource.choices, initial=ScheduleSource.FOLDER
    )
    location = forms.CharField(label=_("Place"), max_length=2_000)
    pattern = forms.CharField(
        label=_("Names of the files"),
        max_length=200,
        initial="*.csv, *.xlsx",
        required=False,
        help_text=_(
            "* stands for anything; several are separated by commas. Names that end in .part or .tmp wait."
        ),
    )
    after = forms.ChoiceField(
        label=_("After the import"), choices=ScheduleAfter.choices, initial=ScheduleAfter.KEEP, required=False
    )
    access = forms.ChoiceField(label=_("Credentials"), choices=ScheduleAccess.choices, required=False)
    username = forms.CharField(label=_("User name"), max_length=200, required=False)
    secret = forms.CharField(
        label=_("Password, private key or token"),
        max_length=LONGEST_SECRET,
        required=False,
        strip=True,
        widget=Concealed(
            attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off", "class": "mono concealed"}
        ),
    )
    rule = forms.ChoiceField(label=_("How often"), choices=ScheduleRule.choices, initial=ScheduleRule.HOURLY)
    every = forms.IntegerField(
        label=_("Minutes between"), min_value=1, max_value=1440, initial=15, required=False
    )
    at_time = forms.TimeField(
        label=_("Time of day"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    acts_as = forms.ModelChoiceField(label=_("In whose name"), queryset=User.objects.none(), required=False)
    active = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    def __init__(
        self, *args: Any, actor: Actor, schedule: ImportSchedule | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.actor = actor
        types = {known.name for known in runs.importable_types(actor)}
        mapping = self.fields["mapping_name"]
        assert isinstance(mapping, forms.ChoiceField)
        mapping.choices = [
            ("", _("Please choose")),
            *((f"{SAVED}{one.pk}", one.title) for one in saved.saved_mappings(types)),
            *(
                (f"{BUILT_IN}{one.name}", mappings.title(one))
                for one in mappings.all_mappings()
                if set(one.types) <= types
            ),
        ]
        self.fields["location"].help_text = _(
            "A folder below %(folders)s; sftp://files.example.com/folder; or https://files.example.com/orders.csv"
        ) % {"folders": ", ".join(str(root) for root in roots())}
        self.fields["at_time"].help_text = _("In the company's time zone, %(zone)s") % {
            "zone": settings.TIME_ZONE
        }
        self.fields["secret"].help_text = (
            _("One is stored and is not shown. Leave this empty to keep it.")
            if schedule is not None and schedule.state.secret
            else _("Stored encrypted, and never shown again.")
        )
        if may_administer(actor):
            people = self.fields["acts_as"]
            assert isinstance(people, forms.ModelChoiceField)
            people.queryset = User.objects.filter(is_active=True).order_by("name")
            people.required = True
            people.empty_label = None
        else:
            del self.fields["acts_as"]

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = dict(self.cleaned_data)
        data.pop("secret")
        data["pattern"] = data["pattern"] or "*"
        data["after"] = data["after"] or ScheduleAfter.KEEP
        data["every"] = data["every"] or 15
        data["acts_as"] = data.get("acts_as") or User.objects.get(pk=self.actor.user_id or 0)
        return data

    def clean(self) -> dict[str, Any]:
        """A number of minutes is needed where they count."""
        data = super().clean() or self.cleaned_data
        if (
            data.get("rule") == ScheduleRule.MINUTES
            and data.get("every") is None
            and "every" not in self.errors
        ):
            self.add_error("every", str(_("Say after how many minutes.")))
        by_day = data.get("rule") in (ScheduleRule.DAILY, ScheduleRule.WEEKDAYS)
        if by_day and not data.get("at_time") and "at_time" not in self.errors:
            self.add_error("at_time", str(_("Say at what time of day.")))
        return data
