"""Dashboards: who finds which, and how they are made, changed, shared and taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import grid
from dangol.insight.dashboards.tiles import (
    MOST as MOST_TILES,
)
from dangol.insight.dashboards.tiles import (
    Tile,
    TileError,
    check_period,
    in_order,
    placed,
    read,
    stored,
    tile_from,
    tiles_from,
    too_many,
)
from dangol.insight.models import Dashboard, DashboardStep
from dangol.measures.metrics.questions import every_for
from dangol.records import filters, permissions, registry, sharing
from dangol.records.filters import FilterError
from dangol.records.writing.context import sign

MOST: Final = 200
"""Dashboards that one person keeps."""
STEPS: Final = 30
"""Changes that can be taken back."""
ABOUT: Final = "customer"
"""What the filter of a whole dashboard is about: whatever a metric counts belongs to a customer or does not answer to it."""
FIELDS: Final = ("name", "description", "audience", "period", "filter", "tiles")


class DashboardMissing(sharing.Missing):
    """There is no such dashboard for this actor, or none that he or she may change."""


def can_use(actor: Actor | None) -> bool:
    """Whoever may ask for any metric. No query."""
    return actor is not None and bool(every_for(actor))


def found_by(actor: Actor) -> QuerySet[Dashboard]:
    """The dashboards that the actor finds: one's own, the team's, everybody's. Lazy."""
    return sharing.found_by(actor, Dashboard.objects.select_related("owner", "team"))


def dashboard_get(actor: Actor, dashboard_id: int) -> Dashboard:
    """One dashboard. Raises DashboardMissing. One query."""
    row = found_by(actor).filter(pk=dashboard_id).first()
    if row is None:
        raise DashboardMissing(dashboard_id)
    return row


def dashboard_create(*, actor: Actor, values: Mapping[str, Any], origin: str = "page") -> Dashboard:
    """Make a dashboard of one's own: `name`, and what else of `FIELDS` is given. Raises TileError."""
    if actor.user_id is None:
        raise TileError("owner", _("Only people keep dashboards."), "forbidden")
    with transaction.atomic():
        sign(actor, origin)
        if Dashboard.objects.filter(owner_id=actor.user_id, deleted_at=None).count() >= MOST:
            message = _("One person keeps at most %(most)s dashboards. Delete one first.") % {"most": MOST}
            raise TileError("name", message, "too_many")
        row = Dashboard(owner_id=actor.user_id, created_by_id=actor.user_id, updated_by_id=actor.user_id)
        _take(row, {"name": "", **values}, actor)
        row.save(force_insert=True)
    return dashboard_get(actor, row.pk)


def dashboard_change(
    *, actor: Actor, dashboard_id: int, values: Mapping[str, Any], version: int | None, origin: str = "page"
) -> Dashboard:
    """Change what `values` names, based on `version`.

    Raises:
        DashboardMissing: not there, or not the actor's to change.
        TileError: a value is wrong, or somebody changed it in the meantime (code "conflict").
    """
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, dashboard_id, version)
        before = row.tiles
        _take(row, values, actor)
        _keep(row, actor, before)
    return dashboard_get(actor, row.pk)


def dashboard_delete(*, actor: Actor, dashboard_id: int, origin: str = "page") -> None:
    """Take a dashboard away, and with it the mails in which it goes out. Raises DashboardMissing."""
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, dashboard_id, None)
        now = timezone.now()
        row.deleted_at = now
        row.save(update_fields=["deleted_at"])
        row.mailings.filter(deleted_at=None).update(deleted_at=now)


def tile_save(
    *,
    actor: Actor,
    dashboard_id: int,
    version: int | None,
    values: Mapping[str, Any],
    tile_id: str = "",
    origin: str = "page",
) -> Dashboard:
    """Put a new tile into the first free place, or change one that is there. Raises as `dashboard_change`."""

    def changed(tiles: list[Tile]) -> list[Tile]:
        if tile_id:
            old = _tile(tiles, tile_id)
            place = {name: getattr(old, name) for name in ("x", "y", "w", "h")}
            new = tile_from({**place, **values}, known_id=tile_id)
            boxes = grid.put([tile.box for tile in tiles], new.box)
            return placed([new if tile.id == tile_id else tile for tile in tiles], boxes)
        new = tile_from(values)
        free = grid.added([tile.box for tile in tiles], new.id, new.w, new.h)
        return [*tiles, new.at(free)]

    return _tiles_change(actor, dashboard_id, version, origin, changed)


def tile_place(
    *, actor: Actor, dashboard_id: int, version: int | None, box: grid.Box, origin: str = "page"
) -> Dashboard:
    """Move or resize a tile; what stands there makes way. Raises as `dashboard_change`."""

    def changed(tiles: list[Tile]) -> list[Tile]:
        _tile(tiles, box.key)
        return placed(tiles, grid.put([tile.box for tile in tiles], box))

    return _tiles_change(actor, dashboard_id, version, origin, changed)


