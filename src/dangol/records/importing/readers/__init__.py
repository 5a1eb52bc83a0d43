"""Files as rows. `open_table` looks at the content, never at the name, and picks the reader; `describe` says what it saw."""

from dangol.records.importing.readers.base import Row, SourceDescription, SourceOptions, Table
from dangol.records.importing.readers.opening import describe, open_table

__all__ = ["Row", "SourceDescription", "SourceOptions", "Table", "describe", "open_table"]
