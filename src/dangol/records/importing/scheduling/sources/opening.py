"""Which source a schedule means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dangol.records.importing.scheduling.sources.base import Source
from dangol.records.importing.scheduling.sources.folders import Folder, resolved
from dangol.records.importing.scheduling.sources.places import sftp_place, web_origin
from dangol.records.importing.scheduling.sources.sftp import SftpFolder
from dangol.records.importing.scheduling.sources.web import WebAddress
from dangol.records.models import ImportSchedule, ScheduleSource


def require_location(source: str, location: str) -> None:
    """Refuse a place that cannot be meant. Nothing is called. Raises ImportProblem or Forbidden."""
    if source == ScheduleSource.FOLDER:
        resolved(location)
    elif source == ScheduleSource.SFTP:
        sftp_place(location)
    else:
        web_origin(location)


def party(source: str, location: str) -> str:
    """Who would hear the credentials: a secret stored for one must never be told to another."""
    if source == ScheduleSource.SFTP:
        place = sftp_place(location)
        return f"sftp://{place.host}:{place.port}"
    return web_origin(location) if source == ScheduleSource.HTTP else ""


@contextmanager
def open_source(schedule: ImportSchedule, secret: str) -> Iterator[Source]:
    """The source, ready. Raises ImportProblem or OutboundProblem with what is wrong and what would be right."""
    source: Source
    if schedule.source == ScheduleSource.FOLDER:
        source = Folder(schedule.location)
    elif schedule.source == ScheduleSource.SFTP:
        source = SftpFolder(schedule, secret)
    else:
        source = WebAddress(schedule, secret)
    try:
        yield source
    finally:
        source.close()
