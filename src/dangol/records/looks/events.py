"""Duties towards the people whose data is kept, and their clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class PrivacyDutyDue(Event):
    """Something must be done by a day that the law sets: `target_type` and `target_id` say what, `users` who."""

    name: ClassVar[str] = "records.privacy_duty_due"
    target_type: str
    target_id: int
    users: tuple[int, ...] = ()
