"""The forms of the import pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import registry as mappings
from dangol.records.importing import runs, storage
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping import Mapping, read_mapping

AUTOMATIC = "auto"
WRITTEN = "json"
_BUILT_IN = "built-in:"


class MappingForm(forms.Form):
    """Which records a file holds, and how its columns become fields."""

    record_type = forms.ChoiceField(label=_("What does the file hold?"))
    mapping = forms.ChoiceField(
        label=_("Mapping"),
        help_text=_("Automatic matches columns that are named like the fields, in Korean or English."),
    )
    json = forms.CharField(
        label=_("Mapping as JSON"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text=_("Only for “written out below”."),
    )

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        self.actor = actor
        types = runs.importable_types(actor)
        self.types = {known.name for known in types}
        built_in = [
            (f"{_BUILT_IN}{mapping.name}", mappings.title(mapping))
            for mapping in mappings.all_mappings()
            if set(mapping.types) <= self.types
        ]
        self._choose("record_type", [(known.name, known.label_plural) for known in types])
        self._choose(
            "mapping",
            [(AUTOMATIC, _("Automatic, by the header row")), *built_in, (WRITTEN, _("Written out below"))],
        )
        self.given: Mapping | None = None

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Read the mapping; None is left for "automatic", which needs the file."""
        data = super().clean() or self.cleaned_data
        chosen = data.get("mapping", "")
        try:
            if chosen == WRITTEN:
                self.given = read_mapping(mappings.parse(data.get("json") or ""))
            elif chosen.startswith(_BUILT_IN):
                self.given = mappings.get(chosen.removeprefix(_BUILT_IN))
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
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.gz,text/csv,application/gzip"}),
    )
    field_order = ("file", "record_type", "mapping", "json")

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is empty or too large, before anything is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if not file.size:
            raise forms.ValidationError(
                _("The file is empty. It needs a header row and at least one row below it.")
            )
        if file.size > storage.largest_upload():
            raise forms.ValidationError(
                _("The file is larger than %(limit)s MB. Split it, or compress it with gzip.")
                % {"limit": storage.largest_upload() >> 20}
            )
        return file
