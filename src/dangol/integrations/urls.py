"""The doors' endpoints under /api/v1/; they stand before the generic ones."""

from django.urls import path

from dangol.integrations import api
from dangol.records.rest.endpoints import endpoint

app_name = "integrations"

urlpatterns = [
    path("api/v1/webhooks", endpoint(GET=api.index, POST=api.create), name="webhooks"),
    path("api/v1/webhooks/events", endpoint(GET=api.events), name="webhook-events"),
    path(
        "api/v1/webhooks/<str:webhook_id>",
        endpoint(GET=api.detail, PATCH=api.change, DELETE=api.delete),
        name="webhook",
    ),
    path("api/v1/webhooks/<str:webhook_id>/secret", endpoint(POST=api.rotate), name="webhook-secret"),
    path("api/v1/webhooks/<str:webhook_id>/test", endpoint(POST=api.test), name="webhook-test"),
    path("api/v1/webhooks/<str:webhook_id>/start", endpoint(POST=api.start), name="webhook-start"),
    path("api/v1/webhooks/<str:webhook_id>/messages", endpoint(GET=api.messages), name="webhook-messages"),
    path("api/v1/webhooks/<str:webhook_id>/replay", endpoint(POST=api.replay), name="webhook-replay"),
]
