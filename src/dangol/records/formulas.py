"""Text that a spreadsheet would take for a formula, made harmless in CSV files and brought back."""

from __future__ import annotations

import re

# Full-width signs as well: East Asian versions of Excel take them for the narrow ones.
_SIGNS = "=+\\-@\t\r＝＋－＠"
_DANGEROUS = re.compile(f"'*[{_SIGNS}]")
_GUARDED = re.compile(f"'+[{_SIGNS}]")
_ANYWHERE = re.compile(f"'[{_SIGNS}]")


def guarded(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet could take it for a formula.

    Also where apostrophes stand in front of such a sign already, so that `restored` always gives back just this text.
    """
    return f"'{text}" if _DANGEROUS.match(text) else text


def may_be_guarded(text: str) -> bool:
    """Whether an apostrophe in front of such a sign stands anywhere in a longer text: a quick look before a slow one."""
    return "'" in text and _ANYWHERE.search(text) is not None


def restored(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text
