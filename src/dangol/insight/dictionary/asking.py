"""What an address asks of a metric: days, grain, split and filter as people write them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from dangol.measures.metrics import QuestionError
from dangol.measures.metrics.questions import Wanted

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def asked(parameters: Mapping[str, str]) -> Wanted:
    """Read `by`, `filter`, `from`, `to` and `grain`. Raises QuestionError for a day that is none."""
    return Wanted(
        by=parameters.get("by") or None,
        filter=parameters.get("filter") or "",
        since=_day(parameters.get("from") or "", "from", last=False),
        until=_day(parameters.get("to") or "", "to", last=True),
        grain=parameters.get("grain") or None,
    )


def _day(text: str, parameter: str, *, last: bool) -> date | None:
    """A day, or the first or last one of a month or year."""
    if not text:
        return None
    found = _DAY.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        year, month, day = (None if part is None else int(part) for part in found.groups())
        if year is None:
            raise ValueError(text)
        month = month or (12 if last else 1)
        return date(year, month, day or (calendar.monthrange(year, month)[1] if last else 1))
    except ValueError as error:
        raise QuestionError(
            parameter,
            "invalid_day",
            _("“%(parameter)s” must be a day, month or year, such as 2026-11-20, 2026-11 or 2026.")
            % {"parameter": parameter},
        ) from error
