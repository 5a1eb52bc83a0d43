"""Making one record of several, and several of one again. See docs/merging.md."""

from dangol.records.merging.acts import MOST_RECORDS, merge, mergeable
from dangol.records.merging.errors import UndoConflicts
from dangol.records.merging.undoing import conflicts, undo

__all__ = ["MOST_RECORDS", "UndoConflicts", "conflicts", "merge", "mergeable", "undo"]
