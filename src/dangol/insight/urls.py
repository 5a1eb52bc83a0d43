from django.urls import path

from dangol.insight import api, views

app_name = "insight"
urlpatterns = [
    path("value/", views.value, name="value"),
    path("value/progress/", views.progress, name="progress"),
    path("value/refresh/", views.refresh, name="refresh"),
    path("api/v1/metrics", api.metric_list, name="metric_list"),
    path("api/v1/metrics/<str:name>", api.metric, name="metric"),
]
