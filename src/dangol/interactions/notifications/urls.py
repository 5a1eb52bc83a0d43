"""Addresses of notifications."""

from django.urls import path

from dangol.interactions.notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.index, name="list"),
    path("panel/", views.panel, name="panel"),
    path("count/", views.count, name="count"),
    path("read/", views.read, name="read"),
    path("settings/", views.setting, name="settings"),
    path("unsubscribe/<str:mail_token>/", views.unsubscribe, name="unsubscribe"),
]
