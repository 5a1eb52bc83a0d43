"""`dangol privacy …`: the access log checked."""

from __future__ import annotations

import argparse

from dangol.config import installation
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Seal what is open, then compute every seal anew; fails where the log was tampered with."""
    with installation.opened():
        from dangol.records.looks import sealing

        sealing.seal()
        verdict = sealing.verify()
    print(
        _("%(seals)s seals, %(rows)s lines checked, %(expired)s past their time.")
        % {"seals": verdict.seals, "rows": verdict.rows, "expired": verdict.expired}
    )
    print(_("Last seal: %s") % verdict.head)
    if not verdict.is_whole:
        raise CommandFailed(
            _("The access log was tampered with: %s")
            % ", ".join(f"#{number} {what}" for number, what in verdict.broken)
        )
    print(_("The access log is whole."))
    return 0
