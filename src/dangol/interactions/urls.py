"""Addresses of the home page and of the timeline."""

from django.urls import path

from dangol.interactions import views
from dangol.interactions.home import views as home

app_name = "interactions"

urlpatterns = [
    path("", home.today, name="home"),
    path("timeline/due/", views.due, name="due"),
    path("timeline/<slug:record_type>/<int:record_id>/", views.timeline, name="timeline"),
    path("timeline/<slug:record_type>/<int:record_id>/add/", views.compose_on, name="compose"),
    path("tasks/<int:interaction_id>/done/", views.task_done, name="task_done"),
]
