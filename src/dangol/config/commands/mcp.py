"""`dangol mcp`: the door for an assistant on this machine."""

from __future__ import annotations

import argparse
import os

from dangol.config import installation
from dangol.config.cli import CommandFailed
from dangol.config.language import gettext as _


def run(args: argparse.Namespace) -> int:
    """Speak the Model Context Protocol over standard input and output until the input ends."""
    key = os.environ.get("DANGOL_TOKEN", "")
    if not key:
        raise CommandFailed(
            _("The API token is missing."),
            _("Make one with “dangol token create” and give it as DANGOL_TOKEN."),
        )
    with installation.opened():
        from dangol.identity.selectors import token_for
        from dangol.integrations.assistants import stdio

        if token_for(key) is None:
            raise CommandFailed(_("This API token is unknown, has expired or was revoked."))
        stdio.serve(key)
    return 0
