"""`dangol refresh`: compute values and scores now."""

from __future__ import annotations

import argparse

from dangol.config import installation
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Bring the lake up to date, by what changed or in full, and compute all scores in this process."""
    with installation.opened():
        from dangol.identity.actors import Actor
        from dangol.insight import services

        services.refresh_all(actor=Actor.system("refresh"), full=args.full)
        print(_("Values and scores are up to date."))
    return 0
