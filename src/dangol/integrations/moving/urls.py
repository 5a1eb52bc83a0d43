from django.urls import path

from dangol.integrations.moving import views

app_name = "moving"
urlpatterns = [
    path("", views.index, name="list"),
    path("<uuid:key>/", views.detail, name="detail"),
    path("<uuid:key>/steps/", views.steps, name="steps"),
    path("<uuid:key>/type/", views.type_, name="type"),
    path("<uuid:key>/people/", views.people, name="people"),
    path("<uuid:key>/fields/", views.fields, name="fields"),
    path("<uuid:key>/rehearse/", views.rehearse, name="rehearse"),
    path("<uuid:key>/start/", views.start, name="start"),
    path("<uuid:key>/pause/", views.pause, name="pause"),
    path("<uuid:key>/undo/", views.undo, name="undo"),
    path("<uuid:key>/remove/", views.remove, name="remove"),
    path("<uuid:key>/progress/", views.progress, name="progress"),
]
