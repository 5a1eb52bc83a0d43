"""What interactions put on a record's page: composer and timeline, the people at a customer, open tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.interactions.composing import composer, may_compose
from dangol.interactions.desk import Desk, desk_of
from dangol.interactions.people import key_people
from dangol.interactions.steps import sources, steps
from dangol.interactions.timeline import StoredTimeline
from dangol.interactions.timeline.days import grouped
from dangol.interactions.timeline.kinds import ICONS, LABELS
from dangol.interactions.timeline.tabs import tabs
from dangol.records import fieldrules, permissions, ports, registry
from dangol.records.ports import TimelinePage
from dangol.records.types import RecordType
from dangol.records.views import related

TIMELINE = StoredTimeline()
OTHERS_SHOWN = 8


def register() -> None:
    """Contribute the cards; called once, when every record type is declared."""
    ports.add_panels(_together_panels)
    ports.add_panels(_timeline_panels)
    related.stands_elsewhere("interaction")
    ports.add_figures("customer", _figures, order=90)
    sources.register()
    ports.add_panel(
        "customer",
        ports.Panel("steps", gettext_lazy("Next steps"), "interactions/steps.html", _steps, "right", 10),
    )
    ports.add_panel(
        "customer",
        ports.Panel("people", gettext_lazy("Key people"), "interactions/people.html", _people, "right", 30),
    )
    ports.add_panel(
        "contact",
        ports.Panel(
            "people",
            gettext_lazy("Others at this customer"),
            "interactions/people.html",
            _colleagues,
            "right",
            30,
        ),
    )
    ports.add_panel(
        "interaction",
        ports.Panel(
            "others",
            gettext_lazy("Lately with this customer"),
            "interactions/others.html",
            _others,
            "right",
            30,
        ),
    )


def _together_panels(record_type: RecordType) -> list[ports.Panel]:
    """Comments and files, on every type."""
    return [
        ports.Panel(
            "together",
            gettext_lazy("Comments and files"),
            "interactions/together_load.html",
            _together,
            "right",
            40,
        )
    ]


def _together(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A place that the page fills when it is there. No query."""
    return {}


def _timeline_panels(record_type: RecordType) -> list[ports.Panel]:
    """Composer and timeline, on every type that has one; types of administrators' making come and go."""
    if not record_type.timeline:
        return []

    def compose(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if not actor.may("interaction", "create") or not may_compose(actor, record_type):
            return None
        return {"composer": composer(record_type, record["id"], _desk(actor, record_type, record).people)}

    def timeline(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return timeline_context(actor, record_type, record["id"], _desk(actor, record_type, record).page)

    return [
        ports.Panel(
            "composer", gettext_lazy("Write down"), "interactions/composer.html", compose, "middle", 10
        ),
        ports.Panel(
            "timeline", gettext_lazy("Timeline"), "interactions/timeline.html", timeline, "middle", 20
        ),
    ]


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
    return desk_of(actor=actor, record_type=record_type, record=record)


def _figures(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Figure]:
    tasks = _desk(actor, registry.get("customer"), record).open_tasks
    url = f"/interactions/?filter=customer+%3D+{record['id']}+and+kind+%3D+%22task%22+and+done_at+is+empty"
    return (ports.Figure(_("Open tasks"), str(tasks), _("to do") if tasks else _("none"), url=url),)


def _steps(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    may_write, may_complete = actor.may("interaction", "create"), actor.may("interaction", "edit")
    found = steps(actor, record, timezone.now().astimezone(ZoneInfo(actor.time_zone)))
    if not found and not may_write:
        return None
    return {"steps": found, "may_write": may_write, "may_complete": may_complete}


def _people(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    people = _desk(actor, registry.get("customer"), record).people
    if not people and record.get("kind") != "company":
        return None
    return {
        "people": people,
        "all_url": f"/contacts/?filter=customer+%3D+{record['id']}",
        "may_add": actor.may("contact", "create"),
        "add_url": f"/contacts/new/?customer={record['id']}",
    }


def _colleagues(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The other people at a contact's customer. One query."""
    customer = record.get("customer")
    if customer is None:
        return None
    people = [one for one in key_people(actor=actor, customer_id=customer.id) if one.id != record["id"]]
    if not people:
        return None
    return {"people": people, "all_url": f"/contacts/?filter=customer+%3D+{customer.id}"}


def _others(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What else was written down with the same customer, newest first. One query."""
    customer = record.get("customer")
    if customer is None:
        return None
    rows = (
        permissions.visible_to(actor, registry.get("interaction"))
        .filter(customer_id=customer.id, occurred_at__lte=timezone.now())
        .exclude(pk=record["id"])
        .order_by("-occurred_at", "-pk")
        .values("id", "kind", "subject", "occurred_at", "owner__name")
    )
    others = [
        {
            **fieldrules.shown_row(actor, "interaction", row, {"owner__name": "owner"}),
            "icon": ICONS[row["kind"]],
            "label": LABELS[row["kind"]],
        }
        for row in rows[:OTHERS_SHOWN]
    ]
    return {"others": others, "customer": customer}
