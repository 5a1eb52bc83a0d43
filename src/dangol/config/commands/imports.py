"""`dangol import`: bring records in from a file."""

from __future__ import annotations

import argparse

from dangol.config import installation


def run(args: argparse.Namespace) -> int:
    """Hand over to the import engine with the installation open."""
    with installation.opened():
        from dangol.records.importing import command

        return int(command.run(args))
