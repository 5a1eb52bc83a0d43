"""What the doors to the outside keep."""

from dangol.integrations.models.webhooks import (
    DeliveryState,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

__all__ = ["DeliveryState", "WebhookAttempt", "WebhookDelivery", "WebhookEndpoint"]
