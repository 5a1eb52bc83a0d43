"""The history of a dashboard: who changed what of it, told tile by tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dangol.identity.actors import Actor
from dangol.insight.dashboards import keeping, ranges
from dangol.insight.dashboards.answering import title_of
from dangol.insight.dashboards.tiles import Tile, chart_labels, read
from dangol.insight.models import Dashboard
from dangol.measures.metrics import find
from dangol.measures.metrics.questions import may_ask
from dangol.records.models import Audience, Change
from dangol.records.views.details import ORIGINS

PAGE: Final = 50
_PLACE: Final = ("x", "y", "w", "h")
LINES: Final = 12
"""Tiles of one change that are told one by one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changed. Without `before` and `after` the label says it all."""

    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one person did at once."""

    at: datetime
    who: str
    origin: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Page:
    """Steps, the newest first; `next` is the id from which older ones follow, `whole` whether nothing lies before."""

    steps: Sequence[Step]
    next: int | None
    whole: bool


def changes(actor: Actor, dashboard: Dashboard, *, after: int | None = None) -> Page:
    """The changes of a dashboard, for those who may change it (`keeping.can_change`, which the caller has asked).

    What it was before it was given to everyone stays with its owner. Three queries.
    """
    rows = Change.objects.filter(table=Dashboard._meta.db_table, record_id=dashboard.pk)
    whole = True
    if dashboard.owner_id != actor.user_id:
        given = rows.filter(changes__audience__1=Audience.EVERYONE.value).order_by("-id").first()
        if given is not None:
            rows, whole = rows.filter(id__gt=given.id), False
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: PAGE + 1])
    shown = found[:PAGE]
    names = get_user_model()._default_manager.in_bulk({row.actor_id for row in shown if row.actor_id})
    steps = []
    for row in shown:
        lines = _lines(actor, row.changes)
        if lines:
            person = names.get(row.actor_id) if row.actor_id else None
            who = str(getattr(person, "name", "")) or _("Dangol")
            steps.append(Step(row.at, who, str(ORIGINS.get(row.origin, "")), lines))
    more = len(found) > PAGE
    return Page(steps, shown[-1].id if more else None, whole and not more)


def _lines(actor: Actor, changed: Mapping[str, Any]) -> list[Line]:
    lines = [
        Line(label, told(before), told(after))
        for name, label, told in (
            ("name", _("Name"), str),
            ("description", _("Description"), _short),
            ("audience", _("Who finds it"), _audience),
            ("period", _("Opens with the period"), _period),
        )
        if name in changed
        for before, after in [changed[name]]
    ]
    if "filter" in changed:
        lines.append(_filter(actor, *changed["filter"]))
    if "tiles" in changed:
        lines += _tiles(actor, *(read(side) for side in changed["tiles"]))
    return lines


def _tiles(actor: Actor, before: Sequence[Tile], after: Sequence[Tile]) -> list[Line]:
    old, new = ({tile.id: tile for tile in side} for side in (before, after))
    lines = [
        Line(_("Tile added: %(title)s") % {"title": _title(actor, new[key])}) for key in new if key not in old
    ]
    lines += [
        Line(_("Tile taken away: %(title)s") % {"title": _title(actor, old[key])})
        for key in old
        if key not in new
    ]
    moved = []
    for key in new:
        if key not in old:
            continue
        if told := _told(actor, old[key], new[key]):
            lines.append(told)
        elif any(getattr(old[key], side) != getattr(new[key], side) for side in _PLACE):
            moved.append(new[key])
    if len(moved) == 1:
        lines.append(Line(_("Moved or resized: %(title)s") % {"title": _title(actor, moved[0])}))
    elif moved:
        count = len(moved)
        lines.append(
            Line(ngettext("%(count)s tile moved", "%(count)s tiles moved", count) % {"count": count})
        )
    rest = len(lines) - LINES
    if rest > 1:
        lines = [*lines[:LINES], Line(_("and %(more)s more") % {"more": rest})]
    return lines


def _told(actor: Actor, old: Tile, new: Tile) -> Line | None:
    names = _parts()
    parts = [label for name, label in names.items() if getattr(old, name) != getattr(new, name)]
    if not parts:
        return None
    values = {"title": _title(actor, new), "parts": ", ".join(parts)}
    if parts == [names["chart"]]:
        charts = chart_labels()
        return Line(_title(actor, new), charts[old.chart], charts[new.chart])
    if parts == [names["title"]]:
        return Line(_("Title"), _title(actor, old), _title(actor, new))
    return Line(_("Tile changed: %(title)s (%(parts)s)") % values)


def _parts() -> dict[str, str]:
    return {
        "metric": _("Metric"), "by": _("Split by"), "chart": _("Chart"), "title": _("Title"), "filter": _("Filter"),
        "period": _("Period"), "grain": _("Length of a period"), "against": _("Compared with"), "text": _("Text"),
    }  # fmt: skip


def _title(actor: Actor, tile: Tile) -> str:
    """What a tile is called for this reader: as on the page, a metric that one may not ask for has no name."""
    if tile.chart == "note":
        return tile.title or _short(tile.text) or _("Note")
    metric = find(tile.metric)
    if tile.title or (metric is not None and may_ask(actor, metric)):
        return title_of(actor, tile)
    return _("Tile")


def _filter(actor: Actor, before: str, after: str) -> Line:
    if keeping.reads(actor, before, keeping.ABOUT) and keeping.reads(actor, after, keeping.ABOUT):
        return Line(_("Opens with the filter of customers"), before or _("none"), after or _("none"))
    return Line(_("The filter of customers was changed"))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else f"{flat[:59]}…"


def _audience(value: str) -> str:
    return str(dict(Audience.choices).get(value, value))


def _period(value: str) -> str:
    return ranges.labels().get(value, value.replace("..", " – ")) or _("Each tile's own period")
