"""What stands in the frame: the left menu, "new …" and where the palette looks things up.

Rooms add their entries from `AppConfig.ready()`; nothing here knows any of them. Who may see an entry is
decided by the entry itself, so that the menu and the page behind it can use the same rule.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

type_actor = Any  # identity's Actor or None; the frame only hands it through
Text = str | Promise


@dataclass(frozen=True)
class MenuItem:
    """One entry.

    key: says which entry is open (`{% block menu %}` or `menu_key` in the page's context).
    icon: name of a Tabler icon. url_name or url: where it leads; an entry whose url_name does not exist is
    left out. order: entries stand by order, then label; from 900 on at the foot. visible: asked with the actor.
    badge: asked with the actor, a number (0 or None shows nothing); hot: the number asks for action.
    shortcut: key after "g". also: beginning of the addresses of further pages on which the entry is the open one.
    group: key of the `Group` it belongs to. One that names none belongs to the group whose `stretch` holds its order,
    and stands by itself where there is no such group.
    """

    key: str
    label: Text
    icon: str = "point"
    url_name: str = ""
    url: str = ""
    order: int = 100
    visible: Callable[[type_actor], bool] | None = None
    badge: Callable[[type_actor], int | None] | None = None
    hot: bool = False
    shortcut: str = ""
    group: str = ""
    also: str = ""

    def href(self) -> str:
        """The address, or "" when the route is not there."""
        if self.url or not self.url_name:
            return self.url
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


@dataclass(frozen=True)
class Shown:
    """An entry as one reader sees it."""

    key: str
    label: Text
    icon: str
    url: str
    badge: int | None
    hot: bool
    foot: bool
    shortcut: str
    group: str = ""
    order: int = 100
    also: str = ""


@dataclass(frozen=True)
class Group:
    """Entries under one line of the menu.

    order: below 100 it is a department: its line stands among the entries, leads to its first page and opens itself on
    its own pages. From 100 on it holds what is needed now and then, folded away above the foot.
    stretch: orders of the entries that belong to it without naming it.
    """

    key: str
    label: Text
    icon: str
    order: int = 100
    stretch: range = range(0)

    @property
    def is_department(self) -> bool:
        return self.order < 100


class Menu:
    """An ordered register of entries; adding a key again replaces the entry."""

    def __init__(self) -> None:
        self._items: dict[str, MenuItem] = {}
        self._sources: list[Callable[[], Iterable[MenuItem]]] = []

    def source(self, entries: Callable[[], Iterable[MenuItem]]) -> None:
        """Have entries that come and go while the project runs; asked whenever the menu is shown, so without a query."""
        self._sources.append(entries)

    def add(self, *items: MenuItem) -> None:
        for item in items:
            self._items[item.key] = item

    def remove(self, key: str) -> None:
        self._items.pop(key, None)

    def items(self) -> list[MenuItem]:
        found = [*self._items.values(), *(item for source in self._sources for item in source())]
        return sorted(found, key=lambda item: (item.order, str(item.label)))

    def shown_to(self, actor: type_actor) -> list[Shown]:
        """Entries this actor may see, in order. Costs what the badges cost."""
        return list(self._shown(actor))

    def _shown(self, actor: type_actor) -> Iterable[Shown]:
        for item in self.items():
            if item.visible is not None and not item.visible(actor):
                continue
            url = item.href()
            if url:
                count = item.badge(actor) if item.badge else None
                yield Shown(
                    item.key,
                    item.label,
                    item.icon,
                    url,
                    count or None,
                    item.hot,
                    item.order >= 900,
                    item.shortcut,
                    _group_of(item),
                    item.order,
                    item.also,
                )


menu = Menu()
"""The left menu."""

groups: dict[str, Group] = {}
"""Its groups, by key."""


def add_group(group: Group) -> None:
    """Have a group that entries may name; adding a key again replaces it."""
    groups[group.key] = group


def _group_of(item: MenuItem) -> str:
    """The group of an entry; "" for one that stands by itself, as one does whose group is not there."""
    if item.group in groups:
        return item.group
    return next((group.key for group in groups.values() if item.order in group.stretch), "")


FAVOURITES_TURN = "favourites_turn"
"""Key of the session: how often this person has changed the favourites in the left menu."""

creates = Menu()
"""Entries under "new …"; the first visible one answers the key n."""

accounts = Menu()
"""Entries in one's own menu, between the name and sign out (tokens, profile …)."""


@dataclass
class Routes:
    """Names of the routes the frame uses, set by the room that owns them; "" leaves the part out.

    search: takes `q`, answers with a fragment of `role="option"` links for the palette.
    home: where the name of the product leads. sign_out: takes POST. own_field: an own field's page in the settings, by id.
    notifications: page behind the bell; notifications_panel: its fragment; notifications_count: `{"unread": 3}`.
    live: the stream of events for open pages; live_changed: a fragment on what changed; live_present: who is there;
    live_editing: takes POST.
    favourites: a fragment of entries for the left menu that a person has chosen; it may be kept for a while.
    seeing_end: takes POST, ends looking through another's eyes.
    """

    search: str = ""
    home: str = ""
    own_field: str = ""
    sign_out: str = "account_logout"
    notifications: str = ""
    notifications_panel: str = ""
    notifications_count: str = ""
    live: str = ""
    live_changed: str = ""
    live_present: str = ""
    live_editing: str = ""
    favourites: str = ""
    seeing_end: str = ""


routes = Routes()


def add(*items: MenuItem) -> None:
    """Add entries to the left menu."""
    menu.add(*items)
