"""Files as rows. `open_table` looks at the content, never at the name, and picks the reader."""

from dangol.records.importing.readers.base import Row, SourceOptions, Table
from dangol.records.importing.readers.opening import open_table

__all__ = ["Row", "SourceOptions", "Table", "open_table"]
