"""What can be wrong with a question."""

from __future__ import annotations


class QuestionError(ValueError):
    """A question that cannot be answered. `parameter` is what is wrong with it; the text says what would be right."""

    def __init__(self, parameter: str, code: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.code = code
        self.message = message


class UnknownMetric(QuestionError):
    """There is no metric of that name."""


class NotAllowed(QuestionError):
    """The metric reads what the asker may not see."""


class NotHere(QuestionError):
    """The lake is not there yet, or does not hold what the metric needs: a refresh brings it."""


class NoList(LookupError):
    """No list of records stands behind a number as it was asked for."""
