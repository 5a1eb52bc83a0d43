"""Pages: the list of imports, a new one, its columns, its preview, its progress and its result."""

from dangol.records.importing.views.listing import forget, index
from dangol.records.importing.views.mapping import mapping, write_out
from dangol.records.importing.views.preview import detail, rehearsal_progress, rehearse, save
from dangol.records.importing.views.results import rejects_file, undo, undo_progress
from dangol.records.importing.views.running import cancel, pause, progress, remove, resume, start
from dangol.records.importing.views.schedules import (
    schedule,
    schedule_edit,
    schedule_new,
    schedule_remove,
    schedule_run,
    schedule_switch,
    schedule_test,
    schedule_trust,
    schedules,
)
from dangol.records.importing.views.upload import new

__all__ = [
    "cancel",
    "detail",
    "forget",
    "index",
    "mapping",
    "new",
    "pause",
    "progress",
    "rehearsal_progress",
    "rehearse",
    "rejects_file",
    "remove",
    "resume",
    "save",
    "schedule",
    "schedule_edit",
    "schedule_new",
    "schedule_remove",
    "schedule_run",
    "schedule_switch",
    "schedule_test",
    "schedule_trust",
    "schedules",
    "start",
    "undo",
    "undo_progress",
    "write_out",
]
