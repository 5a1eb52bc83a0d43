"""What interactions put on the home page: tasks, customers about to leave, today's meetings, the team's doings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.commerce.models import Order, OrderKind
from dangol.identity.actors import Actor
from dangol.interactions.home.registry import Card, Item, add_card, add_items
from dangol.interactions.models import Kind
from dangol.interactions.timeline.kinds import ICONS, LABELS
from dangol.measures.models import Score
from dangol.records import fieldrules, permissions, registry
from dangol.web import formats

TASKS_SHOWN = 12
LEAVING_SHOWN = 5
TEAM_SHOWN = 6
LEAVING = ("at_risk", "needs_attention", "asleep")
"""Segments (of `rfm.segment`) in which customers are about to leave."""
LATE, GONE = 1.5, 8
"""Quiet for so many times the usual gap between two orders: late from the first, hardly to be won back by a call
after the second."""
LOOKED_AT = 60


def register() -> None:
    """Register all of them."""
    add_items("tasks", tasks)
    add_items("leaving", leaving_customers)
    add_card(
        Card("meetings", gettext_lazy("Today's meetings"), "interactions/home_meetings.html", meetings, 20)
    )
    add_card(Card("team", gettext_lazy("From the team"), "interactions/home_team.html", team, 40))


def _score(actor: Actor, name: str, path: str = "customer__") -> Any:
    """A score of the customer at `path`, where the actor may see that customer and its orders."""
    if not fieldrules.is_clear(actor, "customer", name):
        return Value(None, output_field=Score._meta.get_field("value"))
    scores = Score.objects.filter(record_type="customer", name=name, record_id=OuterRef(f"{path}pk"))
    shown: Any = permissions.hidden_unless(
        permissions.revealed(actor, "order", path),
        Subquery(scores.values("value")[:1]),
        Score._meta.get_field("value"),
    )
    seen = permissions.visible_q(actor, registry.get("customer"), path=path)
    return permissions.hidden_unless(seen, shown, Score._meta.get_field("value"))


def _mine(actor: Actor) -> QuerySet[Any]:
    return permissions.visible_to(actor, registry.get("interaction")).filter(owner_id=actor.user_id)


def _end_of_day(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)


def tasks(actor: Actor, now: datetime) -> Sequence[Item]:
    """The actor's tasks that are due today or overdue. One query."""
    if actor.user_id is None:
        return ()
    rows = (
        _mine(actor)
        .filter(kind=Kind.TASK, done_at=None, due_at__lt=_end_of_day(now))
        .annotate(
            stake=_score(actor, "rfm.monetary"),
            customer_name=permissions.named(actor, "customer", "customer"),
        )
        .order_by("due_at")
        .values("id", "subject", "body", "due_at", "customer_id", "customer_name", "stake")[:TASKS_SHOWN]
    )
    return [_task_item(fieldrules.shown_row(actor, "interaction", row), actor, now) for row in rows]


def _task_item(row: Mapping[str, Any], actor: Actor, now: datetime) -> Item:
    due = row["due_at"].astimezone(now.tzinfo) if row["due_at"] else None
    is_overdue = due is not None and due < now
    if due is None:
        when = ""
    elif due.date() < now.date():
        day = formats.ago(due.date(), actor.language, ZoneInfo(actor.time_zone), now=now)
        when = _("was due %(time)s") % {"time": day}
    else:
        clock = formats.clock(due, actor.language, ZoneInfo(actor.time_zone))
        when = _("was due %(time)s") % {"time": clock} if is_overdue else _("by %(time)s") % {"time": clock}
    title = row["subject"]
    if row["customer_name"]:
        title = f"{row['customer_name']} — {title}"
    return Item(
        key=f"task-{row['id']}",
        icon="checkbox",
        tone="r" if is_overdue else "o",
        title=title,
        reason=" · ".join(part for part in (when, row["body"].partition("\n")[0][:140]) if part),
        url=f"/customers/{row['customer_id']}/" if row["customer_name"] else f"/interactions/{row['id']}/",
        act=_("Done"),
        act_url=reverse("interactions:task_done", args=[row["id"]]),
        posts=True,
        act_data=(("done", "1"),),
        value=row["stake"],
        urgency=2 if is_overdue else 1,
    )


