"""The lake: columnar copies of the facts, for all heavy reading.

`extract()` copies every registered dataset from PostgreSQL, `connect()` opens the copy that is current. Only the
analytics worker and the command line come here; neither function's engine is imported before it is called.
"""

from dangol.measures.lake.datasets import Column, Dataset, register
from dangol.measures.lake.engine import Lake, connect
from dangol.measures.lake.extraction import extract
from dangol.measures.lake.manifest import LakeMissing, Manifest, current, exclusive

__all__ = [
    "Column",
    "Dataset",
    "Lake",
    "LakeMissing",
    "Manifest",
    "connect",
    "current",
    "exclusive",
    "extract",
    "register",
]
