"""A real worker whose handler stops at a chosen moment, so that the test can kill it there.

Run as ``python -m tests.events.crash_worker MOMENT FILE``; MOMENT is ``before-mark``, ``after-commit`` or ``calm``; FILE
appears when the moment has come. ``calm`` works off the queue and ends.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from dangol.events.registry import Event, handles

HANDLER = "test.crash"


@dataclass(frozen=True)
class Struck(Event):
    name = "test.struck"
    number: int


def listen(event: Struck, *, event_id: uuid.UUID) -> None:
    """The effect: one team. Then, in the first worker, a long pause before the mark."""
    from dangol.identity.models import Team

    Team.objects.create(name=f"effect {event.number} {uuid.uuid4()}")
    if os.environ.get("CRASH_MOMENT") == "before-mark":
        pause()


def pause() -> None:
    """Tell the test that the moment has come, and wait to be killed."""
    Path(os.environ["CRASH_FILE"]).touch()
    time.sleep(120)


def register() -> None:
    """Make the handler known to this process."""
    handles(Struck, name=HANDLER)(listen)


def main() -> None:
    """Work like `dangol worker`."""
    import django

    django.setup()
    register()
    from dangol.config import jobs
    from dangol.events import services

    if os.environ["CRASH_MOMENT"] == "after-commit":
        deliver = services.deliver_event

        def deliver_and_pause(event_id: int) -> int:
            done = deliver(event_id)
            pause()
            return done

        services.deliver_event = deliver_and_pause
    asyncio.run(jobs.work(["default"], concurrency=1, once=os.environ["CRASH_MOMENT"] == "calm", grace=1.0))


if __name__ == "__main__":
    os.environ["CRASH_MOMENT"], os.environ["CRASH_FILE"] = sys.argv[1:3]
    main()
