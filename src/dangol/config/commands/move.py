"""`dangol move`: bring a whole CRM in from a folder of files."""

from __future__ import annotations

import argparse

from dangol.config import installation


def run(args: argparse.Namespace) -> int:
    """Hand over to the move with the installation open."""
    with installation.opened():
        from dangol.integrations.moving import command

        return int(command.run(args))