def leaving_customers(actor: Actor, now: datetime) -> Sequence[Item]:
    """The actor's customers that used to buy and went quiet, the most valuable first. Two queries."""
    if actor.user_id is None or not actor.may("order", "view"):
        return ()
    quiet = Score.objects.filter(record_type="customer", name="rfm.segment", label__in=LEAVING).values(
        "record_id"
    )
    rows = list(
        permissions.visible_to(actor, registry.get("customer"))
        .filter(owner_id=actor.user_id, pk__in=quiet)
        .annotate(
            stake=_score(actor, "rfm.monetary", path=""),
            silent=_score(actor, "rfm.recency", path=""),
        )
        .filter(stake__gt=0, silent__isnull=False)
        .order_by("-stake")
        .values("id", "name", "stake", "silent")[:LOOKED_AT]
    )
    gaps = _usual_gaps([row["id"] for row in rows]) if rows else {}
    late = [
        row
        for row in rows
        if (gap := gaps.get(row["id"])) is not None and LATE * gap <= row["silent"] <= GONE * gap
    ]
    return [
        _leaving_item(fieldrules.shown_row(actor, "customer", row), gaps[row["id"]])
        for row in late[:LEAVING_SHOWN]
    ]


def _usual_gaps(customer_ids: Sequence[int]) -> dict[int, int]:
    """Days that usually lie between two orders of a customer."""
    rows = (
        Order.objects.filter(customer_id__in=customer_ids, kind=OrderKind.SALE, deleted_at=None)
        .values("customer_id")
        .annotate(first=Min("ordered_at"), last=Max("ordered_at"), orders=Count("pk"))
        .filter(orders__gt=1)
        .order_by()
    )
    return {
        row["customer_id"]: max(1, round((row["last"] - row["first"]).days / (row["orders"] - 1)))
        for row in rows
    }


def _leaving_item(row: Mapping[str, Any], gap: int) -> Item:
    reason = _("Used to order every %(gap)s days, quiet for %(silent)s days now.") % {
        "gap": gap,
        "silent": int(row["silent"]),
    }
    return Item(
        key=f"leaving-{row['id']}",
        icon="alert-triangle",
        tone="r",
        title=_("Call %(name)s — about to leave") % {"name": row["name"]},
        reason=reason,
        url=f"/customers/{row['id']}/",
        act=_("Call now"),
        act_url=f"/customers/{row['id']}/#call",
        value=row["stake"],
        urgency=3,
    )


def meetings(actor: Actor, now: datetime) -> Mapping[str, Any] | None:
    """The actor's meetings of today. One query."""
    if actor.user_id is None:
        return None
    start = datetime.combine(now.date(), time(), now.tzinfo)
    rows = (
        _mine(actor)
        .filter(kind=Kind.MEETING, occurred_at__gte=start, occurred_at__lt=_end_of_day(now))
        .order_by("occurred_at")
        .values(
            "id",
            "subject",
            "body",
            "occurred_at",
            "customer_id",
            customer_name=permissions.named(actor, "customer", "customer"),
            contact_name=permissions.named(actor, "contact", "contact"),
            job_title=permissions.named(actor, "contact", "contact", "job_title"),
        )
    )
    return {
        "meetings": [
            {
                **row,
                "time": row["occurred_at"].astimezone(now.tzinfo).strftime("%H:%M"),
                "url": f"/customers/{row['customer_id']}/"
                if row["customer_name"]
                else f"/interactions/{row['id']}/",
                "with": " ".join(part for part in (row["contact_name"], row["job_title"]) if part),
                "agenda": row["body"].partition("\n")[0],
            }
            for row in (fieldrules.shown_row(actor, "interaction", row) for row in rows[:12])
        ]
    }


def team(actor: Actor, now: datetime) -> Mapping[str, Any] | None:
    """What the colleagues of the actor's team did lately. One query."""
    if not actor.team_ids:
        return None
    rows = (
        permissions.visible_to(actor, registry.get("interaction"))
        .filter(
            Q(team_id__in=actor.team_ids),
            occurred_at__lte=now,
            occurred_at__gte=now - timedelta(days=14),
            kind__in=(Kind.CALL, Kind.MEETING, Kind.MAIL, Kind.NOTE),
        )
        .exclude(owner_id=actor.user_id)
        .order_by("-occurred_at", "-pk")
        .values(
            "id",
            "kind",
            "subject",
            "outcome",
            "occurred_at",
            "customer_id",
            "owner__name",
            customer_name=permissions.named(actor, "customer", "customer"),
        )
    )
    doings = [
        {
            **fieldrules.shown_row(actor, "interaction", row, {"owner__name": "owner"}),
            "icon": ICONS[row["kind"]],
            "label": LABELS[row["kind"]],
        }
        for row in rows[:TEAM_SHOWN]
    ]
    return {"doings": doings} if doings else None


def total(items: Sequence[Item]) -> Decimal:
    """The value at stake; a customer who stands in the list more than once counts once."""
    seen: dict[str, Decimal] = {}
    for item in items:
        if item.value is not None and item.value > 0:
            seen[item.url] = item.value
    return sum(seen.values(), Decimal())
