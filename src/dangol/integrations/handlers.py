"""Reactions to facts: messages for the endpoints that want them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from dangol.events.outbox import Event, handles
from dangol.identity.selectors import administrators
from dangol.integrations import targets
from dangol.integrations.events import WebhookStopped
from dangol.integrations.models import WebhookEndpoint
from dangol.integrations.webhooks import kinds, queueing, subscriptions
from dangol.interactions.models.notifications import Kind
from dangol.interactions.notifications.services import notify


def listen(event_class: type[Event]) -> None:
    """Make messages of this fact, where an endpoint wants it."""

    def tell_endpoints(event: Any, *, event_id: UUID) -> None:
        queueing.enqueue_messages(event, event_id)

    handles(
        event_class, name=f"dangol.integrations.webhooks:{event_class.name}", when=subscriptions.is_wanted
    )(tell_endpoints)


def contribute(kind: kinds.Kind) -> None:
    """Let endpoints be told of another fact; from `AppConfig.ready()` of a higher room."""
    kinds.add(kind)
    listen(kind.event_class)


for _kind in kinds.all_kinds():
    listen(_kind.event_class)


@handles(WebhookStopped)
def tell_stopped(event: WebhookStopped, *, event_id: UUID) -> None:
    """Tell the owner of a webhook that stopped, and administrators."""
    endpoint = WebhookEndpoint.objects.filter(pk=event.endpoint_id).first()
    if endpoint is not None:
        users = {endpoint.owner_id, *administrators().values_list("pk", flat=True)}
        notify(
            kind=Kind.STOPPED,
            users=users,
            target_type=targets.WEBHOOK,
            target_id=endpoint.pk,
            fact=str(event_id),
        )
