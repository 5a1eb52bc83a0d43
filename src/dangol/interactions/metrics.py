"""What interactions contribute to the lake and to the metrics: what people do with customers, and how soon tasks are done."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from dangol.measures import metrics
from dangol.measures.lake import Column, Dataset, Follows, own_column, register
from dangol.measures.metrics import EVERY, Link, Metric

if TYPE_CHECKING:
    import ibis.expr.types as ir

INTERACTIONS = Dataset(
    name="interactions",
    record_type="interaction",
    source="FROM interactions_interaction i WHERE i.deleted_at IS NULL",
    columns=(
        Column("id", "bigint"),
        Column("kind", "text"),
        Column("customer_id", "bigint"),
        Column("contact_id", "bigint"),
        Column("owner_id", "bigint"),
        Column("team_id", "bigint"),
        Column("territory_id", "bigint"),
        Column("direction", "text"),
        Column("outcome", "text"),
        Column("created_at", "timestamp"),
        Column("occurred_at", "timestamp"),
        Column("occurred_on", "date", "i.occurred_at::date"),
        Column("due_at", "timestamp"),
        Column("done_at", "timestamp"),
        Column("done_on", "date", "i.done_at::date"),
        Column("seconds", "bigint", "greatest(0, extract(epoch FROM i.done_at - i.created_at))::bigint"),
        Column("duration_minutes", "integer"),
        own_column("i.own"),
    ),
    month_of="occurred_on",
    follows=(Follows("interactions_interaction"),),
)
"""One row per note, call, meeting, mail and task. `seconds` from entering to doing it."""

LINKS = (
    Link("interaction", "id"),
    Link("customer", "customer_id", "customer", fields=("region", "industry", "country")),
)
DEPARTMENT = _("Sales")


def _count(rows: "ir.Table") -> "ir.Scalar":
    return rows.count()


def _metric(name: str, **more: object) -> Metric:
    about = {
        "name": name,
        "unit": "number",
        "owner": DEPARTMENT,
        "dataset": "interactions",
        "time": "occurred_on",
        "formula": _count,
        "needs": (("interaction", "kind"), ("interaction", "occurred_at")),
        "lists": "interaction",
        "moment": "occurred_at",
        "links": LINKS,
        "adds": EVERY,
    }
    return Metric(**{**about, **more})  # type: ignore[arg-type]


DONE = {
    "time": "done_on",
    "moment": "done_at",
    "where": "kind = task and done_at is not empty",
    "needs": (("interaction", "kind"), ("interaction", "done_at")),
}

register(INTERACTIONS)
metrics.register(
    _metric(
        "activities",
        label=_("Activities"),
        meaning=_(
            "Notes, calls, meetings and mails with customers. Tasks count when they are done, as tasks."
        ),
        in_words=_("Number of interactions of the period that are not tasks"),
        where="kind != task",
    ),
    _metric(
        "visits",
        label=_("Visits and meetings"),
        meaning=_("Meetings with customers, at theirs or at ours."),
        in_words=_("Number of interactions of kind meeting in the period"),
        where="kind = meeting",
    ),
    _metric(
        "tasks_done",
        label=_("Tasks done"),
        meaning=_("Tasks that were done in the period, whenever they were entered."),
        in_words=_("Number of tasks whose day of completion lies in the period"),
        **DONE,
    ),
    _metric(
        "task_days",
        label=_("Days spent on tasks"),
        meaning=_("The time from entering to doing, of all tasks done in the period."),
        formula=lambda rows: rows.seconds.sum().cast("decimal(28, 8)") / 86400,
        **{**DONE, "needs": (*DONE["needs"], ("interaction", "created_at"))},
        hidden=True,
    ),
    Metric(
        name="task_response",
        label=_("Time until a task is done"),
        unit="days",
        meaning=_("How long a task waits on average, from entering to doing it."),
        in_words=_("Time from entering to doing, of all tasks done ÷ tasks done"),
        owner=DEPARTMENT,
        ratio=("task_days", "tasks_done"),
        good="down",
    ),
)
