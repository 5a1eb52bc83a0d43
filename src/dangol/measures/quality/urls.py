from django.urls import path

from dangol.measures.quality import api, views

app_name = "quality"
urlpatterns = [
    path("quality/", views.overview, name="overview"),
    path("quality/mine/", views.mine, name="mine"),
    path("quality/recompute/", views.recompute, name="recompute"),
    path("quality/<slug:record_type>/", views.of_type, name="type"),
    path("api/v1/quality", api.overview, name="api"),
    path("api/v1/quality/<slug:record_type>", api.of_type, name="api-type"),
]
