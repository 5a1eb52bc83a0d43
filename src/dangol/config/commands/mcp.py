"""`dangol mcp`: an assistant's tools over stdin and stdout."""

from __future__ import annotations

import argparse
import sys

from dangol.config import environment, installation
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Answer requests line by line until stdin ends, under the rights of the token in `DANGOL_TOKEN`."""
    text = environment.text("DANGOL_TOKEN")
    if not text:
        raise CommandFailed(_("DANGOL_TOKEN is not set."), "dangol token create --user …")
    with installation.opened():
        from dangol.integrations.mcp import stdio

        if not stdio.is_usable(text):
            raise CommandFailed(
                _("The token in DANGOL_TOKEN is unknown, has expired or was revoked."),
                "dangol token create --user …",
            )
        stdio.serve(text, sys.stdin.buffer, sys.stdout.buffer)
    return 0
