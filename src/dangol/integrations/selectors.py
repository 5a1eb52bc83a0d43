"""Reads of webhooks, for pages and API."""

from __future__ import annotations

from django.db.models import Count, Max, Q, QuerySet

from dangol.integrations.models import WebhookDelivery, WebhookEndpoint


def endpoints() -> QuerySet[WebhookEndpoint]:
    """Every endpoint with its owner, by name."""
    return WebhookEndpoint.objects.select_related("owner").order_by("name", "pk")


def endpoints_counted() -> QuerySet[WebhookEndpoint]:
    """As `endpoints`, with `waiting`: how many messages wait, and `last`: the newest message's id."""
    return endpoints().annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state="pending")), last=Max("deliveries__pk")
    )


def endpoint_named(pk: int) -> WebhookEndpoint | None:
    """One endpoint with its owner. One query."""
    return endpoints().filter(pk=pk).first()


def deliveries(endpoint: WebhookEndpoint, *, state: str = "") -> QuerySet[WebhookDelivery]:
    """Messages of an endpoint, newest first; with their attempts at one query more."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("-pk").prefetch_related("log")
    return rows.filter(state=state) if state else rows
