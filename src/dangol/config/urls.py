"""The addresses of all rooms, joined."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

from dangol.config import health

# From the most particular to the most general: the generic routes of `records` catch `/<type>/` and come last.
ROOMS_WITH_PAGES = [
    "identity",
    "web",
    "administration",
    "insight",
    "interactions",
    "commerce",
    "customers",
    "measures",
    "records",
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    *([path("", include("dangol.config.demo.urls"))] if settings.DEMO else []),
    *(
        path("", include(f"dangol.{room}.urls"))
        for room in ROOMS_WITH_PAGES
        if find_spec(f"dangol.{room}.urls")
    ),
]
