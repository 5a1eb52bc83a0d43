"""Background work of the kernel: imports, exports and bulk acts that were started on a page, and tidying at night."""

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.records.attachments import jobs as attachments
from dangol.records.bulk import jobs as bulk
from dangol.records.exporting import jobs as exports
from dangol.records.importing import jobs
from dangol.records.looks import jobs as looks
from dangol.records.matching import jobs as matching
from dangol.records.own import jobs as own_fields
from dangol.records.persons import jobs as persons
from dangol.records.search import index

__all__ = ["attachments", "bulk", "exports", "jobs", "looks", "matching", "own_fields", "tidy_dictionary"]
__all__ = ["attachments", "bulk", "exports", "jobs", "looks", "own_fields", "persons", "tidy_dictionary"]

log = structlog.get_logger(__name__)


# Cron times are UTC: half past four at night in Seoul.
@app.periodic(cron="30 19 * * *")
@app.task(
    name="dangol.records.tidy_dictionary",
    queue=queue.DEFAULT,
    queueing_lock="dangol.records.tidy_dictionary",
)
def tidy_dictionary(timestamp: int) -> None:
    """Each night: names and words that no record carries any more leave the search dictionary."""
    dropped = index.orphans()
    if dropped:
        log.info("search_dictionary_tidied", dropped=dropped)
