"""Why a file is not taken."""

from __future__ import annotations

from django.utils.functional import Promise


class AttachmentProblem(ValueError):
    """`message` says what is wrong with the file and what would be right; `code` is for programs."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
