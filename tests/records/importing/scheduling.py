"""What the tests of schedules have in common: a schedule that works, time that passes, a worker that works it off."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.records.importing import jobs
from dangol.records.importing.runs import RUN_TASK
from dangol.records.importing.scheduling import services, taking
from dangol.records.models import ImportSchedule, SavedMapping
from tests.records.importing.conftest import CUSTOMERS, HEADER

ROWS = HEADER + "C1,한빛정밀,company,,\nC2,서광테크,company,,\n"
ANOTHER = HEADER + "C3,누리상사,company,,\n"
LATER = timedelta(minutes=1)


def saved_mapping(person: Any, mapping: dict[str, Any] = CUSTOMERS, title: str = "고객 명단") -> SavedMapping:
    return SavedMapping.objects.create(
        title=title, owner=person.user, mapping=mapping, record_types=["customer"]
    )


def settings_of(person: Any, location: str, mapping: SavedMapping, **values: Any) -> dict[str, Any]:
    """What the services take."""
    return {
        "name": "밤마다 고객", "source": "folder", "location": location, "access": "", "username": "", "pattern": "*.csv",
        "mapping_name": f"saved:{mapping.pk}", "rule": "hourly", "every": 15, "at_time": None, "after": "keep",
        "acts_as": person.user, "active": True, **values,
    }  # fmt: skip


def schedule(person: Any, location: str, *, secret: str = "", **values: Any) -> ImportSchedule:
    mapping = SavedMapping.objects.filter(title="고객 명단").first() or saved_mapping(person)
    return services.schedule_save(
        actor=person.actor, values=settings_of(person, location, mapping, **values), secret=secret
    )


def fresh(one: ImportSchedule) -> ImportSchedule:
    return ImportSchedule.objects.select_related("state", "acts_as").get(pk=one.pk)


def look(one: ImportSchedule, *, due: bool = True, now: datetime | None = None) -> taking.Looked:
    return taking.look(fresh(one), fresh=due, now=now)


def work() -> int:
    """Run the imports that wait, as the worker would; how many."""
    waiting = list(ProcrastinateJob.objects.filter(task_name=RUN_TASK, status="todo").order_by("id"))
    for job in waiting:
        jobs.run(**job.args)
    ProcrastinateJob.objects.filter(pk__in=[job.pk for job in waiting])._raw_delete("default")
    return len(waiting)


def put(folder: Path, name: str = "고객.csv", content: str = ROWS, *, age: float = 3_600) -> Path:
    """A file that nobody has written to for a while."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    written = timezone.now().timestamp() - age
    os.utime(path, (written, written))
    return path
