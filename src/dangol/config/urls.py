"""The addresses of all rooms, joined."""

from django.conf import settings
from django.urls import include, path

from dangol.config import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("dangol.web.urls")),
    path("", include("dangol.administration.urls")),
    path("", include("dangol.integrations.urls")),
    path("", include("dangol.insight.urls")),
    path("", include("dangol.measures.quality.urls")),
    path("", include("dangol.automation.urls")),
    path("", include("dangol.interactions.urls")),
    path("notifications/", include("dangol.interactions.notifications.urls")),
    path("live/", include("dangol.interactions.live.urls")),
    path("", include("dangol.customers.urls")),
    path("moving/", include("dangol.integrations.moving.urls")),
    path("", include("dangol.records.importing.urls")),
    path("", include("dangol.records.exporting.urls")),
    path("", include("dangol.records.bulk.urls")),
    path("", include("dangol.records.merging.urls")),
    # The generic pages catch `/<type>/`, so they come last.
    path("", include("dangol.records.urls")),
]
if settings.DEMO:
    urlpatterns.insert(2, path("", include("dangol.config.demo.urls")))
