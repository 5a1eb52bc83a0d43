"""Addresses of the home page and of the timeline."""

from django.urls import path

from dangol.interactions import api
from dangol.interactions.home import views as home
from dangol.interactions.views import activity, together
from dangol.interactions.views import timeline as views
from dangol.records.rest.endpoints import endpoint

app_name = "interactions"

urlpatterns = [
    path("", home.today, name="home"),
    path("timeline/due/", views.due, name="due"),
    path("timeline/<slug:record_type>/<int:record_id>/", views.timeline, name="timeline"),
    path("timeline/<slug:record_type>/<int:record_id>/add/", views.compose_on, name="compose"),
    path("together/<slug:record_type>/<int:record_id>/", together.together, name="together"),
    path("together/<slug:record_type>/<int:record_id>/comments/", together.comments_on, name="comments"),
    path(
        "together/<slug:record_type>/<int:record_id>/comments/<int:comment_id>/edit/",
        together.comment_edit,
        name="comment_edit",
    ),
    path(
        "together/<slug:record_type>/<int:record_id>/comments/<int:comment_id>/delete/",
        together.comment_delete,
        name="comment_delete",
    ),
    path("together/<slug:record_type>/<int:record_id>/follow/", together.follow, name="follow"),
    path("activity/", activity.activity, name="activity"),
    path("api/v1/activity", endpoint(GET=api.activity), name="api-activity"),
    path("api/v1/notifications", endpoint(GET=api.notifications), name="api-notifications"),
    path("following/", together.followed, name="followed"),
    path("people/offer/", together.people_offer, name="people_offer"),
    path("people/<int:user_id>/", together.person, name="person"),
    path(
        "api/v1/<str:path>/<str:record_id>/comments",
        endpoint(GET=api.index, POST=api.create),
        name="api-comments",
    ),
    path(
        "api/v1/<str:path>/<str:record_id>/comments/<str:comment_id>",
        endpoint(PATCH=api.change, DELETE=api.delete),
        name="api-comment",
    ),
    path("api/v1/<str:path>/<str:record_id>/followers", endpoint(GET=api.followers), name="api-followers"),
    path("tasks/<int:interaction_id>/done/", views.task_done, name="task_done"),
]
