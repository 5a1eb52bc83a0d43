"""What the doors to the outside keep."""

from dangol.integrations.models.bulk import BulkJob, JobState, Operation
from dangol.integrations.models.moving import Move, MoveState
from dangol.integrations.models.webhooks import (
    DeliveryState,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

__all__ = [
    "BulkJob",
    "DeliveryState",
    "JobState",
    "Move",
    "MoveState",
    "Operation",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
