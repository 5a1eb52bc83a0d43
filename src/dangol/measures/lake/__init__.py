"""The lake: columnar copies of the facts, for all heavy reading.

`refresh()` brings it up to date by what changed in PostgreSQL, `extract()` copies every registered dataset anew,
`compact()` folds what refreshes added into the base; `connect()` opens the lake that is current. Only the analytics
worker and the command line come here; no function's engine is imported before it is called.
"""

from dangol.measures.lake.compaction import compact
from dangol.measures.lake.datasets import Column, Dataset, Follows, own_column, register
from dangol.measures.lake.engine import Lake, connect
from dangol.measures.lake.extraction import extract, refresh
from dangol.measures.lake.manifest import LakeMissing, Manifest, current, exclusive

__all__ = [
    "Column",
    "Dataset",
    "Follows",
    "Lake",
    "LakeMissing",
    "Manifest",
    "compact",
    "connect",
    "current",
    "exclusive",
    "extract",
    "own_column",
    "refresh",
    "register",
]
