"""Ways in that are apps of others, as history and the log of looks keep them: `app:17`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.identity import selectors

APP: Final = "app:"


def of_request(request: Any) -> str:
    """The app that makes this request, as a way in; empty where a person or a key does. No query."""
    token = getattr(request, "token", None)
    return f"{APP}{token.app_id}" if token is not None and token.app_id else ""


def app_names(origins: Iterable[str]) -> dict[str, str]:
    """Way in → what its app is called. One query, none where no app is among them."""
    wanted = {origin for origin in origins if origin.startswith(APP)}
    known = selectors.app_names(int(origin.removeprefix(APP)) for origin in wanted)
    return {origin: known.get(int(origin.removeprefix(APP)), _("an app that is gone")) for origin in wanted}