def tile_order(
    *, actor: Actor, dashboard_id: int, version: int | None, tile_id: str, step: int, origin: str = "page"
) -> Dashboard:
    """Move a tile before or behind its neighbour in reading order. Raises as `dashboard_change`."""

    def changed(tiles: list[Tile]) -> list[Tile]:
        _tile(tiles, tile_id)
        return placed(tiles, grid.swapped([tile.box for tile in tiles], tile_id, step))

    return _tiles_change(actor, dashboard_id, version, origin, changed)


def tile_remove(
    *, actor: Actor, dashboard_id: int, version: int | None, tile_id: str, origin: str = "page"
) -> Dashboard:
    """Take a tile away. Raises as `dashboard_change`."""

    def changed(tiles: list[Tile]) -> list[Tile]:
        _tile(tiles, tile_id)
        rest = [tile for tile in tiles if tile.id != tile_id]
        return placed(rest, grid.settled([tile.box for tile in rest]))

    return _tiles_change(actor, dashboard_id, version, origin, changed)


def tiles_undo(*, actor: Actor, dashboard_id: int, version: int | None, origin: str = "page") -> bool:
    """Take back the last change of the tiles; False when there is none. Raises as `dashboard_change`."""
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, dashboard_id, version)
        step = row.steps.order_by("-pk").first()
        if step is None:
            return False
        row.tiles, row.updated_by_id = step.tiles, actor.user_id
        row.save(update_fields=["tiles", "updated_by"])
        step.delete()
    return True


def can_undo(dashboard: Dashboard) -> bool:
    """Whether there is a change that can be taken back. One query."""
    return dashboard.steps.exists()


def _tiles_change(
    actor: Actor,
    dashboard_id: int,
    version: int | None,
    origin: str,
    changed: Callable[[list[Tile]], list[Tile]],
) -> Dashboard:
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, dashboard_id, version)
        before = row.tiles
        tiles: Sequence[Tile] = changed(read(before))
        if len(tiles) > MOST_TILES:
            raise too_many()
        row.tiles = stored(tiles)
        _keep(row, actor, before)
    return dashboard_get(actor, row.pk)


def _keep(row: Dashboard, actor: Actor, before: list[dict[str, Any]]) -> None:
    row.updated_by_id = actor.user_id
    row.save(
        update_fields=["name", "description", "audience", "team", "period", "filter", "tiles", "updated_by"]
    )
    if row.tiles != before:
        DashboardStep.objects.create(dashboard=row, tiles=before)
        kept = row.steps.order_by("-pk").values_list("pk", flat=True)[:STEPS]
        row.steps.exclude(pk__in=list(kept)).delete()


def _own(actor: Actor, dashboard_id: int, version: int | None) -> Dashboard:
    return sharing.held(actor, Dashboard.objects.all(), dashboard_id, DashboardMissing, version, TileError)


def _tile(tiles: Sequence[Tile], tile_id: str) -> Tile:
    for tile in tiles:
        if tile.id == tile_id:
            return tile
    raise TileError(
        "tile", _("This tile is not there any more. Look at the dashboard as it is now."), "conflict"
    )


def tile_of(dashboard: Dashboard, tile_id: str) -> Tile:
    """One tile. Raises DashboardMissing."""
    for tile in read(dashboard.tiles):
        if tile.id == tile_id:
            return tile
    raise DashboardMissing(tile_id)


def _take(row: Dashboard, values: Mapping[str, Any], actor: Actor) -> None:
    for key in values:
        if key not in FIELDS:
            raise TileError(str(key)[:40], _("There is no such field."), "unknown")
    for name, most in (("name", 80), ("description", 2_000), ("period", 24), ("filter", 2_000)):
        if name in values:
            setattr(
                row,
                name,
                sharing.text(name, values[name], most, TileError, lines=name in ("description", "filter")),
            )
    if not row.name:
        raise TileError("name", _("Give the dashboard a name."), "required")
    if "period" in values:
        check_period(row.period)
    if "filter" in values:
        check_filter(actor, row.filter)
    if "audience" in values:
        sharing.give(row, values["audience"], actor, TileError)
    if "tiles" in values:
        row.tiles = stored(in_order(tiles_from(values["tiles"])))


def check_filter(actor: Actor, text: str) -> None:
    """Raises TileError for a filter of customers that the actor cannot ask."""
    if not text:
        return
    record_type = registry.get(ABOUT)
    if not permissions.allowed(actor, record_type, "view"):
        raise TileError("filter", _("You may not see the records that this filters."), "forbidden")
    try:
        filters.parse(text, record_type, actor=actor)
    except FilterError as error:
        raise TileError("filter", str(error)) from None


def reads(actor: Actor, text: str, type_name: str) -> bool:
    """Whether the actor could have written this filter of a type's records; else it is not told. No query."""
    record_type = registry.find(type_name) if type_name else None
    if not text:
        return True
    if record_type is None or not permissions.allowed(actor, record_type, "view"):
        return False
    try:
        filters.parse(text, record_type, actor=actor)
    except FilterError:
        return False
    return True
