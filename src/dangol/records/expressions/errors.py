"""What is said when a formula cannot be understood."""

from __future__ import annotations

from dangol.records.filters.messages import FilterError


class FormulaError(FilterError):
    """A formula that cannot be used: where, why, and what would be right. As `FilterError`."""
