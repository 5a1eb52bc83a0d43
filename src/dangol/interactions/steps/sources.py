"""Steps from what this room knows: open tasks, people we have not spoken with, silence altogether. No query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.interactions.desk import Desk, desk_of
from dangol.interactions.models import Kind
from dangol.interactions.people import KeyPerson
from dangol.interactions.steps.registry import DUE_TODAY, OVERDUE, PLANNED, SILENT, Act, Step, add_steps
from dangol.records import registry
from dangol.web import formats

DECIDERS = (
    "대표",
    "회장",
    "사장",
    "전무",
    "상무",
    "이사",
    "본부장",
    "공장장",
    "ceo",
    "president",
    "director",
)
"""Job titles, or parts of them, of people who decide."""
QUIET_DAYS, PROSPECT_QUIET_DAYS = 45, 14
TALKS = {Kind.CALL, Kind.MEETING, Kind.MAIL}


def register() -> None:
    """Register all of them."""
    add_steps("tasks", tasks)
    add_steps("people", people)
    add_steps("silence", silence)


def _desk(actor: Actor, record: Mapping[str, Any]) -> Desk:
    return desk_of(actor=actor, record_type=registry.get("customer"), record=record)


def tasks(actor: Actor, record: Mapping[str, Any], now: datetime) -> Sequence[Step]:
    """Open tasks, the oldest due first."""
    return [_task_step(task, actor, now) for task in _desk(actor, record).next_tasks]


def _task_step(task: Mapping[str, Any], actor: Actor, now: datetime) -> Step:
    zone = ZoneInfo(actor.time_zone)
    due = datetime.fromisoformat(task["due_at"]).astimezone(zone) if task["due_at"] else None
    if due is None:
        urgency, when = PLANNED, _("no due date")
    elif due < now:
        urgency = OVERDUE
        near = due.date() == now.date()
        time = formats.clock(due, actor.language, zone) if near else _ago(due, actor, now)
        when = _("was due %(time)s") % {"time": time}
    elif due.date() == now.date():
        urgency, when = DUE_TODAY, _("by %(time)s") % {"time": formats.clock(due, actor.language, zone)}
    else:
        urgency, when = PLANNED, _("due %(day)s") % {"day": formats.day(due, actor.language, zone)}
    about = task["body"].partition("\n")[0][:140]
    return Step(
        key=f"task-{task['id']}",
        title=task["subject"],
        reason=" · ".join(part for part in (when, task["who"] or "", about) if part),
        act=Act(_("Done"), icon="check", task=task["id"]),
        urgency=urgency,
        url=f"/interactions/{task['id']}/",
        is_late=urgency == OVERDUE,
    )


def _ago(due: datetime, actor: Actor, now: datetime) -> str:
    return formats.ago(due.date(), actor.language, ZoneInfo(actor.time_zone), now=now)


def people(actor: Actor, record: Mapping[str, Any], now: datetime) -> Sequence[Step]:
    """The one who decides, when nobody has spoken with that person for long."""
    silent = [(reason, one) for one in _desk(actor, record).people if (reason := _why(one)) and one.is_silent]
    if not silent or record.get("stage") == "lost":
        return ()
    who, person = silent[0]
    days = {"who": who, "days": person.silent_days}
    return [
        Step(
            key=f"person-{person.id}",
            title=_("Call %(name)s") % {"name": f"{person.name} {person.job_title}".strip()},
            reason=_("%(who)s, and no contact for %(days)s days.") % days
            if person.silent_days is not None
            else _("%(who)s, and never spoken with.") % days,
            act=Act(_("Log a call"), icon="phone", compose=Kind.CALL, contact=person.id),
            urgency=SILENT,
            url=f"/contacts/{person.id}/",
        )
    ]


def _why(person: KeyPerson) -> str:
    """Why this person matters; empty for the others."""
    title = person.job_title.lower()
    if any(mark in title for mark in DECIDERS):
        return _("Decides, by the job title")
    return _("The main contact") if person.is_primary else ""


def silence(actor: Actor, record: Mapping[str, Any], now: datetime) -> Sequence[Step]:
    """Nobody at all has spoken with this customer for long; where a person stands for it, `people` tells."""
    desk = _desk(actor, record)
    if record.get("stage") == "lost" or any(_why(one) for one in desk.people):
        return ()
    talks = [entry.at for entry in desk.page.entries if entry.kind in TALKS]
    if any(at > now for at in talks):
        return ()
    is_prospect = record.get("stage") == "prospect"
    act = Act(_("Log a call"), icon="phone", compose=Kind.CALL)
    if not talks:
        if desk.page.next is not None:
            return ()  # older entries may hold a talk
        reason = _("Nobody has spoken with this customer yet.")
        return [Step("silence", _("Make the first contact"), reason, act, SILENT)]
    days = (now - max(talks)).days
    if days < (PROSPECT_QUIET_DAYS if is_prospect else QUIET_DAYS):
        return ()
    reason = _("No contact for %(days)s days.") % {"days": days}
    if is_prospect:
        reason = _("A prospect, and no contact for %(days)s days.") % {"days": days}
    return [Step("silence", _("Get in touch again"), reason, act, SILENT)]
