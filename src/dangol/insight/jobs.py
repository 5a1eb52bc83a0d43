"""Background work of insight; all of it is heavy and belongs to the analytics worker."""

from procrastinate.contrib.django import app

from dangol.events import queue
from dangol.identity.actors import Actor
from dangol.insight import services
from dangol.measures.models import RefreshRun


@app.task(name=services.REFRESH_TASK, queue=queue.ANALYTICS, lock=services.REFRESH_TASK)
def refresh(*, run: int) -> None:
    """Carry out a refresh that was asked for; one that was done meanwhile is left alone."""
    asked = RefreshRun.objects.filter(pk=run).exclude(state=RefreshRun.State.DONE).first()
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
