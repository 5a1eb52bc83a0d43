"""Tasks for those who answer for customers: what is to be done with a segment becomes somebody's work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.insight import defection_selectors
from dangol.insight.segmentation.snapshot import today
from dangol.interactions.models import Interaction, Kind
from dangol.records import permissions, registry, writing
from dangol.records.bulk import acts
from dangol.records.bulk.acts import ORIGIN, Act, Done, Refusal, Work
from dangol.records.bulk.errors import BulkProblem
from dangol.records.types import RecordType
from dangol.records.writing import Change

NAME: Final = "make_tasks"
MOST_DAYS: Final = 365
SOON: Final = 7


@dataclass(frozen=True, slots=True)
class Asked:
    """The task: one line, the reason below it, and in how many days it is due; `leaving`: with each one's own reasons."""

    subject: str
    reason: str
    days: int
    leaving: bool = False


def read(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> Asked:
    """What is asked for; where nothing is said, a call within a week. Raises BulkProblem."""
    subject = str(raw.get("subject") or "").strip() or _("Get in touch with the customer")
    if len(subject) > 200:
        raise BulkProblem(
            _("At most %(limit)s characters fit.") % {"limit": 200}, field="subject", code="long"
        )
    days = str(SOON if raw.get("days") in (None, "") else raw["days"]).strip()
    if not (days.isascii() and days.isdigit() and int(days) <= MOST_DAYS):
        raise BulkProblem(
            _("Give a whole number of days from 0 to %(most)s.") % {"most": MOST_DAYS},
            field="days",
            code="days",
        )
    return Asked(subject, str(raw.get("reason") or "").strip()[:2_000], int(days), raw.get("leaving") is True)


def says(record_type: RecordType, settings_: Asked, actor: Actor) -> list[tuple[str, str]]:
    """The task in words."""
    told = [(_("Task"), settings_.subject), (_("Due"), due(settings_).date().isoformat())]
    if settings_.reason:
        told.append((_("Reason"), settings_.reason))
    if settings_.leaving:
        told.append((_("Each customer's own"), _("Reasons for leaving, and the probability")))
    return told


def due(asked: Asked) -> datetime:
    """The end of the working day so many days from now, at the company's place."""
    return datetime.combine(today() + timedelta(days=asked.days), time(18), ZoneInfo(settings.TIME_ZONE))


def already(rows: QuerySet[Any], record_type: RecordType, asked: Asked, actor: Actor) -> QuerySet[Any]:
    """Customers who have that very task already, not done."""
    return rows.filter(
        Exists(
            Interaction.objects.filter(
                customer=OuterRef("pk"), kind=Kind.TASK, done_at=None, deleted_at=None, subject=asked.subject
            )
        )
    )


def make_tasks(work: Work) -> Done:
    """A task for each customer, given to the customer's owner, or to the actor where nobody is. Two queries, a third
    for each one's own reasons, and the writer's."""
    asked: Asked = work.settings
    done = Done()
    rows = permissions.visible_to(work.actor, work.record_type).filter(pk__in=list(work.ids))
    owners = dict(rows.values_list("pk", "owner_id"))
    there = set(already(rows, work.record_type, asked, work.actor).values_list("pk", flat=True))
    done.unchanged += sorted(there)
    done.refused += [
        Refusal(number, "forbidden", _("You may not see it.")) for number in work.ids if number not in owners
    ]
    wanted = [number for number in work.ids if number in owners and number not in there]
    own = defection_selectors.told(wanted, actor=work.actor) if asked.leaving else {}
    changes = []
    for number in wanted:
        values = {"kind": "task", "subject": asked.subject, "customer": number, "due_at": due(asked)}
        if body := "\n".join(part for part in (asked.reason, own.get(number)) if part):
            values["body"] = body
        if owner := owners[number] or work.actor.user_id:
            values["owner"] = owner
        changes.append(Change(values))
    written = writing.write(
        registry.get("interaction"), changes, actor=work.actor, collect=True, origin=ORIGIN
    )
    done.refused += [
        Refusal(wanted[error.index], error.code, error.message, error.field) for error in written.errors
    ]
    # What was made goes into the bin when the act is taken back, as what came out of it would.
    done.restored = {"interaction": list(written.created)} if written.created else {}
    return done


ACT: Final = Act(
    name=NAME,
    label=gettext_lazy("Make tasks"),
    icon="checkbox",
    carry_out=make_tasks,
    action="view",
    help=gettext_lazy("Each customer's owner gets a task; undo takes the tasks back."),
    read=read,
    says=says,
    already=already,
    changes_types=("interaction",),
    reads=("interaction.kind", "interaction.subject", "interaction.done_at"),
)


def register() -> None:
    """Make the act known."""
    acts.register(ACT, "customer")
