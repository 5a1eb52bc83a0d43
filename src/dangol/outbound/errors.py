"""Why a call did not go out, or did not come back."""

from __future__ import annotations

from django.utils.functional import Promise


class OutboundProblem(Exception):
    """The call failed; the text says why and what would be right, in the language active when shown."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Forbidden(OutboundProblem):
    """The call must not go there: an internal address, a port of something else, a scheme that is not http(s)."""


class Answered(OutboundProblem):
    """The server answered, but not with what was asked for. `status` is the status of HTTP."""

    def __init__(self, message: str | Promise, status: int) -> None:
        super().__init__(message)
        self.status = status


class SealBroken(OutboundProblem):
    """A stored secret cannot be opened: the installation's secret key has changed, or the text was tampered with."""
