"""The web server process: Granian with pages and streams (see `front`)."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from typing import Any

from dangol.config import environment, installation, processes

THREADS = 4
STREAMS = 1000


def load(target: str) -> Any:
    """Called in each web process: watch the server that started it, then load the application."""
    processes.watch_parent()
    from granian._internal import load_target

    pages: Callable[..., Any] = load_target(target)
    from django.apps import apps

    # Every process imports the pages now, at the same time as the others, and not before its first visitor's eyes.
    from django.urls import get_resolver

    from dangol.config.front import Front

    get_resolver().url_patterns  # noqa: B018 - read for its effect
    # One database connection per thread: processes x threads stays well below max_connections.
    threads = environment.number("DANGOL_WEB_THREADS", THREADS)
    application = Front(pages, None, threads=threads)
    if apps.is_installed("dangol.interactions"):
        from dangol.interactions.live.stream import Streams

        streams = Streams(limit=environment.number("DANGOL_WEB_STREAMS", STREAMS))
        application = Front(pages, streams, threads=threads, close=streams.close)
    # What is loaded by now stays: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    return application


def main() -> None:
    """Serve until SIGTERM."""
    from granian.constants import Interfaces
    from granian.server import Server

    installation.start_logs()
    if os.environ.get("DANGOL_SUPERVISED"):
        processes.watch_parent()
    workers = environment.number("DANGOL_WEB_PROCESSES", min(os.cpu_count() or 1, 8))
    server = Server(
        "dangol.config.wsgi:application",
        address=environment.text("DANGOL_HOST", "127.0.0.1"),
        port=environment.number("DANGOL_PORT", 8000),
        interface=Interfaces.RSGI,
        workers=workers,
        # Connections at the same time; a stream is one for as long as its page is open.
        backpressure=environment.number("DANGOL_WEB_BACKPRESSURE", 128)
        + environment.number("DANGOL_WEB_STREAMS", STREAMS),
        respawn_failed_workers=True,
        workers_kill_timeout=2,
        log_enabled=False,
        websockets=False,
    )
    server.serve(target_loader=load)


if __name__ == "__main__":
    main()
