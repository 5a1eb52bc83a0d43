"""Tiles: what each asks and how it is drawn; what is wrong with one is told with its field."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.insight.dashboards import grid, ranges
from dangol.insight.dashboards.grid import Box
from dangol.measures.metrics.periods import GRAINS
from dangol.records import sharing

CHARTS: Final = ("number", "line", "bar", "stacked", "table", "heat", "funnel", "note")
SPLIT_CHARTS: Final = ("stacked", "heat", "funnel")
"""Charts of parts: without a split there is nothing to draw."""
AGAINST: Final = ("", "before", "year")
SIZES: Final = {"number": (3, 2), "note": (4, 2), "table": (6, 4), "heat": (12, 4)}
MOST: Final = 30
MAX_TEXT: Final = 2_000


def chart_labels() -> dict[str, str]:
    """What the charts are called."""
    return {
        "number": _("Number"),
        "line": _("Line"),
        "bar": _("Bars"),
        "stacked": _("Stacked bars"),
        "table": _("Table"),
        "heat": _("Heat table"),
        "funnel": _("Funnel"),
        "note": _("Note"),
    }


class TileError(sharing.Unfit):
    """A tile, or a dashboard, that cannot be kept so: which field, and what would be right."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile. `metric`, `by`, `filter`, `period` and `grain` are the question; `against` what a number is compared with."""

    id: str
    chart: str
    title: str = ""
    metric: str = ""
    by: str = ""
    filter: str = ""
    period: str = ""
    grain: str = ""
    against: str = "before"
    text: str = ""
    x: int = 0
    y: int = 0
    w: int = 6
    h: int = 4

    @property
    def box(self) -> Box:
        """Its place on the grid."""
        return Box(self.id, self.x, self.y, self.w, self.h)

    def at(self, box: Box) -> Tile:
        """The tile in another place."""
        return replace(self, x=box.x, y=box.y, w=box.w, h=box.h)


_PLACE: Final = ("x", "y", "w", "h")
_TEXTS: Final = {
    "title": 80, "metric": 63, "by": 120, "filter": MAX_TEXT, "period": 24, "grain": 8, "against": 8, "text": MAX_TEXT,
}  # fmt: skip


def tile_from(values: Mapping[str, Any], *, known_id: str = "") -> Tile:
    """A tile as it may be kept; whether its metric and split are there is seen when it is asked.

    Raises:
        TileError: which field is wrong.
    """
    for key in values:
        if key not in Tile.__dataclass_fields__:
            raise TileError(str(key)[:40], _("There is no such field."), "unknown")
    chart = values.get("chart")
    if chart not in CHARTS:
        raise TileError("chart", _("Choose one of: %(choices)s.") % {"choices": ", ".join(CHARTS)})
    texts: dict[str, Any] = {
        name: _text(name, values.get(name, ""), most) for name, most in _TEXTS.items() if name in values
    }
    places: dict[str, Any] = {name: _whole(name, values[name]) for name in _PLACE if name in values}
    width, height = SIZES.get(chart, (6, 4))
    tile = Tile(
        id=known_id or _key(values.get("id")), chart=chart, **{"w": width, "h": height, **places, **texts}
    )
    _check(tile)
    return tile.at(grid.fitted(tile.box))


def _check(tile: Tile) -> None:
    if tile.chart == "note":
        if not tile.text.strip():
            raise TileError("text", _("Write the text of the note."), "required")
        return
    if not tile.metric:
        raise TileError("metric", _("Choose a metric."), "required")
    if tile.chart in SPLIT_CHARTS and not tile.by:
        raise TileError("by", _("This chart shows parts: choose by what to split."), "required")
    if tile.chart == "number" and tile.by:
        raise TileError("by", _("A number is not split. Choose another chart, or no split."))
    if tile.grain not in ("", *GRAINS):
        raise TileError("grain", _("Choose one of: %(choices)s.") % {"choices": ", ".join(GRAINS)})
    if tile.against not in AGAINST:
        raise TileError("against", _("Choose one of: %(choices)s.") % {"choices": "before, year"})
    check_period(tile.period)


def check_period(period: str) -> None:
    """Raises TileError for a period that is none."""
    try:
        ranges.span_of(period, date(2026, 1, 1))
    except ValueError as error:
        raise TileError("period", str(error)) from None


def tiles_from(given: Any) -> list[Tile]:
    """All tiles of a dashboard, each apart from the others. Raises TileError."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise TileError("tiles", _("Give the tiles as a list of objects."))
    if len(given) > MOST:
        raise too_many()
    found: list[Tile] = []
    for number, one in enumerate(given, start=1):
        if not isinstance(one, Mapping):
            raise TileError("tiles", _("Give the tiles as a list of objects."))
        try:
            tile = tile_from(one)
        except TileError as error:
            message = _("Tile %(number)s, %(field)s: %(message)s") % {
                "number": number, "field": error.field, "message": error.message,
            }  # fmt: skip
            raise TileError("tiles", message, error.code) from None
        if any(other.id == tile.id for other in found):
            raise TileError("tiles", _("Two tiles have the id “%(id)s”.") % {"id": tile.id})
        found.append(tile)
    return placed(found, grid.settled([tile.box for tile in found]))


def too_many() -> TileError:
    """A dashboard is full."""
    return TileError(
        "tiles",
        _("A dashboard has at most %(most)s tiles. Take one away first.") % {"most": MOST},
        "too_many",
    )


def stored(tiles: Sequence[Tile]) -> list[dict[str, Any]]:
    """The tiles as they are kept, in reading order."""
    return [asdict(tile) for tile in in_order(tiles)]


def read(rows: Any) -> list[Tile]:
    """The tiles that were kept."""
    return [Tile(**row) for row in rows]


def in_order(tiles: Sequence[Tile]) -> list[Tile]:
    """The tiles as one reads them."""
    return sorted(tiles, key=lambda tile: (tile.y, tile.x))


def placed(tiles: Sequence[Tile], boxes: Sequence[Box]) -> list[Tile]:
    """The tiles in the places of the boxes, in reading order."""
    by_key = {box.key: box for box in boxes}
    return in_order([tile.at(by_key[tile.id]) for tile in tiles])


def _key(given: Any) -> str:
    if given in (None, ""):
        return secrets.token_hex(4)
    if isinstance(given, str) and given.isascii() and given.isalnum() and len(given) <= 16:
        return given
    raise TileError("id", _("An id has at most 16 letters and digits; leave it out for a new one."))


def _text(name: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise TileError(name, _("Enter a text."))
    text = value.strip() if name in ("text", "filter") else " ".join(value.split())
    if len(text) > most:
        raise TileError(name, _("At most %(most)s characters fit.") % {"most": most}, "too_long")
    return text


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 300:
        raise TileError(name, _("Write a whole number from 0 to %(most)s.") % {"most": 300})
    return value
