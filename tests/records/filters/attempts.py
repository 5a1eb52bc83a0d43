"""Trying what may be refused."""

from dangol.records.filters import FilterError


def attempt(act):
    """What `act` gives and None, or None and its FilterError; any other error is a failure of the test."""
    try:
        return act(), None
    except FilterError as error:
        return None, error
