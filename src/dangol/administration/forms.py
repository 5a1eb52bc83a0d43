"""Forms of the settings pages. They only shape input; the services decide what is allowed."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.administration.scope_words import scope_groups
from dangol.identity import selectors
from dangol.identity.models import Action, Role, SignInPolicy, Team, Territory, Theme, User
from dangol.identity.models.users import Language

# What people near here choose, before the long list.
COMMON_ZONES = (
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Ho_Chi_Minh",
    "Europe/London",
    "America/New_York",
)
TOKEN_LIVES = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("One year")),
    ("", gettext_lazy("Without end")),
)


def show_errors(form: forms.Form, error: ValidationError) -> None:
    """Put what a service refused beside the fields it is about; the rest above the form."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for field, errors in by_field.items():
        form.add_error(field if field in form.fields else None, list(errors))


@lru_cache(maxsize=1)
def _zones() -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(zoneinfo.available_timezones()):
        region, slash, _place = zone.partition("/")
        if slash and region not in {
            "Etc",
            "SystemV",
            "posix",
            "right",
            "US",
            "Brazil",
            "Chile",
            "Mexico",
            "Canada",
        }:
            groups.setdefault(region, []).append((zone, zone.replace("_", " ")))
    return groups


def zone_choices(current: str = "") -> list[Any]:
    """Time zones as grouped choices: the common ones (with the current one) first."""
    first = list(dict.fromkeys([*COMMON_ZONES, *([current] if current else [])]))
    return [(_("Common"), [(zone, zone.replace("_", " ")) for zone in first]), *_zones().items()]


class NodeField(forms.ChoiceField):
    """A team or territory, chosen from the indented tree; cleans to the node or None."""

    def __init__(self, model: type[Team | Territory], **options: Any) -> None:
        self.model: Any = model
        super().__init__(required=False, **options)

    def fill(self, *, without: Iterable[int] = ()) -> None:
        """Read the tree (one query), leaving some nodes out."""
        left_out = set(without)
        branches = [branch for branch in selectors.tree(self.model) if branch.node.pk not in left_out]
        self._nodes = {str(branch.node.pk): branch.node for branch in branches}
        self.choices = [
            ("", "–"),
            *((branch.node.pk, "\u2003" * branch.depth + branch.node.name) for branch in branches),
        ]

    def clean(self, value: Any) -> Team | Territory | None:
        """The node of that id."""
        chosen = super().clean(value)
        return self._nodes[chosen] if chosen else None


class ProfileForm(forms.Form):
    """What people set for themselves."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    theme = forms.ChoiceField(label=gettext_lazy("Theme"), choices=Theme.choices)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"name": user.name, "language": user.language, "time_zone": user.time_zone, "theme": user.theme},
        )
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = zone_choices(user.time_zone)  # type: ignore[attr-defined]


class PasswordForm(forms.Form):
    """One's own new password."""

    current = forms.CharField(
        label=gettext_lazy("Password now"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        strip=False,
    )
    password = forms.CharField(
        label=gettext_lazy("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
    repeated = forms.CharField(
        label=gettext_lazy("New password, once more"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        length = SignInPolicy.current().password_length
        self.fields["password"].widget.attrs["minlength"] = length
        self.fields["password"].help_text = _(
            "At least %(length)s characters. A sentence is easy to remember and hard to guess."
        ) % {"length": length}

    def clean_current(self) -> str:
        """Only who knows the password may change it."""
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise ValidationError(_("This is not your password."), code="password")
        return current

    def clean(self) -> None:
        """Typed twice alike."""
        super().clean()
        first, second = self.cleaned_data.get("password"), self.cleaned_data.get("repeated")
        if first and second and first != second:
            self.add_error("repeated", _("The two passwords differ."))


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(
        label=gettext_lazy("What is it for"),
        max_length=100,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        help_text=gettext_lazy("For example: ERP, nightly orders."),
    )
    lives = forms.ChoiceField(
        label=gettext_lazy("Valid for"), choices=TOKEN_LIVES, required=False, initial="90"
    )
    read_only = forms.BooleanField(
        label=gettext_lazy("Only read"),
        required=False,
        help_text=gettext_lazy("The token sees what you see, and changes nothing."),
    )

    scopes = forms.MultipleChoiceField(label=gettext_lazy("Only for"), required=False)
    networks = forms.CharField(
        label=gettext_lazy("Only from these networks"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy("Such as 203.0.113.0/24, with commas between them. Empty: from anywhere."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Calls a minute at most"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=gettext_lazy("Empty: no limit."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (one["name"], one["name"]) for group in self.scope_groups() for one in group["scopes"]
        ]

    def scope_groups(self) -> list[dict[str, Any]]:
        """The scopes by record type, each with whether it is chosen."""
        chosen = set(self.data.getlist("scopes")) if hasattr(self.data, "getlist") else set()
        return scope_groups(chosen)

    def limits(self) -> dict[str, Any]:
        """What the key is held to, beside its actions; None for what was left empty."""
        networks = [
            part for part in self.cleaned_data["networks"].replace("\n", ",").split(",") if part.strip()
        ]
        return {
            "scopes": self.cleaned_data["scopes"] or None,
            "networks": networks or None,
            "per_minute": self.cleaned_data["per_minute"],
        }

    def expires_at(self) -> datetime | None:
        """The end of the last day, in the time zone of whoever makes it."""
        if not self.cleaned_data["lives"]:
            return None
        last_day = timezone.localdate() + timedelta(days=int(self.cleaned_data["lives"]))
        return datetime.combine(last_day, time(23, 59, 59), tzinfo=timezone.get_current_timezone())

    def actions(self) -> list[str] | None:
        """The actions the token is held to; None for all."""
        return [Action.VIEW.value] if self.cleaned_data["read_only"] else None


class UserForm(forms.Form):
    """A user as an administrator sees one."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=gettext_lazy("Email"),
        help_text=gettext_lazy("Signs in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    team = NodeField(Team, label=gettext_lazy("Team"))
    territory = NodeField(Territory, label=gettext_lazy("Territory"))
    roles = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Roles"),
        queryset=Role.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The rights of several roles add up."),
    )
    is_administrator = forms.BooleanField(
        label=gettext_lazy("System administrator"),
        required=False,
        help_text=gettext_lazy("May do everything, whatever the roles say."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))

    def __init__(
        self, *args: Any, user: User | None = None, may_make_administrators: bool, **kwargs: Any
    ) -> None:
        initial = {"language": "ko", "time_zone": "Asia/Seoul"} if user is None else _initial(user)
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = zone_choices(initial["time_zone"])  # type: ignore[attr-defined]
        for name in ("team", "territory"):
            field = self.fields[name]
            assert isinstance(field, NodeField)
            field.fill()
        if not may_make_administrators:
            del self.fields["is_administrator"]


def _initial(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "email": user.email,
        "team": user.team_id,
        "territory": user.territory_id,
        "roles": list(user.roles.values_list("pk", flat=True)),
        "is_administrator": user.is_administrator,
        "language": user.language,
        "time_zone": user.time_zone,
    }


class NodeForm(forms.Form):
    """A team or territory: its name and its place."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, model: type[Team | Territory], without: Iterable[int] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        parent = NodeField(model, label=_("Belongs to"), help_text=_("Empty: at the top."))
        parent.fill(without=without)
        self.fields["parent"] = parent
