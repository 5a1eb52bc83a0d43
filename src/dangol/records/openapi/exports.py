"""How the export of a list is described."""

from __future__ import annotations

from typing import Any

from dangol.records.openapi.parts import parameter
from dangol.records.types import RecordType

EXPORT_PARAMETERS = ("format", "filter", "sort", "fields", "encoding", "reason")
_MEDIA = {
    "application/x-ndjson": "One JSON object a line",
    "text/csv": "With a header row",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "A workbook with one sheet",
    "application/vnd.apache.parquet": "Typed columns",
}


def export_parameters(record_type: RecordType, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parameters of an export: filter, sort and fields as the list has them (`listed`), and its own."""
    shared = [item for item in listed if item["name"] in ("filter", "sort", "fields")]
    needed = " Needed here: the records are about people." if record_type.personal else ""
    return [
        parameter("format", "query", "", {"enum": ["jsonl", "csv", "xlsx", "parquet"], "default": "jsonl"}),
        *shared,
        parameter(
            "encoding",
            "query",
            "Of CSV; what does not exist in CP949 is refused with 422",
            {"enum": ["utf-8", "cp949"], "default": "utf-8"},
        ),
        parameter(
            "reason",
            "query",
            "What the data are for; needed where a column is about people, and kept with the export."
            f"{needed} Also as the header `Export-Reason`, percent-encoded.",
            {"type": "string", "minLength": 5, "maxLength": 500},
        ),
    ]


def export_answer() -> dict[str, Any]:
    """The file, in one of its forms."""
    return {
        "description": "All records that match, as a file",
        "content": {
            media: {"schema": {"type": "string", "description": text}} for media, text in _MEDIA.items()
        },
    }
