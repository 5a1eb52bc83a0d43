"""Addresses of merges that were. Include them before the generic routes of record types."""

from django.urls import path

from dangol.records.merging import views

app_name = "merging"
urlpatterns = [
    path("merges/", views.index, name="list"),
    path("merges/<uuid:key>/", views.detail, name="detail"),
    path("merges/<uuid:key>/undo/", views.undo, name="undo"),
]
