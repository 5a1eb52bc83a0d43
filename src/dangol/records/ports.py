"""What higher rooms give the kernel: the timeline, and what stands beside a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.functional import Promise

if TYPE_CHECKING:
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType

# timeline


@dataclass(frozen=True, slots=True)
class Entry:
    """One line for a record's timeline, written in the transaction of the fact it tells.

    `subject` is the (record type, id) on whose page it stands, `source` the record that tells more and whose
    permissions decide who may read it.
    """

    subject: tuple[str, int]
    source: tuple[str, int]
    kind: str
    at: datetime
    title: str
    body: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Entries, newest first; `next` is the cursor of the following page, None at the end."""

    entries: Sequence[Any]
    next: str | None


class Timeline(Protocol):
    """Keeps timelines. `interactions` implements it."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Write or rewrite entries, in the caller's transaction. Two statements at most."""

    def remove(self, source_type: str, source_ids: Sequence[int]) -> None:
        """Take away the entries that tell of these records."""

    def page(
        self,
        *,
        actor: Actor,
        record_type: RecordType,
        record_id: int,
        tab: str = "all",
        limit: int = 30,
        after: str | None = None,
    ) -> TimelinePage:
        """Entries that the actor may read. One query."""


_timeline: list[Timeline] = []


def set_timeline(implementation: Timeline) -> None:
    _timeline[:] = [implementation]


def timeline() -> Timeline | None:
    """The timeline, or None in an installation without one."""
    return _timeline[0] if _timeline else None


# merging


class Merging(Protocol):
    """Makes one record of several. `records.merging` implements it."""

    def __call__(self, *, actor: Actor, type_key: str, into: int, others: Sequence[int]) -> None:
        """Merge the others into one record: its values stay, what it lacks comes from the others.

        Raises WriteError where the actor may not, or it cannot be done.
        """


_merging: list[Merging] = []


def set_merging(merging: Merging) -> None:
    _merging[:] = [merging]


def merging() -> Merging | None:
    """What merges records, or None where nothing does."""
    return _merging[0] if _merging else None


# what stands on a record's page


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell of the strip of key figures."""

    label: str
    value: str
    note: str = ""
    tone: str = ""
    url: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A mark beside the record's title."""

    text: str
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A card on a record's page. `build(actor, record) -> context` runs its queries; None leaves the card out."""

    key: str
    label: str | Promise
    template: str
    build: Callable[[Actor, Mapping[str, Any]], Mapping[str, Any] | None]
    column: str = "right"
    """left, middle, or right."""
    order: int = 50


FiguresPort = Callable[["Actor", Mapping[str, Any]], Sequence[Figure]]
ChipsPort = Callable[["Actor", Mapping[str, Any]], Sequence[Chip]]

PanelSource = Callable[["RecordType"], Iterable[Panel]]

_panels: dict[str, list[Panel]] = {}
_panel_sources: list[PanelSource] = []
_figures: dict[str, list[tuple[int, FiguresPort]]] = {}
_chips: dict[str, list[ChipsPort]] = {}


def add_panel(record_type: str, panel: Panel) -> None:
    _panels.setdefault(record_type, []).append(panel)


def add_panels(source: PanelSource) -> None:
    """Contribute cards to every type that the source gives any for, also to types that are made while the project runs."""
    _panel_sources.append(source)


def panels(record_type: RecordType) -> list[Panel]:
    """The cards of a type's page, in order. No queries."""
    found = [*_panels.get(record_type.name, ())]
    found += [panel for source in _panel_sources for panel in source(record_type)]
    return sorted(found, key=lambda panel: panel.order)


def add_figures(record_type: str, figures: FiguresPort, *, order: int = 50) -> None:
    """Contribute cells to the strip of key figures; lower `order` stands further left."""
    _figures.setdefault(record_type, []).append((order, figures))
    _figures[record_type].sort(key=lambda item: item[0])


def figures(record_type: str) -> list[FiguresPort]:
    return [figure for _order, figure in _figures.get(record_type, [])]


def add_chips(record_type: str, chips: ChipsPort) -> None:
    _chips.setdefault(record_type, []).append(chips)


def chips(record_type: str) -> list[ChipsPort]:
    return _chips.get(record_type, [])
