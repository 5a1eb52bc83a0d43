"""How the API describes the doors."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.integrations.models import DeliveryState
from dangol.integrations.openapi_bulk import bulk_paths
from dangol.records.openapi.contributions import Addition, contribute
from dangol.records.openapi.parts import JSON, answer, parameter, problems

_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_SETTABLE: dict[str, Any] = {
    "name": {"type": "string", "minLength": 1, "maxLength": 100},
    "url": {"type": "string", "maxLength": 2000},
    "events": {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "description": "customer.created, …",
    },
    "filter": {
        "type": "string",
        "description": "In the filter language; then all events are of one record type",
    },
    "includes_record": {"type": "boolean"},
    "batch_size": {"type": "integer", "minimum": 1, "maximum": 100},
    "rate": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "Messages a second"},
    "concurrency": {"type": "integer", "minimum": 1, "maximum": 16},
    "is_active": {"type": "boolean"},
}
_WEBHOOK: dict[str, Any] = {
    "type": "object",
    "required": ["id", "version", "name", "url", "owner", "events", "is_active"],
    "properties": {
        **_SETTABLE,
        "filter": {"type": ["string", "null"]},
        "id": {"type": "integer"},
        "version": {"type": "integer"},
        "owner": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
        "stopped_at": _MOMENT,
        "stopped_why": {"type": ["string", "null"], "description": "failing, gone, owner or secret"},
        "failing_since": _MOMENT,
        "secret": {"type": "string", "description": "Once, in the answer that made it"},
    },
}
_MESSAGE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "message", "event", "ids", "state", "attempts"],
    "properties": {
        "id": {"type": "integer"},
        "message": {"type": "string", "description": "The header `webhook-id`"},
        "event": {"type": "string"},
        "record_type": {"type": ["string", "null"]},
        "ids": {"type": "array", "items": {"type": "integer"}},
        "state": {"type": "string", "enum": DeliveryState.values},
        "attempts": {"type": "integer"},
        "next_at": _MOMENT,
        "created_at": _MOMENT,
        "log": {"type": "array", "items": {"type": "object"}},
    },
}
_ONE = parameter("id", "path", "", {"type": "integer", "minimum": 1}, required=True)


def describe() -> None:
    """Add the paths; called once."""
    contribute(Addition("webhooks", _("Webhooks"), _webhooks))
    contribute(Addition("changes", _("Changes feed"), _changes))
    contribute(Addition("bulk-jobs", _("Bulk jobs"), bulk_paths))


def _changes() -> dict[str, Any]:
    item = {
        "type": "object",
        "required": ["type", "id", "change", "version", "fields", "url", "merged_into"],
        "properties": {
            "type": {"type": "string"},
            "id": {"type": "integer"},
            "change": {
                "type": "string",
                "enum": ["created", "updated", "restored", "deleted", "merged", "purged"],
            },
            "version": {"type": ["integer", "null"]},
            "fields": {"type": "array", "items": {"type": "string"}, "description": "What changed"},
            "url": {"type": ["string", "null"], "format": "uri-reference"},
            "merged_into": {
                "type": ["object", "null"],
                "description": "The record that stands for a merged one",
                "required": ["id", "url"],
                "properties": {
                    "id": {"type": "integer"},
                    "url": {"type": "string", "format": "uri-reference"},
                },
            },
        },
    }
    page = {
        "type": "object",
        "required": ["items", "next", "more"],
        "properties": {
            "items": {"type": "array", "items": item},
            "next": {"type": "string", "description": "`after` of the next reading"},
            "more": {"type": "boolean", "description": "Read on at once"},
        },
    }
    return {
        "/changes": {
            "get": {
                "operationId": "changes",
                "tags": ["changes"],
                "summary": "What changed since a place",
                "description": "In the order of transactions; a change that commits late is never passed by. Each record comes"
                " once per reading. What the caller may not see is not there.",
                "parameters": [
                    parameter(
                        "after",
                        "query",
                        "`next` of the reading before; `now`; nothing for all",
                        {"type": "string"},
                    ),
                    parameter("types", "query", "Record types with commas between them", {"type": "string"}),
                    parameter(
                        "limit",
                        "query",
                        "",
                        {"type": "integer", "minimum": 1, "maximum": 5000, "default": 500},
                    ),
                    parameter(
                        "wait",
                        "query",
                        "Seconds to wait for something to tell",
                        {"type": "integer", "minimum": 0, "maximum": 25, "default": 0},
                    ),
                ],
                "responses": {"200": answer("A page", page)} | problems("400", "401", "403", "429"),
            }
        }
    }


def _listed(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
    }


def _operation(
    name: str, summary: str, responses: dict[str, Any], *refusals: str, **more: Any
) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["webhooks"],
        "summary": summary,
        **more,
        "responses": responses | problems("400", "401", "403", "429", *refusals),
    }


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }
    return {"required": True, "content": {JSON: {"schema": schema}}}


def _webhooks() -> dict[str, Any]:
    settable = {**_SETTABLE, "owner": {"type": "integer", "minimum": 1}}
    writes = ("404", "413", "415", "422")
    secret = {"type": "object", "required": ["secret"], "properties": {"secret": {"type": "string"}}}
    replayed = {
        "type": "object",
        "required": ["replayed"],
        "properties": {"replayed": {"type": "integer"}},
    }
    return {
        "/webhooks": {
            "get": _operation("webhooks", "All webhooks", {"200": answer("By name", _listed(_WEBHOOK))}),
            "post": _operation(
                "makeWebhook",
                "Make a webhook",
                {"201": answer("With its secret, this once", _WEBHOOK, etag=True)},
                *writes,
                requestBody=_body(settable, ["name", "url", "events"]),
            ),
        },
        "/webhooks/events": {
            "get": _operation(
                "webhookEvents",
                "What can be subscribed to",
                {"200": answer("Names", _listed({"type": "string"}))},
            ),
        },
        "/webhooks/{id}": {
            "parameters": [_ONE],
            "get": _operation("webhook", "A webhook", {"200": answer("It", _WEBHOOK, etag=True)}, "404"),
            "patch": _operation(
                "changeWebhook",
                "Change a webhook",
                {"200": answer("As it is now", _WEBHOOK, etag=True)},
                "412",
                *writes,
                requestBody=_body(settable, []),
            ),
            "delete": _operation(
                "deleteWebhook", "Take a webhook away", {"204": {"description": "Gone"}}, "404"
            ),
        },
        "/webhooks/{id}/secret": {
            "parameters": [_ONE],
            "post": _operation(
                "rotateWebhookSecret",
                "A new secret; the old one signs beside it for a day",
                {"200": answer("The secret, this once", secret)},
                "404",
            ),
        },
        "/webhooks/{id}/test": {
            "parameters": [_ONE],
            "post": _operation(
                "testWebhook", "Send webhook.test", {"202": answer("On its way", _MESSAGE)}, "404", "409"
            ),
        },
        "/webhooks/{id}/start": {
            "parameters": [_ONE],
            "post": _operation(
                "startWebhook",
                "Go on after a stop",
                {"200": answer("As it is now", _WEBHOOK, etag=True)},
                "404",
                "409",
            ),
        },
        "/webhooks/{id}/messages": {
            "parameters": [_ONE],
            "get": _operation(
                "webhookMessages",
                "What was sent, newest first, with every attempt",
                {"200": answer("A page", _listed(_MESSAGE))},
                "404",
                parameters=[
                    parameter("state", "query", "", {"type": "string", "enum": DeliveryState.values}),
                    parameter(
                        "limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}
                    ),
                    parameter("after", "query", "`next` of the page before", {"type": "string"}),
                ],
            ),
        },
        "/webhooks/{id}/replay": {
            "parameters": [_ONE],
            "post": _operation(
                "replayWebhook",
                "Send messages once more",
                {"202": answer("How many", replayed)},
                "409",
                *writes,
                requestBody=_body(
                    {
                        "ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 1000},
                        "since": {"type": "string", "format": "date-time"},
                        "all": {"type": "boolean", "description": "Also what arrived"},
                    },
                    [],
                ),
            ),
        },
    }
