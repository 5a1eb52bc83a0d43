"""The form of a webhook. It shapes input; the services of `integrations` decide what is allowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.integrations.models import WebhookEndpoint
from dangol.integrations.webhooks import kinds
from dangol.records import registry


class WebhookForm(forms.Form):
    """A webhook as an administrator sees one."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("For example: ERP, warehouse, chat."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "placeholder": "https://"}),
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Sees what this person sees"),
        queryset=User.objects.none(),
        empty_label=None,
        help_text=gettext_lazy("Rights and field rules are looked at each time something is sent."),
    )
    events = forms.MultipleChoiceField(label=gettext_lazy("Events"), required=False)
    filter = forms.CharField(
        label=gettext_lazy("Only records that match"),
        required=False,
        max_length=5_000,
        help_text=gettext_lazy(
            'In the language of list filters, such as grade = "A". Events must then be of one kind.'
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    includes_record = forms.BooleanField(
        label=gettext_lazy("Send the records, not only their numbers"), required=False
    )
    batch_size = forms.IntegerField(
        label=gettext_lazy("Records in a message"), min_value=1, max_value=100, initial=50
    )
    rate = forms.IntegerField(
        label=gettext_lazy("Messages a second at most"), min_value=1, max_value=1_000, initial=100
    )
    concurrency = forms.IntegerField(
        label=gettext_lazy("Messages at the same time"), min_value=1, max_value=16, initial=4
    )
    is_active = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)

    def __init__(self, *args: Any, actor: Actor, endpoint: WebhookEndpoint | None, **kwargs: Any) -> None:
        if endpoint is not None:
            kwargs["initial"] = {
                name: getattr(endpoint, name) for name in self.base_fields if name != "owner"
            } | {"owner": endpoint.owner_id}
        else:
            kwargs["initial"] = {"owner": actor.user_id}
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("name")
        if not actor.is_administrator:
            people = people.filter(pk=actor.user_id or 0)
        if endpoint is not None:
            people = people | User.objects.filter(pk=endpoint.owner_id).order_by("name")
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = people
        self.fields["events"].choices = [(name, name) for name in kinds.names()]  # type: ignore[attr-defined]

    def event_groups(self) -> list[dict[str, Any]]:
        """The events by record type, each with whether it is chosen."""
        chosen = set(self["events"].value() or ())
        return [
            {
                "label": record_type.label_plural,
                "icon": record_type.icon,
                "chosen": sum(name.startswith(f"{record_type.name}.") for name in chosen),
                "events": [
                    {
                        "name": f"{record_type.name}.{kind.act}",
                        "label": kind.label,
                        "on": f"{record_type.name}.{kind.act}" in chosen,
                    }
                    for kind in kinds.all_kinds()
                    if kind.only in ("", record_type.name)
                ],
            }
            for record_type in registry.all_types()
        ]


class ReplayForm(forms.Form):
    """Since when messages are sent once more."""

    since = forms.DateTimeField(
        label=gettext_lazy("From when on"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    everything = forms.BooleanField(label=gettext_lazy("Also those that arrived"), required=False)
