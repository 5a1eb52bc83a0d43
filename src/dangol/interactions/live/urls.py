"""Addresses of what open pages ask; the stream itself is answered before Django (`config.front`)."""

from django.urls import path

from dangol.interactions.live import views

app_name = "live"

urlpatterns = [
    path("stream/", views.stream, name="stream"),
    path("changed/", views.changed, name="changed"),
    path("present/", views.present, name="present"),
    path("editing/", views.editing, name="editing"),
]
