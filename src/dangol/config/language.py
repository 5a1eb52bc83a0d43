"""Words of the command line in the language of the terminal, without Django."""

from __future__ import annotations

import functools
import gettext as catalogues
import os
from pathlib import Path


def terminal_language() -> str:
    """`ko` or `en`, from `LC_ALL`, `LC_MESSAGES` or `LANG`."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"


@functools.cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    folder = Path(__file__).parent / "locale"
    return catalogues.translation("django", str(folder), languages=[language], fallback=True)


def gettext(message: str) -> str:
    """The message in the terminal's language; English where no catalogue is compiled."""
    return _catalogue(terminal_language()).gettext(message)
