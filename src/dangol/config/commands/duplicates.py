"""`dangol duplicates scan`: find records that are about the same, in this process."""

from __future__ import annotations

import argparse

from dangol.config import installation


def run(args: argparse.Namespace) -> int:
    """Hand over to the search with the installation open."""
    with installation.opened():
        from dangol.records.matching import command

        return int(command.run(args))
