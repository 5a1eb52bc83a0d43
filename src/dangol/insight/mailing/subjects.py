"""What can go out by mail: a dashboard, or a report. Each kind says who finds it, who may have it, and draws its paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.insight.dashboards import keeping as dashboards
from dangol.insight.mailing.dashboard_paper import dashboard_pdf
from dangol.insight.mailing.report_paper import asked_for, asks_reason, report_pdf
from dangol.insight.models import Dashboard, Mailing, Report
from dangol.insight.reports import keeping as reports
from dangol.records import sharing
from dangol.records.exporting.errors import ExportProblem


class MailingError(sharing.Unfit):
    """A mailing that cannot be; `field` says what is wrong, the message what would be right."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing that goes out.

    `field` is where a mailing names it; `get` finds one for an actor or raises `sharing.Missing`; `asks_reason` says whether
    it has to be said what its numbers are for; `problem` why this actor cannot have it, empty where nothing is against it;
    `paper` draws it as a PDF.
    """

    field: str
    can_use: Callable[[Actor], bool]
    get: Callable[[Actor, int], Any]
    asks_reason: Callable[[Actor, Any], bool]
    problem: Callable[[Actor, Any, str], str]
    paper: Callable[[Any, Actor, datetime, str], bytes]

    def page(self, row_id: int) -> str:
        """The address of the thing itself."""
        return reverse(f"insight:{self.field}", args=[row_id])

    def mailings(self, row_id: int) -> str:
        """The address where its mails are set."""
        return reverse(f"insight:{self.field}_mailings", args=[row_id])

    def act(self, row_id: int, mailing_id: int) -> str:
        """The address to which it is posted what becomes of one of these mails."""
        return reverse(f"insight:{self.field}_mailing", args=[row_id, mailing_id])

    def find(self, actor: Actor, row_id: int) -> Any | None:
        """The thing where the actor finds it. One query."""
        try:
            return self.get(actor, row_id) if self.can_use(actor) else None
        except sharing.Missing:
            return None


def _report_problem(actor: Actor, report: Report, reason: str) -> str:
    try:
        asked_for(actor, report, reason)
    except ExportProblem as problem:
        return str(problem.message)
    except sharing.Unfit:
        return _("This report asks for something that this person may not see.")
    return ""


def _dashboard_paper(dashboard: Dashboard, actor: Actor, at: datetime, reason: str) -> bytes:
    return dashboard_pdf(dashboard, actor, at=at)


DASHBOARD: Final = Subject(
    "dashboard",
    can_use=dashboards.can_use,
    get=dashboards.dashboard_get,
    asks_reason=lambda actor, dashboard: False,
    problem=lambda actor, dashboard, reason: "",
    paper=_dashboard_paper,
)
REPORT: Final = Subject(
    "report",
    can_use=reports.can_use,
    get=reports.report_get,
    asks_reason=asks_reason,
    problem=_report_problem,
    paper=report_pdf,
)
SUBJECTS: Final = (DASHBOARD, REPORT)


def subject_of(mailing: Mailing) -> tuple[Subject, int]:
    """What a mailing sends: its kind and its id."""
    for subject in SUBJECTS:
        row_id = getattr(mailing, f"{subject.field}_id")
        if row_id is not None:
            return subject, row_id
    raise LookupError(f"mailing {mailing.pk} sends nothing")
