"""The forms of the import pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import registry as mappings
from dangol.records.importing import runs, saved, storage
from dangol.records.importing.choices import Choices, choices_from_json
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping import Mapping, read_mapping

AUTOMATIC = "auto"
WRITTEN = "json"
_BUILT_IN = "built-in:"
_SAVED = "saved:"


class MappingForm(forms.Form):
    """A mapping as a whole: looked up by its name, or written out as JSON.

    `given` is the mapping; None where the columns are still to be looked at. `choices` is what was chosen on the
    page when a saved mapping was made there.
    """

    mapping = forms.ChoiceField(label=_("Mapping"))
    json = forms.CharField(
        label=_("Mapping as JSON"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        help_text=_("Only for “written out below”."),
    )

    def __init__(self, *args: Any, actor: Actor, automatic: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.actor = actor
        self.importable = runs.importable_types(actor)
        self.types = {known.name for known in self.importable}
        self.saved = {str(one.pk): one for one in saved.saved_mappings(self.types)}
        choices: list[Any] = [(AUTOMATIC, _("Look at the columns"))] if automatic else []
        choices += [(f"{_SAVED}{key}", one.title) for key, one in self.saved.items()]
        choices += [
            (f"{_BUILT_IN}{mapping.name}", mappings.title(mapping))
            for mapping in mappings.all_mappings()
            if set(mapping.types) <= self.types
        ]
        self.choose("mapping", [*choices, (WRITTEN, _("Written out below"))])
        self.given: Mapping | None = None
        self.choices: Choices | None = None

    def choose(self, name: str, choices: list[Any]) -> None:
        """Offer these choices in a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Read the mapping."""
        data = super().clean() or self.cleaned_data
        chosen = data.get("mapping", "")
        try:
            if chosen == WRITTEN:
                self.given = read_mapping(mappings.parse(data.get("json") or ""))
            elif chosen.startswith(_BUILT_IN):
                self.given = mappings.get(chosen.removeprefix(_BUILT_IN))
            elif chosen.startswith(_SAVED):
                kept = self.saved[chosen.removeprefix(_SAVED)]
                self.given = read_mapping(kept.mapping, name=kept.title)
                self.choices = choices_from_json(kept.choices)
        except MappingProblem as problem:
            self.add_error("json" if chosen == WRITTEN else "mapping", str(problem))
        if self.given is not None:
            refused = [registry.get(name) for name in self.given.types if name not in self.types]
            if refused:
                labels = ", ".join(str(known.label_plural) for known in refused)
                self.add_error("mapping", str(_("You may not import %(types)s.") % {"types": labels}))
        return data


class UploadForm(MappingForm):
    """A new import: the file comes first."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xls,.xlsb,.ods,.html,.htm,.json,.jsonl,.gz,.zip,text/csv"}
        ),
    )
    record_type = forms.ChoiceField(label=_("What does the file hold?"), required=False)
    field_order = ("file", "record_type", "mapping", "json")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["mapping"].required = False
        known = [(one.name, one.label_plural) for one in self.importable]
        self.choose("record_type", [("", _("Find out from the columns")), *known])

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is empty or too large, before anything is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if not file.size:
            raise forms.ValidationError(
                _("The file is empty. It needs a header row and at least one row below it.")
            )
        if file.size > storage.largest_upload():
            raise forms.ValidationError(
                _("The file is larger than %(limit)s. Split it, or compress it with gzip.")
                % {"limit": filesizeformat(storage.largest_upload())}
            )
        return file
