"""What the export dialog asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records.exporting.asking import REASON_LEAST, REASON_MOST, may_export, needs_reason, reason_text
from dangol.records.types import RecordType

SHOWN, ALL = "shown", "all"
KINDS = {
    "xlsx": ("xlsx", "utf-8"),
    "csv": ("csv", "utf-8"),
    "csv-cp949": ("csv", "cp949"),
    "jsonl": ("jsonl", "utf-8"),
    "parquet": ("parquet", "utf-8"),
}
"""Choices of the dialog, each a format with an encoding."""


class ExportForm(forms.Form):
    """As what, which columns, and why. What the filter and the sort are stands in the address."""

    kind = forms.ChoiceField(
        label=_("File"),
        choices=[
            ("xlsx", _("Excel (XLSX)")),
            ("csv", _("CSV (UTF-8)")),
            ("csv-cp949", _("CSV for older programs (CP949)")),
            ("jsonl", _("JSON lines")),
            ("parquet", _("Parquet")),
        ],
    )
    columns = forms.ChoiceField(
        label=_("Columns"), choices=[(SHOWN, _("Those the list shows")), (ALL, _("All fields"))]
    )
    reason = forms.CharField(
        label=_("What for"),
        required=False,
        max_length=REASON_MOST,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The reason is kept with the export and stands in the access log."),
    )

    def __init__(self, data: Any = None, *, needs_reason: bool, initial: Any = None) -> None:
        super().__init__(data, auto_id="export-%s", initial=initial)
        # What is wanted is checked by `asking`, which knows the columns; the browser asks where it is certain.
        self.fields["reason"].widget.attrs["minlength"] = str(REASON_LEAST)
        if needs_reason:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = reason_text()


def dialog(actor: Actor, record_type: RecordType, columns: Sequence[str]) -> ExportForm | None:
    """The form of a list's export dialog; None for those who may not export. No query."""
    if not may_export(actor, record_type):
        return None
    return ExportForm(needs_reason=needs_reason(record_type, columns), initial={"kind": "xlsx"})
