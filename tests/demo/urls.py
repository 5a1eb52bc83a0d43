"""The project's addresses as they are in an installation that was started as a demo."""

from django.urls import include, path

from dangol.config.urls import urlpatterns as of_the_project

urlpatterns = [path("", include("dangol.config.demo.urls")), *of_the_project]
