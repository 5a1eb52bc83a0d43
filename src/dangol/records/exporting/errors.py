"""What can go wrong with an export, in words for whoever asked for it."""

from __future__ import annotations

from django.utils.functional import Promise

Text = str | Promise


class ExportProblem(ValueError):
    """The export cannot be made; `parameter` says what of the request is wrong, the message what would be right."""

    def __init__(self, parameter: str, message: Text, code: str = "parameter") -> None:
        super().__init__(message)
        self.parameter = parameter
        self.message = message
        self.code = code


class ExportCancelled(Exception):
    """Somebody asked the run to stop."""
