"""What is measured of an effect, and what may come out: names that pages and the API know without any analysis."""

from __future__ import annotations

from typing import Final

VISITS: Final = "visits"
PURCHASES: Final = "purchases"
REVENUE: Final = "revenue"
REPEAT: Final = "repeat"
RETENTION: Final = "retention"
MEASURES: Final = (REVENUE, PURCHASES, VISITS, REPEAT, RETENTION)
SHARES: Final = frozenset({REPEAT, RETENTION})
VERDICTS: Final = ("more", "less", "cannot_tell")
"""The values of `methods.lift.Verdict`."""
REASONS: Final = ("", "interval_contains_zero", "too_few")
"""The values of `methods.lift.Reason`."""
