"""What a command needs round it: logs, the database, Django, and a schema of this version."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dangol.config import environment, logs
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _


def start_logs() -> None:
    """Logs for the time before Django's settings are read."""
    logs.configure(
        level=environment.text("DANGOL_LOG_LEVEL", "INFO"), style=environment.text("DANGOL_LOG_STYLE", "auto")
    )


def start_django() -> None:
    """Load settings and rooms; the address of the database must be in the environment by now."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
    import django

    django.setup()


@contextmanager
def opened(*, schema: bool = True) -> Iterator[None]:
    """The installation, ready for a command: database up, Django loaded, schema checked.

    An empty database gets the schema at once; one of another version does not, since a server may be using it.

    Raises:
        CommandFailed: migrations are missing.
    """
    from dangol.config import postgres  # the web has logs to start, and no database

    environment.data_directory().mkdir(parents=True, exist_ok=True)
    if not environment.text("DANGOL_LOG_LEVEL"):
        os.environ["DANGOL_LOG_LEVEL"] = "WARNING"  # a command speaks through its output
    start_logs()
    with postgres.running():
        start_django()
        from django.db import connections

        from dangol.config import schema as database_schema

        try:
            if schema:
                if database_schema.is_empty():
                    from dangol.config import preparation

                    preparation.prepare(serving=False)
                elif database_schema.pending():
                    raise CommandFailed(_("The database is of another version."), "dangol migrate")
            yield
        finally:
            connections.close_all()
