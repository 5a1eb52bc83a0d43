"""Data quality: what is missing, malformed, stale, doubled or contradictory in a record, as a score from 0 to 100.

Rooms declare what they expect of their records (`register`); much follows from the fields themselves (`derived`). Scores
are computed by sets in PostgreSQL (`services`), stand in `measures` beside other scores, and touch no record.
"""

from dangol.measures.quality.rules import Dimension, Rule, register, register_source

__all__ = ["Dimension", "Rule", "register", "register_source"]
