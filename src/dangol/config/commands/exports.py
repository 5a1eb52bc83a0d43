"""`dangol export`: take records out into a file."""

from __future__ import annotations

import argparse

from dangol.config import installation


def run(args: argparse.Namespace) -> int:
    """Hand over to the export with the installation open."""
    with installation.opened():
        from dangol.records.exporting import command

        return int(command.run(args))
