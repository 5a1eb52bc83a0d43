"""Addresses of bulk acts. Include them before the generic routes of record types."""

from django.urls import path

from dangol.records.bulk import views

app_name = "bulk"
urlpatterns = [
    path("bulk/", views.index, name="list"),
    path("bulk/<uuid:key>/", views.detail, name="detail"),
    path("bulk/<uuid:key>/progress/", views.progress, name="progress"),
    path("bulk/<uuid:key>/cancel/", views.cancel, name="cancel"),
    path("bulk/<uuid:key>/resume/", views.resume, name="resume"),
    path("bulk/<uuid:key>/undo/", views.undo, name="undo"),
    path("bulk/<uuid:key>/undo/progress/", views.undo_progress, name="undo_progress"),
    path("bulk/<uuid:key>/refused.csv", views.refusals_file, name="refusals"),
]
