"""What a mapping says about the file: `source` in its JSON."""

from __future__ import annotations

import codecs
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping.checking import a_text, an_object, one_of
from dangol.records.importing.readers.base import SourceOptions

FORMATS = ("delimited", "blanks", "fixed", "xlsx", "xls", "html", "jsonl")
HEADER_ROWS = (0, 1, 2)


def read_source(data: Any) -> SourceOptions:
    """Check `source` and read it; what it does not say is found out by looking at the file.

    Raises:
        MappingProblem: with the place of the mistake.
    """
    given = an_object(
        data, "source", ("format", "encoding", "delimiter", "sheet", "member", "header", "skip", "widths")
    )
    given = {name: value for name, value in given.items() if value is not None}
    return SourceOptions(
        format=one_of(given["format"], "source.format", FORMATS) if "format" in given else None,
        encoding=_encoding(given["encoding"]) if "encoding" in given else None,
        delimiter=_delimiter(given["delimiter"]) if "delimiter" in given else None,
        sheet=a_text(given["sheet"], "source.sheet") if "sheet" in given else None,
        member=a_text(given["member"], "source.member") if "member" in given else None,
        header=_header(given["header"]) if "header" in given else None,
        skip=_count(given["skip"], "source.skip", 0) if "skip" in given else None,
        widths=_widths(given["widths"]) if "widths" in given else None,
    )


def source_json(source: SourceOptions | None) -> dict[str, Any]:
    """What is decided about a file as a mapping's JSON has it; only what is said."""
    if source is None:
        return {}
    said = {
        "format": source.format,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "sheet": source.sheet,
        "member": source.member,
        "header": source.header,
        "skip": source.skip,
        "widths": None if source.widths is None else list(source.widths),
    }
    return {name: value for name, value in said.items() if value is not None}


def _encoding(value: Any) -> str:
    try:
        name = codecs.lookup(a_text(value, "source.encoding")).name
        b" ".decode(name, errors="ignore")  # refuses codecs that make no text of bytes, such as hex
    except (LookupError, ValueError):
        raise MappingProblem(
            "source.encoding", _("There is no such encoding. Write it as utf-8 or cp949.")
        ) from None
    return name


def _delimiter(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
        raise MappingProblem("source.delimiter", _("One character is needed here, such as , or ;."))
    return value


def _header(value: Any) -> int:
    if isinstance(value, bool) or value not in HEADER_ROWS:
        listed = ", ".join(map(str, HEADER_ROWS))
        raise MappingProblem("source.header", _("Choose one of: %(choices)s.") % {"choices": listed})
    return int(value)


def _count(value: Any, path: str, low: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise MappingProblem(path, _("A whole number of at least %(low)s is needed here.") % {"low": low})
    return value


def _widths(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise MappingProblem("source.widths", _("A list of column widths is needed here."))
    return tuple(_count(width, f"source.widths[{index}]", 1) for index, width in enumerate(value))
