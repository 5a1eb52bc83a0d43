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
        from dangol.config.demo.clearing import RealDataError
        from dangol.customers.models import Customer
        from dangol.identity.actors import Actor
        from dangol.insight.services import refresh_all

        if args.act == "clear":
            try:
                demo.clear()
            except RealDataError as problem:
                raise CommandFailed(
                    str(problem), _("move or delete what stands on demo records first")
                ) from problem
            print(_("The demo company is gone."))
            return 0
        if Customer.objects.exists():
            if args.if_empty:
                return 0
            raise CommandFailed(
                _("There are customers already."), _("use an empty DANGOL_DATA, or dangol demo clear")
            )
        demo.load(_progress)
        refresh_all(actor=Actor.system("demo"))
        _progress(_("Values and scores are up to date."))
    return 0


def _progress(text: object) -> None:
    print(text, file=sys.stderr, flush=True)
