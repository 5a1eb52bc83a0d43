"""`dangol demo load|clear`: the demo company."""

from __future__ import annotations

import argparse
import sys

from dangol.config import installation
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Load or clear it; loading into an installation with customers is refused, or skipped with `--if-empty`."""
    with installation.opened():
        from dangol.config import demo
        from dangol.customers.models import Customer

        if args.act == "clear":
            demo.clear()
            print(_("The demo company is gone."))
            return 0
        if Customer.objects.exists():
            if args.if_empty:
                return 0
            raise CommandFailed(
                _("There are customers already."), _("use an empty DANGOL_DATA, or dangol demo clear")
            )
        demo.load(_progress)
    return 0


def _progress(text: object) -> None:
    print(text, file=sys.stderr, flush=True)
