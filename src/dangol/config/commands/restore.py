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
    if args.erasures is not None and not args.erasures.is_file():
        raise CommandFailed(_("There is no file %s.") % args.erasures)
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
            if args.erasures is not None:
                archives.add_erasures(args.erasures, data)
            _erase_again()
    finally:
        os.close(lock)
    print(_("Restored from %s.") % args.file)
    return 0


def _erase_again() -> None:
    """Those who were erased after the backup was made are not brought back: before anybody is served, they go again."""
    from dangol.identity import revisions
    from dangol.records.persons import ledger

    revisions.look()
    if not ledger.path().is_file():
        print(_("There is no list of erasures: if persons were erased since, restore with --erasures FILE."))
        return
    try:
        done = ledger.replay(ledger.path())
    except ledger.BadLedger as problem:
        raise CommandFailed(
            _("Restored, but the list of erasures cannot be read: %s") % problem,
            _("mend that line and restore again before serving"),
        ) from problem
    print(
        _(
            "Erasures done again: %(erased)s. Not in this backup: %(absent)s. Done before it was made: %(known)s."
        )
        % {"erased": done.erased, "absent": done.absent, "known": done.known}
    )
