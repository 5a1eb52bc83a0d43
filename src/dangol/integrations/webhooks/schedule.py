"""When a message is tried again, and when an endpoint is left alone."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    *([timedelta(hours=10)] * 11),
)
"""Between the attempts at one message: the first is made at once, the seventeenth, after nearly five days, is the last."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60, 120, 300))
"""How long an endpoint that does not answer is left alone, so that what waits for it does not use its attempts up."""
STOPPED_AFTER = timedelta(days=5)
LONGEST_REQUEST = timedelta(hours=10)
SCATTER = 0.1


def next_attempt(attempts: int, now: datetime, *, retry_after: str = "") -> datetime | None:
    """When to try again after so many attempts; None when it is given up. Scattered by a tenth, so that what failed together
    does not come back together.

    Args:
        retry_after: what the receiver asked for (RFC 9110, section 10.2.3); heard where it is later, up to ten hours.
    """
    if attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * random.uniform(1 - SCATTER, 1 + SCATTER)  # noqa: S311 - scatter, not a secret
    asked = _asked(retry_after, now)
    return now + max(wait, min(asked, LONGEST_REQUEST))


def pause_after(failures: int) -> timedelta:
    """How long to leave an endpoint alone after so many failures in a row."""
    return PAUSES[min(max(failures, 1), len(PAUSES)) - 1]


def _asked(text: str, now: datetime) -> timedelta:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 8:
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return timedelta()
    if timezone.is_naive(moment):
        return timedelta()
    return max(moment - now, timedelta())
