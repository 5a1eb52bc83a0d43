"""Adoption: who works with the system. For administrators only, since it tells about people."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.models import Team, User
from dangol.measures import metrics
from dangol.measures.lake import Column, Dataset, register

if TYPE_CHECKING:
    import ibis.expr.types as ir

WORK = Dataset(
    name="work_days",
    source="""
        FROM (
            SELECT min(c.id) AS id, c.actor_id, c.at::date AS day, count(*) AS changes
            FROM records_change c
            WHERE c.origin <> 'import' AND c.actor_id IS NOT NULL
            GROUP BY c.actor_id, c.at::date
        ) w LEFT JOIN identity_user u ON u.id = w.actor_id
    """,
    columns=(
        Column("id", "bigint", "w.id"),
        Column("user_id", "bigint", "w.actor_id"),
        Column("team_id", "bigint", "u.team_id"),
        Column("day", "date", "w.day"),
        Column("changes", "bigint", "w.changes"),
    ),
)
"""One row per person and day with something changed by hand: small, and copied in full."""

NEEDS = (("user_account", ""),)


def _user(value: Any, language: str) -> str:
    found = User.objects.filter(pk=int(value)).values_list("name", flat=True).first()
    return found or f"#{value}"


def _team(value: Any, language: str) -> str:
    found = Team.objects.filter(pk=int(value)).values_list("name", flat=True).first()
    return found or f"#{value}"


COLUMNS = (
    metrics.Column("team", _("Team"), "team_id", text=_team),
    metrics.Column("user", _("User"), "user_id", text=_user),
)


def _people(rows: "ir.Table") -> "ir.Scalar":
    return rows.user_id.nunique()


def _changes(rows: "ir.Table") -> "ir.Scalar":
    return rows.changes.sum()


register(WORK)
metrics.register(
    metrics.Metric(
        name="active_users",
        label=_("People who work with it"),
        unit="number",
        meaning=_("Users who changed at least one record by hand in the period."),
        in_words=_("Number of different users with a change in the history that no import made"),
        owner=_("Administration"),
        dataset="work_days",
        time="day",
        formula=_people,
        needs=NEEDS,
        columns=COLUMNS,
        adds=metrics.EVERY,
    ),
    metrics.Metric(
        name="changes_by_hand",
        label=_("Changes by hand"),
        unit="number",
        meaning=_("Changes of records that people made themselves. Imports do not count."),
        in_words=_("Number of changes in the history that no import made"),
        owner=_("Administration"),
        dataset="work_days",
        time="day",
        formula=_changes,
        needs=NEEDS,
        columns=COLUMNS,
        adds=metrics.EVERY,
    ),
)
