"""What people are told of beside records: webhooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.integrations.models import WebhookEndpoint
from dangol.interactions.notifications import targets

WEBHOOK = "webhook"


def _webhooks(actor: Actor, ids: Collection[int]) -> Mapping[int, targets.Target]:
    rows = WebhookEndpoint.objects.filter(pk__in=ids)
    administers = may_administer(actor)
    if not administers:
        rows = rows.filter(owner_id=actor.user_id)
    return {
        pk: targets.Target(
            name,
            reverse("administration:webhook", args=[pk])
            if administers
            else reverse("administration:overview"),
            _("Webhook"),
            "webhook",
        )
        for pk, name in rows.values_list("pk", "name")
    }


def register() -> None:
    """Called once, when Django is ready."""
    targets.register(WEBHOOK, _webhooks)
