"""The address of the welcome page; included only in an installation that was started as a demo."""

from django.urls import path

from dangol.config.demo import views

app_name = "demo"

urlpatterns = [path("welcome/", views.welcome, name="welcome")]
