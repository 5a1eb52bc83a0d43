"""The timeline: entries that rooms write together with their facts, shown to those who may see the source."""

from dangol.interactions.timeline.presenting import Presenter, Shown, present
from dangol.interactions.timeline.store import StoredTimeline, TimelineError, forget_type, remove_subjects

__all__ = [
    "Presenter",
    "Shown",
    "StoredTimeline",
    "TimelineError",
    "forget_type",
    "present",
    "remove_subjects",
]
