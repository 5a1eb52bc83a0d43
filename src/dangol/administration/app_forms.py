"""The form of an app of somebody else. It shapes input; the services of `identity` decide what is allowed."""

from __future__ import annotations

from typing import Any

from allauth.idp.oidc.models import Client
from django import forms
from django.utils.translation import gettext_lazy

from dangol.administration.scope_words import scope_groups
from dangol.identity.models import App


class AppForm(forms.Form):
    """An app as an administrator sees one."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("People read it when the app asks them."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Where it runs"),
        choices=[
            (Client.Type.CONFIDENTIAL.value, gettext_lazy("On a server: can keep a secret")),
            (
                Client.Type.PUBLIC.value,
                gettext_lazy("In a browser, on a telephone or a desk: no secret, PKCE"),
            ),
        ],
        required=False,
    )
    redirect_uris = forms.CharField(
        label=gettext_lazy("Addresses to return to"),
        max_length=6_000,
        help_text=gettext_lazy(
            "One a line, as the maker of the app names them. https only; http://127.0.0.1 for programs on one's own machine."
        ),
        widget=forms.Textarea(
            attrs={"rows": 3, "class": "code", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("The most it may ask for"), required=False)
    per_minute = forms.IntegerField(
        label=gettext_lazy("Calls a minute at most, for each person"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=gettext_lazy("Empty: no limit."),
    )

    def __init__(self, *args: Any, app: App | None, **kwargs: Any) -> None:
        self._registered = app.client.get_scopes() if app is not None else []
        if app is not None:
            kwargs["initial"] = {
                "name": app.client.name,
                "kind": app.client.type,
                "redirect_uris": app.client.redirect_uris,
                "per_minute": app.per_minute,
            }
        super().__init__(*args, **kwargs)
        names = [one["name"] for group in scope_groups(()) for one in group["scopes"]]
        # A scope of a type that is gone may stay or go.
        known = dict.fromkeys([*names, *self._registered])
        self.fields["scopes"].choices = [(name, name) for name in known]  # type: ignore[attr-defined]
        if app is not None:
            self.fields["kind"].disabled = True

    def scope_groups(self) -> list[dict[str, Any]]:
        """The scopes by record type, each with whether it is chosen."""
        return scope_groups(set(self.data.getlist("scopes") if self.is_bound else self._registered))  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "redirect_uris": data["redirect_uris"].splitlines(),
            "scopes": data["scopes"],
            "per_minute": data["per_minute"],
        }
