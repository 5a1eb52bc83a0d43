"""What insight keeps: segments, models and their proof, dashboards and their mails, reports, programmes and their effect."""

from dangol.insight.models.dashboards import Dashboard, DashboardStep
from dangol.insight.models.mailings import CopyState, Mailing, MailingCopy, Rhythm, Why
from dangol.insight.models.model_room import ModelSetting, ModelVersion
from dangol.insight.models.programmes import Control, Programme, ProgrammeEffect
from dangol.insight.models.reports import Report
from dangol.insight.models.segments import Made, Segment, SegmentDay, SegmentStay, Target

__all__ = [
    "Control",
    "CopyState",
    "Dashboard",
    "DashboardStep",
    "Made",
    "Mailing",
    "MailingCopy",
    "ModelSetting",
    "ModelVersion",
    "Programme",
    "ProgrammeEffect",
    "Report",
    "Rhythm",
    "Segment",
    "SegmentDay",
    "SegmentStay",
    "Target",
    "Why",
]
