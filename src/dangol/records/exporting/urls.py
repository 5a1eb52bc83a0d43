"""Addresses of the export pages. Include them before the generic routes of record types."""

from django.urls import path

from dangol.records.exporting import views

app_name = "exports"
urlpatterns = [
    path("exports/", views.index, name="list"),
    path("exports/<uuid:key>/", views.detail, name="detail"),
    path("exports/<uuid:key>/progress/", views.progress, name="progress"),
    path("exports/<uuid:key>/cancel/", views.cancel, name="cancel"),
    path("exports/<uuid:key>/file/", views.file, name="file"),
]
