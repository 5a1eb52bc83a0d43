"""How an entry reads: kinds register a presenter, which makes words of the facts in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.safestring import SafeString

from dangol.interactions import mentions


@dataclass(frozen=True)
class Stored:
    """An entry as it lies in the table, with the name of who did it."""

    id: int
    source: tuple[str, int]
    kind: str
    at: datetime
    title: str
    body: str
    data: Mapping[str, Any]
    actor_id: int | None
    actor_name: str
    comments: int = 0


@dataclass(frozen=True)
class Reader:
    """For whom it is put into words."""

    language: str
    zone: ZoneInfo
    now: datetime


@dataclass(frozen=True)
class Shown:
    """An entry as it is read. `chips` are (text, tone); `done` is None for all but tasks."""

    id: int
    at: datetime
    kind: str
    icon: str
    title: str
    body: str = ""
    tone: str = ""
    chips: tuple[tuple[str, str], ...] = ()
    url: str = ""
    source: tuple[str, int] = ("", 0)
    actor_id: int | None = None
    actor_name: str = ""
    done: bool | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    comments: int = 0

    @property
    def title_html(self) -> SafeString:
        """The title, with the people it names marked; it is a link itself."""
        return mentions.shown(self.title, self.named, links=False)

    @property
    def body_html(self) -> SafeString:
        """The text, with the people it names and web addresses as links."""
        return mentions.shown(self.body, self.named)

    @property
    def named(self) -> Mapping[int, str]:
        """Whom the entry names, by id."""
        return dict(self.data.get("mentions", ()))

    @property
    def comments_url(self) -> str:
        """Where the comments on what the entry tells of stand; entries that tell of no record have none."""
        if self.kind == "change" or not self.source[1]:
            return ""
        return reverse("interactions:comments", args=self.source)

    def to_json(self) -> dict[str, Any]:
        """The entry as the API gives it."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "title": self.title,
            "body": self.body,
            "source": {"type": self.source[0], "id": self.source[1]},
            "actor": {"id": self.actor_id, "name": self.actor_name} if self.actor_id else None,
            "data": dict(self.data),
            "comments": self.comments,
        }


@dataclass(frozen=True)
class Presenter:
    """What a kind of entry looks like, and on which tab it stands (conversations, orders, or one of a higher room)."""

    icon: str
    tab: str
    show: Callable[[Stored, Reader], Mapping[str, Any]]
    """Gives the attributes of `Shown` that differ from the stored ones: title, body, tone, chips, url, done."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Parts of an entry's data that were taken from other records: key → record type one must see to read it."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Which field `title`, `body` and the parts of the data come from: key → field of the source, or `type.field`."""


_presenters: dict[str, Presenter] = {}


def present(kind: str, presenter: Presenter) -> None:
    """Register the presenter of a kind; a kind without one shows its stored title and body."""
    _presenters[kind] = presenter


def kinds_on(tab: str) -> list[str]:
    """The kinds that stand on a tab."""
    return sorted(kind for kind, presenter in _presenters.items() if presenter.tab == tab)


def needs_of(kind: str) -> Mapping[str, str]:
    """Which parts of the data of such entries were taken from records of which type."""
    presenter = _presenters.get(kind)
    return presenter.needs if presenter else {}


def fields_of(kind: str) -> Mapping[str, str]:
    """Which fields the parts of such entries come from."""
    presenter = _presenters.get(kind)
    return presenter.fields if presenter else {}


def shown(entry: Stored, reader: Reader) -> Shown:
    """An entry in words."""
    presenter = _presenters.get(entry.kind)
    values: dict[str, Any] = {"title": entry.title, "body": entry.body}
    if presenter is not None:
        values.update(presenter.show(entry, reader))
    return Shown(
        id=entry.id,
        at=entry.at,
        kind=entry.kind,
        icon=presenter.icon if presenter else "point",
        source=entry.source,
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        data=entry.data,
        comments=entry.comments,
        **values,
    )
