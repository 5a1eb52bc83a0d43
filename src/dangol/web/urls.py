"""Addresses of the design system; config includes them at the root."""

from django.urls import path

from dangol.web import views

app_name = "web"
urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("ui/", views.ui, name="ui"),
    path("ui/palette/", views.ui_palette, name="ui_palette"),
    path("ui/progress/", views.ui_progress, name="ui_progress"),
    path("ui/cell/", views.ui_cell, name="ui_cell"),
]
