"""A PostgreSQL of its own for each parallel test process. Started before Django reads its settings (`tests.settings`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_own: Any = None


def start() -> None:
    """Start it, where the leading process has started one and this one works beside others."""
    global _own
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if _own is not None or not worker or "DANGOL_TEST_OWN_SERVERS" not in os.environ:
        return
    from dangol.config import logs, postgres

    logs.configure(level="WARNING")
    folder = Path(os.environ["DANGOL_TEST_RUN"]) / worker
    folder.mkdir()
    _own = postgres.start(folder, settings=postgres.QUICK_AND_UNSAFE)
    os.environ["DATABASE_URL"] = _own.url()
    # Programs that tests start work on this server, too.
    del os.environ["DANGOL_TEST_OWN_SERVERS"]


def stop() -> None:
    """Stop it."""
    global _own
    if _own is not None:
        from dangol.config import postgres

        postgres.stop(_own)
        _own = None
