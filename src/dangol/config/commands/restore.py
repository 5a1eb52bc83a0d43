"""`dangol restore FILE`."""

from __future__ import annotations

import argparse
import fcntl
import os

from dangol.config import archives, environment, installation
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Bring everything back and up to this version; not while the installation is being served."""
    data = environment.data_directory()
    data.mkdir(parents=True, exist_ok=True)
    archives.read_note(args.file)
    lock = os.open(data / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed(
                _("This installation is being served."), _("stop dangol serve first")
            ) from None
        with installation.opened(schema=False):
            from django.db import connections

            connections.close_all()
            archives.bring_back(
                args.file.absolute(),
                url=environment.database_url(),
                data=data,
                force=args.force,
            )
            from dangol.config import preparation

            preparation.prepare()
    finally:
        os.close(lock)
    print(_("Restored from %s.") % args.file)
    return 0
