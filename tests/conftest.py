"""A PostgreSQL and a data folder for the whole run.

The leading process starts the embedded server before Django reads its settings, or takes the one that `DATABASE_URL`
names. Parallel test processes share the one that was named; otherwise each starts one of its own: transactions are numbered
for a whole server, and what reads changes up to the oldest one that runs would wait for the tests of the other process.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

_leader = "DANGOL_TEST_RUN" not in os.environ
_server = None
_folder = None

if _leader:
    _folder = Path(tempfile.mkdtemp(prefix="dangol-test-"))
    os.environ["DANGOL_TEST_RUN"] = str(_folder)
    os.environ["DANGOL_DATA"] = str(_folder)
    (_folder / "static").mkdir()
    os.environ.setdefault("DANGOL_LOG_LEVEL", "WARNING")
    for name in ("DANGOL_DEBUG", "DANGOL_DEMO", "DANGOL_HTTPS", "DANGOL_PROXY", "DANGOL_HSTS_SECONDS"):
        os.environ.pop(name, None)
    if not os.environ.get("DATABASE_URL"):
        from dangol.config import logs, postgres

        logs.configure(level="WARNING")
        _server = postgres.start(_folder, settings=postgres.QUICK_AND_UNSAFE)
        os.environ["DATABASE_URL"] = _server.url()
        os.environ["DANGOL_TEST_OWN_SERVERS"] = "1"

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django  # noqa: E402

django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started."""
    from tests import servers

    servers.stop()
    global _server
    if _server is not None:
        from dangol.config import postgres

        postgres.stop(_server)
        _server = None
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)


from tests.cast import (  # noqa: E402, F401
    administrator,
    company,
    insider,
    manager,
    nobody,
    outsider,
    reader,
    teammate,
)
