"""Addresses of the import pages. Include them before the generic routes of record types."""

from django.urls import path

from dangol.records.importing import views

app_name = "imports"
urlpatterns = [
    path("imports/", views.index, name="list"),
    path("imports/new/", views.new, name="new"),
    path("imports/<uuid:key>/", views.detail, name="detail"),
    path("imports/<uuid:key>/progress/", views.progress, name="progress"),
    path("imports/<uuid:key>/start/", views.start, name="start"),
    path("imports/<uuid:key>/cancel/", views.cancel, name="cancel"),
    path("imports/<uuid:key>/remove/", views.remove, name="remove"),
    path("imports/<uuid:key>/rejects.csv", views.rejects_file, name="rejects"),
]
