"""How one row of a file becomes records: read from JSON, checked, and compiled once per run."""

from dangol.records.importing.mapping.compiled import CompiledMapping, CompiledRecord
from dangol.records.importing.mapping.compiling import compile_mapping
from dangol.records.importing.mapping.reading import read_mapping
from dangol.records.importing.mapping.spec import Mapping

__all__ = [
    "CompiledMapping",
    "CompiledRecord",
    "Mapping",
    "compile_mapping",
    "read_mapping",
]
