"""Why a merge, or taking it back, is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.writing import RowError, WriteError


def refusal(code: str, message: Any, *, field: str = "", value: Any = None) -> WriteError:
    """One reason that stands for the whole."""
    return WriteError([RowError(0, field, value, code, message)])


class UndoConflicts(WriteError):
    """Values of the surviving record were changed since the merge: for each must be said whether it stays.

    `names` are the fields.
    """

    def __init__(self, names: Sequence[str]) -> None:
        message = _("This value was changed after the merge. Say whether it stays or is taken back.")
        super().__init__([RowError(0, name, None, "changed_since", message) for name in names])
        self.names = list(names)
