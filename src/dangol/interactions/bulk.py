"""What interactions add to the acts on many records: tasks done, and customers handed over with their open tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.customers.events import CustomersReassigned
from dangol.customers.models import Customer
from dangol.events.outbox import announce
from dangol.identity.actors import Actor
from dangol.interactions.events import TaskCompleted
from dangol.interactions.models import Interaction, Kind
from dangol.records import permissions, registry
from dangol.records.bulk import acts, editing
from dangol.records.bulk.acts import Act, Done, Refusal, Work
from dangol.records.bulk.edits import Edit, read_edits
from dangol.records.bulk.errors import BulkProblem
from dangol.records.types import RecordType
from dangol.records.writing import Change


def complete(work: Work) -> Done:
    """Mark tasks as done now; done twice is done once, and what is no task is refused. Two queries beside the writer's."""
    rows = permissions.visible_to(work.actor, work.record_type, "edit").filter(pk__in=list(work.ids))
    found = {pk: (kind, done_at) for pk, kind, done_at in rows.values_list("pk", "kind", "done_at")}
    done = Done()
    changes = []
    now = timezone.now()
    for number in work.ids:
        if number not in found:
            done.refused.append(Refusal(number, "forbidden", editing.FORBIDDEN))
        elif found[number][0] != Kind.TASK:
            done.refused.append(Refusal(number, "kind", _("Only tasks can be done; this is none."), "kind"))
        elif found[number][1] is not None:
            done.unchanged.append(number)
        else:
            changes.append(Change({"done_at": now}, id=number, parsed=True))
    done.add(editing.written(work, changes))
    for number in done.updated.get(work.record_type.name, ()):
        announce(TaskCompleted(interaction_id=number), actor=work.actor)
    return done


def _done_already(rows: QuerySet[Any], record_type: RecordType, settings: Any, actor: Actor) -> QuerySet[Any]:
    return rows.filter(Q(done_at__isnull=False) | ~Q(kind=Kind.TASK))


def hand_over(work: Work) -> Done:
    """Give customers to another owner, who brings team and territory along, and with them the open tasks of the one before.

    A customer with an open task that the actor may not change stays. About six queries beside the writer's two times.
    """
    owners = dict(
        Customer.objects.filter(pk__in=list(work.ids))
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list("pk", "owner_id")
    )
    interaction = registry.get("interaction")
    tasks: dict[int, list[int]] = defaultdict(list)
    hindered: dict[int, int] = {}
    open_tasks = Interaction.objects.filter(
        kind=Kind.TASK, done_at__isnull=True, deleted_at__isnull=True, customer_id__in=list(work.ids)
    )
    mine = set(
        permissions.visible_to(work.actor, interaction, "edit")
        .filter(pk__in=open_tasks.values("pk"))
        .values_list("pk", flat=True)
    )
    for task, customer, owner in open_tasks.values_list("pk", "customer_id", "owner_id"):
        if owner is None or owner != owners.get(customer):
            continue
        if task in mine:
            tasks[customer].append(task)
        else:
            hindered[customer] = task
    edits: Sequence[Edit] = work.settings
    done = editing.carry_out(replace(work, ids=[number for number in work.ids if number not in hindered]))
    reason = _("It has an open task that you may not change.")
    done.refused += [Refusal(number, "task", reason) for number in work.ids if number in hindered]
    handed = done.updated.get(work.record_type.name, [])
    owner_id = edits[0].value.id
    if handed:
        announce(CustomersReassigned(customer_ids=tuple(handed), owner_id=owner_id), actor=work.actor)
    ids = [task for customer in handed for task in tasks.get(customer, ())]
    given = editing.carry_out(Work(interaction, ids, work.actor, _for_tasks(edits)))
    done.updated |= given.updated
    done.refused += [replace(one, record_type=interaction.name) for one in given.refused]
    return done


def _for_tasks(edits: Sequence[Edit]) -> list[Edit]:
    owner = registry.get("interaction").fields["owner"]
    return [Edit(owner, edit.op, edit.value) for edit in edits]


def _read_owner(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> list[Edit]:
    if raw.get("owner") in (None, ""):
        raise BulkProblem(_("Say who is to have them."), field="owner", code="required")
    return read_edits(record_type, {"change": {"owner": {"hand_over": raw["owner"]}}}, actor)


COMPLETE = Act(
    name="complete",
    label=gettext_lazy("Mark as done"),
    icon="check",
    carry_out=complete,
    help=gettext_lazy("Open tasks among the selected records are marked as done now."),
    already=_done_already,
    shows=lambda settings: ("done_at",),
    writes=("done_at",),
    reads=("interaction.kind", "interaction.done_at"),
)
HAND_OVER = Act(
    name="hand_over",
    label=gettext_lazy("Hand over with tasks"),
    icon="user-share",
    carry_out=hand_over,
    help=gettext_lazy("The new owner gets the customers and the open tasks that their owner has with them."),
    inputs=("owner",),
    read=_read_owner,
    says=editing.EDIT.says,
    already=editing.EDIT.already,
    shows=editing.EDIT.shows,
    changes_types=("interaction",),
    # Which tasks go along tells which are open.
    reads=("interaction.kind", "interaction.done_at"),
)


def register() -> None:
    """Make the acts known."""
    acts.register(COMPLETE, "interaction")
    acts.register(HAND_OVER, "customer")
