"""Background work of measures; heavy, so it belongs to the analytics worker."""

import structlog
from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.measures import lake
from dangol.measures.quality import services as quality
from dangol.measures.services.erasing import REWRITE_TASK, rewrite
from dangol.records.persons.erasing import finish

log = structlog.get_logger(__name__)


# Cron times are UTC: ten to four at night in Seoul, after the nightly refresh.
@app.periodic(cron="50 18 * * *")
@app.task(
    name="dangol.measures.compact_nightly",
    queue=queue.ANALYTICS,
    queueing_lock="dangol.measures.compact_nightly",
)
def compact_nightly(timestamp: int) -> None:
    """Each night: what refreshes added is folded into the base of the lake. Without a lake there is nothing to do."""
    with lake.exclusive():
        try:
            published = lake.compact()
        except lake.LakeMissing:
            return
    if published is not None:
        log.info("lake_compacted", snapshot=published.snapshot, rows=published.rows)


@app.periodic(cron="* * * * *")
@app.task(
    name="dangol.measures.quality_follow",
    queue=queue.ANALYTICS,
    queueing_lock="dangol.measures.quality_follow",
)
def quality_follow(timestamp: int) -> None:
    """Each minute: look at the data quality of what changed."""
    looked = quality.follow_changes()
    if looked:
        log.info("quality_followed", records=looked)


# Half past two at night in Seoul, before the nightly refresh, which takes the day's figures along.
@app.periodic(cron="30 17 * * *")
@app.task(
    name="dangol.measures.quality_nightly",
    queue=queue.ANALYTICS,
    queueing_lock="dangol.measures.quality_nightly",
)
def quality_nightly(timestamp: int) -> None:
    """Each night: look at all records, since time passes and doubles can only be told from all of them."""
    log.info("quality_computed", **quality.compute_all(), days_gone=quality.forget_old_days())


@app.task(name=REWRITE_TASK, queue=queue.ANALYTICS)
def rewrite_lake(*, erasures: list[int]) -> None:
    """After persons were erased: the lake without them, and the certificates."""
    rewrite()
    finish(*erasures)
    log.info("lake_rewritten", erasures=erasures)
