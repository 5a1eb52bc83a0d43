"""`dangol worker`: work off the queues."""

from __future__ import annotations

import argparse
import asyncio
import os

from dangol.config import installation, processes

DEFAULT_QUEUES = ("default", "analytics")
GRACE_SECONDS = 3.0


def run(args: argparse.Namespace) -> int:
    """Work until told to stop; with `--once` until the queues are empty."""
    if os.environ.get("DANGOL_SUPERVISED"):
        processes.watch_parent()
    queues = args.queues or list(DEFAULT_QUEUES)
    with installation.opened():
        from dangol.config import jobs

        asyncio.run(jobs.work(queues, concurrency=args.concurrency, once=args.once, grace=GRACE_SECONDS))
    return 0
