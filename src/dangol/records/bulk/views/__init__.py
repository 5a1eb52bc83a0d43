"""Pages: an act on a selection with its preview, the list of acts, one act with its progress and its result."""

from dangol.records.bulk.views.asking import begin, count, line
from dangol.records.bulk.views.results import (
    cancel,
    detail,
    index,
    progress,
    refusals_file,
    resume,
    undo,
    undo_progress,
)

__all__ = [
    "begin",
    "cancel",
    "count",
    "detail",
    "index",
    "line",
    "progress",
    "refusals_file",
    "resume",
    "undo",
    "undo_progress",
]
