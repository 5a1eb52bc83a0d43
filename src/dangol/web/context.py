"""The context processor for the frame of every page."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from dangol.web.menu import FAVOURITES_TURN, Group, Shown, accounts, creates, groups, menu, routes
from dangol.web.preferences import THEMES, theme_of


class Shell:
    """What base.html needs; everything is looked up when the page asks for it, so that a fragment or an
    error page pays for nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.actor: Any = getattr(request, "actor", None)

    @property
    def theme(self) -> str:
        return theme_of(self._request)

    @property
    def themes(self) -> tuple[str, ...]:
        return THEMES

    @property
    def languages(self) -> list[tuple[str, str]]:
        return list(settings.LANGUAGES)

    @property
    def menu(self) -> list[Shown]:
        return [item for item in self._menu if not item.foot and not item.group]

    @property
    def foot(self) -> list[Shown]:
        return [item for item in self._menu if item.foot and not item.group]

    @property
    def departments(self) -> list[dict[str, Any]]:
        """The main part of the menu: departments with their pages, and entries that stand by themselves, by order.

        A department of which the reader may see one page only is that page.
        """
        found: list[tuple[int, dict[str, Any]]] = [(item.order, {"item": item}) for item in self.menu]
        for group in groups.values():
            if group.is_department and (held := self._held(group)):
                one = {"item": held["items"][0]} if len(held["items"]) == 1 else held
                found.append((group.order, one))
        return [one for _order, one in sorted(found, key=lambda pair: pair[0])]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """What is folded away above the foot: the groups that hold something for this reader."""
        ordered = sorted(groups.values(), key=lambda one: one.order)
        return [held for group in ordered if not group.is_department and (held := self._held(group))]

    def _held(self, group: Group) -> dict[str, Any]:
        """A group as the reader sees it: key, label, icon, items, their keys, how much in it asks for action; {} if empty."""
        items = [item for item in self._menu if item.group == group.key]
        if not items:
            return {}
        return {
            "key": group.key,
            "label": group.label,
            "icon": group.icon,
            "items": items,
            "keys": [item.key for item in items],
            "hot": sum(item.badge or 0 for item in items if item.hot),
        }

    @property
    def _menu(self) -> list[Shown]:
        if not hasattr(self, "_menu_shown"):
            self._menu_shown = menu.shown_to(self.actor) if self.actor is not None else []
        return self._menu_shown

    @property
    def creates(self) -> list[Shown]:
        if not hasattr(self, "_creates_shown"):
            self._creates_shown = creates.shown_to(self.actor) if self.actor is not None else []
        return self._creates_shown

    @property
    def accounts(self) -> list[Shown]:
        return accounts.shown_to(self.actor) if self.actor is not None else []

    @property
    def search_url(self) -> str:
        return _address(routes.search) if self.actor is not None else ""

    @property
    def home_url(self) -> str:
        return _address(routes.home) or "/"

    @property
    def sign_out_url(self) -> str:
        return _address(routes.sign_out)

    @property
    def favourites_url(self) -> str:
        """Where the page finds the favourites of the left menu.

        Whose they are, in which language, and how often that person has changed them stand in the address, so that a browser
        that keeps the answer for a while keeps nobody else's and none of before a change.
        """
        if self.actor is None or self.actor.user_id is None or getattr(self._request, "is_confined", False):
            return ""
        address = _address(routes.favourites)
        turn = self._request.session.get(FAVOURITES_TURN, 0)
        return f"{address}?of={self.actor.user_id}-{self.actor.language}-{turn}" if address else ""

    @property
    def bell(self) -> dict[str, str]:
        """The addresses behind the bell and the stream, by their names in `Routes`; empty where there are none.

        Nobody has a bell through another's eyes – whom it rings for is the user, not the one who looks – nor where a page
        is open only to set up a second factor (``request.is_confined``).
        """
        is_confined = getattr(self._request, "is_confined", False)
        if self.actor is None or not routes.notifications or self.seeing_end_url or is_confined:
            return {}
        names = ("notifications", "notifications_panel", "notifications_count", "live", "live_changed",
                 "live_present", "live_editing")  # fmt: skip
        return {name: _address(getattr(routes, name)) for name in names}

    @property
    def seeing_end_url(self) -> str:
        """Where looking through another's eyes ends; empty when nobody does."""
        if self.actor is None or getattr(self.actor, "seen_by", None) is None:
            return ""
        return _address(routes.seeing_end)

    @property
    def preferences_url(self) -> str:
        return _address("web:preferences")

    @property
    def here(self) -> str:
        return self._request.get_full_path()

    @property
    def place(self) -> str:
        """Key of the menu entry whose address is the longest beginning of this page's path."""
        path = self._request.path
        around = [
            (len(url), item.key)
            for item in self._menu
            for url in (item.url, item.also)
            if url and (path == url or (url != "/" and path.startswith(url.rstrip("/") + "/")))
        ]
        return max(around, key=lambda pair: pair[0])[1] if around else ""


def shell(request: HttpRequest) -> Mapping[str, Any]:
    """`shell` (see Shell), `actor`, `theme` and `debug` for every template. Costs nothing until used."""
    frame = Shell(request)
    return {
        "shell": frame,
        "menu": SimpleLazyObject(lambda: frame.menu),
        "actor": getattr(request, "actor", None),
        "theme": SimpleLazyObject(lambda: frame.theme),
        "debug": settings.DEBUG,
    }


def _address(name: str) -> str:
    if not name:
        return ""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
