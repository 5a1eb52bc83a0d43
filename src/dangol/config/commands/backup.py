"""`dangol backup FILE`."""

from __future__ import annotations

import argparse

from dangol.config import archives, installation
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Save everything into one file, while the installation may be in use."""
    with installation.opened(schema=False):
        from importlib.metadata import version

        from dangol.config import environment

        note = archives.save(
            args.file.absolute(),
            url=environment.database_url(),
            data=environment.data_directory(),
            version=version("dangol"),
            with_secret_key=args.with_secret_key,
        )
    print(_("Saved to %(file)s (%(size)s MB).") % {"file": args.file, "size": f"{note['bytes'] / 1e6:.1f}"})
    return 0
