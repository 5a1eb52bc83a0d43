"""What interactions put on a record's page: composer and timeline, the people at a customer, open tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.customers.beside import once
from dangol.identity.actors import Actor
from dangol.interactions.composing import composer
from dangol.interactions.desk import Desk, record_desk
from dangol.interactions.timeline import StoredTimeline
from dangol.interactions.timeline.days import grouped
from dangol.interactions.timeline.tabs import tabs
from dangol.records import ports, registry
from dangol.records.ports import TimelinePage
from dangol.records.types import RecordType

TIMELINE = StoredTimeline()


def register() -> None:
    """Contribute the cards; called once, when every record type is declared."""
    for record_type in registry.all_types():
        if record_type.timeline:
            _register_timeline(record_type)
    ports.add_figures("customer", _figures, order=90)
    ports.add_panel(
        "customer",
        ports.Panel("people", gettext_lazy("Key people"), "interactions/people.html", _people, "right", 30),
    )


def _register_timeline(record_type: RecordType) -> None:
    def compose(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if not actor.may("interaction", "create"):
            return None
        return {"composer": composer(record_type, record["id"], _desk(actor, record_type, record).people)}

    def timeline(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return timeline_context(actor, record_type, record["id"], _desk(actor, record_type, record).page)

    ports.add_panel(
        record_type.name,
        ports.Panel(
            "composer", gettext_lazy("Write down"), "interactions/composer.html", compose, "middle", 10
        ),
    )
    ports.add_panel(
        record_type.name,
        ports.Panel(
            "timeline", gettext_lazy("Timeline"), "interactions/timeline.html", timeline, "middle", 20
        ),
    )


def timeline_context(
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    page: TimelinePage,
    *,
    tab: str = "all",
    is_first: bool = True,
) -> dict[str, Any]:
    """What the timeline's template needs."""
    zone = ZoneInfo(actor.time_zone)
    return {
        "record_type": record_type,
        "record_id": record_id,
        "tab": tab,
        "tabs": tabs(record_type, record_id, tab),
        "groups": grouped(page.entries, timezone.now(), zone),
        "next": page.next,
        "is_first": is_first,
        "may_complete": actor.may("interaction", "edit"),
    }


def _desk(actor: Actor, record_type: RecordType, record: Mapping[str, Any]) -> Desk:
    return once(
        record, "desk", lambda: record_desk(actor=actor, record_type=record_type, record_id=record["id"])
    )


def _figures(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Figure]:
    tasks = _desk(actor, registry.get("customer"), record).open_tasks
    url = f"/interactions/?filter=customer+%3D+{record['id']}+and+kind+%3D+%22task%22+and+done_at+is+empty"
    return (ports.Figure(_("Open tasks"), str(tasks), _("to do") if tasks else _("none"), url=url),)


def _people(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if record.get("kind") == "household":
        return None
    return {
        "people": _desk(actor, registry.get("customer"), record).people,
        "all_url": f"/contacts/?filter=customer+%3D+{record['id']}",
        "may_add": actor.may("contact", "create"),
        "add_url": f"/contacts/new/?customer={record['id']}",
    }
