"""Backups in the background."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.utils.module_loading import import_string
from procrastinate.contrib.django import app

from dangol.administration.storage import BACK_UP
from dangol.events import queue

log = structlog.get_logger(__name__)


@app.task(name=BACK_UP, queue=queue.DEFAULT)
def back_up() -> None:
    """Make a backup in the data folder. A job whose worker died begins anew: the file appears when it is whole."""
    file = import_string(settings.DANGOL_BACKUP)()
    log.info("backed_up", file=str(file), bytes=file.stat().st_size)
