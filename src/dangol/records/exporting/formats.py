"""The kinds of file that a list goes out as."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from dangol.records.exporting.errors import Text

UTF8, CP949 = "utf-8", "cp949"


@dataclass(frozen=True, slots=True)
class Format:
    """`streams`: it is written from its beginning to its end, so that it can be sent while it is being made."""

    name: str
    label: Text
    extension: str
    content_type: str
    streams: bool


FORMATS = {
    item.name: item
    for item in (
        Format(
            "xlsx",
            _("Excel (XLSX)"),
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            streams=False,
        ),
        Format("csv", _("CSV"), "csv", "text/csv", streams=True),
        Format("jsonl", _("JSON lines"), "jsonl", "application/x-ndjson", streams=True),
        Format("parquet", _("Parquet"), "parquet", "application/vnd.apache.parquet", streams=False),
    )
}
ENCODINGS = (UTF8, CP949)
