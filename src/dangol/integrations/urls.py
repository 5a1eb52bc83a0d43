"""The doors' endpoints under /api/v1/; they stand before the generic ones."""

from django.urls import path

from dangol.integrations.api import bulk, changes, types, webhooks
from dangol.integrations.assistants import http
from dangol.integrations.oauth import views as oauth
from dangol.records.rest.endpoints import endpoint

app_name = "integrations"

urlpatterns = [
    path("oauth/token", oauth.token, name="oauth-token"),
    path("oauth/revoke", oauth.revoke, name="oauth-revoke"),
    path("api/oauth/userinfo", endpoint(GET=oauth.userinfo), name="oauth-userinfo"),
    path(".well-known/oauth-authorization-server", oauth.server_metadata, name="oauth-server"),
    path(".well-known/oauth-protected-resource", oauth.resource_metadata, name="oauth-resource"),
    path("api/mcp", endpoint(POST=http.serve, GET=http.closed, DELETE=http.closed), name="assistants"),
    path("api/v1/types", endpoint(GET=types.index), name="types"),
    path("api/v1/types/<str:path>", endpoint(GET=types.detail), name="type"),
    path("api/v1/changes", endpoint(GET=changes.index), name="changes"),
    path("api/v1/bulk", endpoint(POST=bulk.start), name="bulk"),
    path("api/v1/bulk/jobs", endpoint(GET=bulk.index), name="bulk-jobs"),
    path("api/v1/bulk/jobs/<str:job_key>", endpoint(GET=bulk.detail), name="bulk-job"),
    path("api/v1/bulk/jobs/<str:job_key>/results", endpoint(GET=bulk.results), name="bulk-results"),
    path("api/v1/bulk/jobs/<str:job_key>/cancel", endpoint(POST=bulk.cancel), name="bulk-cancel"),
    path("api/v1/webhooks", endpoint(GET=webhooks.index, POST=webhooks.create), name="webhooks"),
    path("api/v1/webhooks/events", endpoint(GET=webhooks.events), name="webhook-events"),
    path(
        "api/v1/webhooks/<str:webhook_id>",
        endpoint(GET=webhooks.detail, PATCH=webhooks.change, DELETE=webhooks.delete),
        name="webhook",
    ),
    path("api/v1/webhooks/<str:webhook_id>/secret", endpoint(POST=webhooks.rotate), name="webhook-secret"),
    path("api/v1/webhooks/<str:webhook_id>/test", endpoint(POST=webhooks.test), name="webhook-test"),
    path("api/v1/webhooks/<str:webhook_id>/start", endpoint(POST=webhooks.start), name="webhook-start"),
    path(
        "api/v1/webhooks/<str:webhook_id>/messages", endpoint(GET=webhooks.messages), name="webhook-messages"
    ),
    path("api/v1/webhooks/<str:webhook_id>/replay", endpoint(POST=webhooks.replay), name="webhook-replay"),
]
