"""`dangol migrate`: bring the database to this version."""

from __future__ import annotations

import argparse

from dangol.config import installation
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Apply missing migrations; with `--check` only name them and return 1 when there are some."""
    with installation.opened(schema=False):
        from dangol.config import schema

        if args.check:
            missing = schema.pending()
            for name in missing:
                print(name)
            return 1 if missing else 0
        for name in schema.migrate():
            print(name)
        print(_("The database is up to date."))
    return 0
