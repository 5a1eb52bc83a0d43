"""Requests of persons: the clock of ten days, and what an answer needs (개인정보 보호법 제35조–제38조)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import RequestStatus
from dangol.records.fields import FieldError
from dangol.records.types import Draft

DAYS = 10
CLOSED = (RequestStatus.DONE.value, RequestStatus.REFUSED.value)


def complete(rows: Sequence[Draft]) -> None:
    """Fill in what follows: received today, due ten days after, answered today when it is closed."""
    today = timezone.localdate()
    for draft in rows:
        if draft.get("received_on") is None:
            draft.values["received_on"] = today
        if draft.get("due_on") is None:
            draft.values["due_on"] = draft.get("received_on") + timedelta(days=DAYS)
        if draft.get("status") in CLOSED and draft.get("answered_on") is None:
            draft.values["answered_on"] = today


def problems(rows: Sequence[Draft]) -> Iterator[tuple[int, str, FieldError]]:
    """What a request cannot be."""
    today = timezone.localdate()
    for draft in rows:
        received, due = draft.get("received_on"), draft.get("due_on")
        if received > today:
            yield (
                draft.index,
                "received_on",
                FieldError("future", _("Nobody has asked yet: the day lies ahead.")),
            )
        if due > received + timedelta(days=DAYS):
            message = _("Requests are answered within ten days.")
            yield draft.index, "due_on", FieldError("late", message)
        if draft.get("status") == RequestStatus.REFUSED and not draft.get("answer"):
            yield (
                draft.index,
                "answer",
                FieldError("required", _("Say why: the person must hear the reason.")),
            )
