"""What every act on many records shares: chunks that note what they did, one process at a time, and taking it all back."""

from dangol.records.batches.holding import await_database, calm_collector, holding, quick_turns
from dangol.records.batches.notes import Noted, ranges, spread
from dangol.records.batches.undoing import ORIGIN, Outcome, Signature, carry_back, take_back

__all__ = [
    "ORIGIN",
    "Noted",
    "Outcome",
    "Signature",
    "await_database",
    "calm_collector",
    "carry_back",
    "holding",
    "quick_turns",
    "ranges",
    "spread",
    "take_back",
]
