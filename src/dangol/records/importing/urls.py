"""Addresses of the import pages. Include them before the generic routes of record types."""

from django.urls import path

from dangol.records.importing import views

app_name = "imports"
urlpatterns = [
    path("imports/", views.index, name="list"),
    path("imports/new/", views.new, name="new"),
    path("imports/mappings/<int:number>/forget/", views.forget, name="forget"),
    path("imports/schedules/", views.schedules, name="schedules"),
    path("imports/schedules/new/", views.schedule_new, name="schedule_new"),
    path("imports/schedules/<int:schedule_id>/", views.schedule, name="schedule"),
    path("imports/schedules/<int:schedule_id>/edit/", views.schedule_edit, name="schedule_edit"),
    path("imports/schedules/<int:schedule_id>/test/", views.schedule_test, name="schedule_test"),
    path("imports/schedules/<int:schedule_id>/run/", views.schedule_run, name="schedule_run"),
    path("imports/schedules/<int:schedule_id>/switch/", views.schedule_switch, name="schedule_switch"),
    path("imports/schedules/<int:schedule_id>/trust/", views.schedule_trust, name="schedule_trust"),
    path("imports/schedules/<int:schedule_id>/remove/", views.schedule_remove, name="schedule_remove"),
    path("imports/<uuid:key>/", views.detail, name="detail"),
    path("imports/<uuid:key>/mapping/", views.mapping, name="mapping"),
    path("imports/<uuid:key>/mapping/written/", views.write_out, name="written"),
    path("imports/<uuid:key>/save/", views.save, name="save"),
    path("imports/<uuid:key>/rehearse/", views.rehearse, name="rehearse"),
    path("imports/<uuid:key>/rehearsal/", views.rehearsal_progress, name="rehearsal"),
    path("imports/<uuid:key>/progress/", views.progress, name="progress"),
    path("imports/<uuid:key>/start/", views.start, name="start"),
    path("imports/<uuid:key>/pause/", views.pause, name="pause"),
    path("imports/<uuid:key>/resume/", views.resume, name="resume"),
    path("imports/<uuid:key>/cancel/", views.cancel, name="cancel"),
    path("imports/<uuid:key>/remove/", views.remove, name="remove"),
    path("imports/<uuid:key>/undo/", views.undo, name="undo"),
    path("imports/<uuid:key>/undo/progress/", views.undo_progress, name="undo_progress"),
    path("imports/<uuid:key>/rejects.csv", views.rejects_file, name="rejects"),
]
