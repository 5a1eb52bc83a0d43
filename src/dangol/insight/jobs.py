"""Background work of insight; all of it is heavy and belongs to the analytics worker."""

from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.insight.effects import outcomes
from dangol.insight.effects.outcomes import EFFECT_TASK
from dangol.insight.mailing import sending
from dangol.insight.mailing.keeping import MAIL_TASK
from dangol.insight.segmentation import snapshot
from dangol.insight.segmentation.keeping import SNAPSHOT_TASK
from dangol.measures.models import RefreshRun

ENDED = (RefreshRun.State.DONE, RefreshRun.State.STOPPED)


@app.task(name=services.REFRESH_TASK, queue=queue.ANALYTICS, lock=services.REFRESH_TASK)
def refresh(*, run: int) -> None:
    """Carry out a refresh that was asked for; one that was done or stopped meanwhile is left alone."""
    asked = RefreshRun.objects.filter(pk=run).exclude(state__in=ENDED).first()
    if asked is not None:
        services.refresh_run(run=asked)


# Cron times are UTC: ten past three at night in Seoul.
@app.periodic(cron="10 18 * * *")
@app.task(
    name="dangol.insight.refresh_nightly",
    queue=queue.ANALYTICS,
    queueing_lock="dangol.insight.refresh_nightly",
)
def refresh_nightly(timestamp: int) -> None:
    """Each night: everything anew, so that recency moves on and deleted records go."""
    services.refresh_request(actor=Actor.system("nightly"), reason="nightly")


@app.task(name=SNAPSHOT_TASK, queue=queue.ANALYTICS, lock=SNAPSHOT_TASK)
def segments_keep(*, segments: list[int]) -> None:
    """Keep who is in these segments now."""
    snapshot.take(segments=segments)


@app.task(name=EFFECT_TASK, queue=queue.ANALYTICS)
def effects_compute(*, programmes: list[int]) -> None:
    """Find out what these programmes changed, from the lake as it is."""
    outcomes.compute(programmes)


# A heavy one: tiles are asked of the lake, for each person anew.
@app.periodic(cron="*/5 * * * *")
@app.task(name=MAIL_TASK, queue=queue.ANALYTICS, lock=MAIL_TASK)
def mail_due(timestamp: int) -> None:
    """Every five minutes: record the copies of mailings whose turn has come, and send what waits."""
    sending.turns_begin()
    sending.copies_send()
