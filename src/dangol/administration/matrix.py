"""The matrix of a role: record type × action, each cell a reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.models import Action, Role, Rule, Scope
from dangol.identity.models.roles import EVERY_TYPE
from dangol.records import registry
from dangol.records.fieldrules import possible_rules
from dangol.records.types import RecordType

# Wider reaches contain one's own records, so that somebody without a team still sees those.
REACHES: dict[str, frozenset[str]] = {
    "": frozenset(),
    "own": frozenset({Scope.OWN.value}),
    "team": frozenset({Scope.OWN.value, Scope.TEAM.value}),
    "territory": frozenset({Scope.OWN.value, Scope.TERRITORY.value}),
    "both": frozenset({Scope.OWN.value, Scope.TEAM.value, Scope.TERRITORY.value}),
    "all": frozenset({Scope.ALL.value}),
}
REACH_LABELS = [
    ("", "–"),
    ("own", gettext_lazy("Own")),
    ("team", gettext_lazy("Team")),
    ("territory", gettext_lazy("Territory")),
    ("both", gettext_lazy("Team and territory")),
    ("all", gettext_lazy("All")),
]


def reach_of(scopes: Iterable[str]) -> str:
    """The narrowest reach of the matrix that covers these scopes."""
    wanted = frozenset(scopes)
    if Scope.ALL.value in wanted:
        return "all"
    return next(reach for reach, covered in REACHES.items() if wanted <= covered)


@dataclass(frozen=True)
class Row:
    """A record type with its cells, one per action (None: the action is not for this row)."""

    code: str
    label: str
    icon: str
    cells: list[Any]


RULE_LABELS = {"": gettext_lazy("Shown"), **dict(Rule.choices)}
RULED = "rule:"


@dataclass(frozen=True)
class Ruled:
    """A record type with the fields that can have a rule: label, code, and the bound choice; `count` have one."""

    label: str
    icon: str
    code: str
    fields: list[tuple[str, str, Any]]
    count: int


class RoleForm(forms.Form):
    """A role with its matrix. Each cell is a field named ``type:action``, each field rule one named ``rule:type:field``."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=50,
        help_text=gettext_lazy("Latin letters, digits and hyphens; used by the command line and imports."),
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9_-]*\Z", gettext_lazy("Small Latin letters, digits and hyphens only.")
            )
        ],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, role: Role | None = None, **kwargs: Any) -> None:
        granted: dict[tuple[str, str], set[str]] = {}
        if role is not None:
            for record_type, action, scope in role.grants.values_list("record_type", "action", "scope"):
                granted.setdefault((record_type, action), set()).add(scope)
            kwargs.setdefault(
                "initial", {"name": role.name, "code": role.code, "description": role.description}
            )
        super().__init__(*args, **kwargs)
        self.types = record_types({record_type for record_type, _action in granted})
        for code, label, _icon in self.types:
            for action in Action:
                if not _applies(code, action):
                    continue
                self.fields[f"{code}:{action.value}"] = forms.ChoiceField(
                    label=f"{label}, {action.label}",
                    choices=REACH_LABELS,
                    required=False,
                    initial=reach_of(granted.get((code, action.value), ())),
                    widget=forms.Select(
                        attrs={"aria-label": f"{label}, {action.label}", "class": "in s auto"}
                    ),
                )

        self.ruled = self._add_rules(role)

    def _add_rules(self, role: Role | None) -> list[tuple[RecordType, list[str]]]:
        """A choice for each field of each type that can have a rule; also for rules of fields that are gone."""
        had: dict[tuple[str, str], str] = {}
        if role is not None:
            rules = role.field_rules.values_list("record_type", "field", "rule")
            had = {(record_type, name): rule for record_type, name, rule in rules}
        self.kept = {key: rule for key, rule in had.items() if not _is_known(*key)}
        """Rules of fields that are not there now – an own field in the bin –, which stay as they are."""
        found = []
        for record_type in registry.all_types():
            if record_type.scope.administered:
                continue
            names = [name for name in record_type.fields if possible_rules(record_type, name)]
            for name in names:
                label = f"{record_type.label}, {record_type.fields[name].label}"
                possible = ("", *possible_rules(record_type, name))
                self.fields[f"{RULED}{record_type.name}:{name}"] = forms.ChoiceField(
                    label=label,
                    choices=[(code, RULE_LABELS[code]) for code in possible],
                    required=False,
                    initial=had.get((record_type.name, name), ""),
                    widget=forms.Select(attrs={"aria-label": label, "class": "in s auto"}),
                )
            found.append((record_type, names))
        return found

    def rule_groups(self) -> list[Ruled]:
        """The field rules for the page, type by type."""
        groups = []
        for record_type, names in self.ruled:
            cells = [self[f"{RULED}{record_type.name}:{name}"] for name in names]
            groups.append(
                Ruled(
                    str(record_type.label_plural),
                    record_type.icon,
                    record_type.name,
                    [
                        (str(record_type.fields[name].label), name, cell)
                        for name, cell in zip(names, cells, strict=True)
                    ],
                    sum(bool(cell.value()) for cell in cells),
                )
            )
        return groups

    def rules(self) -> dict[tuple[str, str], str]:
        """The rules that the form stands for."""
        chosen = {
            (record_type.name, name): self.cleaned_data[f"{RULED}{record_type.name}:{name}"]
            for record_type, names in self.ruled
            for name in names
        }
        return {**self.kept, **{key: rule for key, rule in chosen.items() if rule}}

    def rows(self) -> list[Row]:
        """The matrix for the page."""
        return [
            Row(
                code=code,
                label=label,
                icon=icon,
                cells=[
                    self[f"{code}:{action.value}"] if _applies(code, action) else None for action in Action
                ],
            )
            for code, label, icon in self.types
        ]

    def columns(self) -> list[str]:
        """The actions' names."""
        return [str(action.label) for action in Action]

    def grants(self) -> list[tuple[str, str, str]]:
        """The triples that the matrix stands for."""
        return [
            (code, action.value, scope)
            for code, _label, _icon in self.types
            for action in Action
            if _applies(code, action)
            for scope in REACHES[self.cleaned_data[f"{code}:{action.value}"]]
        ]


def _is_known(type_name: str, name: str) -> bool:
    record_type = registry.find(type_name)
    return record_type is not None and name in record_type.fields and bool(possible_rules(record_type, name))


def record_types(granted: set[str]) -> list[tuple[str, str, str]]:
    """Code, label and icon of the rows: all types together, each registered one, and any that a role still names."""
    rows = [(EVERY_TYPE, _("All records"), "database")]
    rows += [(one.name, str(one.label_plural), one.icon) for one in registry.all_types()]
    known = {code for code, _label, _icon in rows}
    return rows + [(code, code, "help-circle") for code in sorted(granted - known)]


def _applies(record_type: str, action: Action) -> bool:
    # Administering is about the whole company, never about one type.
    return action is not Action.ADMINISTER or record_type == EVERY_TYPE
