"""Language and theme as chosen in the frame.

Someone signed in has them on the user; before sign-in a cookie keeps them.
"""

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest

from dangol.identity.models import User
from dangol.identity.services import user_update

THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "dangol_theme"
ONE_YEAR: Final = 365 * 24 * 3600


def keep(request: HttpRequest, changes: Mapping[str, str]) -> None:
    """Write a change of "language" or "theme" to the user who is signed in; nothing for anybody else.

    Costs what `user_update` costs.
    """
    actor = getattr(request, "actor", None)
    user = getattr(request, "user", None)
    if actor is None or not isinstance(user, User):
        return
    user_update(
        user=user,
        actor=actor,
        language=changes.get("language", user.language),
        theme=changes.get("theme", user.theme),
    )


def theme_of(request: HttpRequest) -> str:
    """ "auto", "light" or "dark": the user's own, before sign-in that of the cookie."""
    actor = getattr(request, "actor", None)
    chosen = request.COOKIES.get(THEME_COOKIE, "") if actor is None else actor.theme
    return chosen if chosen in THEMES else "auto"
