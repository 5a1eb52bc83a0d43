"""`dangol manage …`: Django's own commands, for developers."""

from __future__ import annotations

import argparse
import os

from dangol.config import installation, postgres


def run(args: argparse.Namespace) -> int:
    """Hand everything over to Django with the database running."""
    installation.start_logs()
    with postgres.running():
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dangol.config.settings")
        from django.core.management import execute_from_command_line

        execute_from_command_line(["dangol manage", *args.rest])
    return 0
