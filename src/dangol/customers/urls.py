"""Addresses of what customers say to being addressed."""

from django.urls import path

from dangol.customers import views

app_name = "customers"

urlpatterns = [path("consents/add/", views.consent_add, name="consent-add")]
