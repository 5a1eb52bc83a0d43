"""Facts about the doors themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dangol.events.outbox import Event


@dataclass(frozen=True)
class WebhookStopped(Event):
    """An endpoint gets no more messages, because it failed for days, said that it is gone, or its owner has left."""

    name: ClassVar[str] = "integrations.webhook_stopped"
    endpoint_id: int
    why: str
