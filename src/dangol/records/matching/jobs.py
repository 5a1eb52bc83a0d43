"""Searches for duplicates in the background, by the analytics worker."""

from __future__ import annotations

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity import revisions
from dangol.records.matching import scanning
from dangol.records.matching.scans import SCAN_TASK
from dangol.records.models import DuplicateScan

log = structlog.get_logger(__name__)


@app.task(name=SCAN_TASK, queue=queue.ANALYTICS)
def scan(*, scan_id: int) -> None:
    """Carry a search out. A job whose worker died is put back on the queue and goes on, or begins anew."""
    found = DuplicateScan.objects.filter(pk=scan_id).first()
    if found is None:
        log.info("duplicate_scan_gone", scan=scan_id)
        return
    revisions.look()
    try:
        scanning.run(found)
    except scanning.ScanBusy:
        log.info("duplicate_scan_busy", scan=scan_id)
