"""Data quality on a record's page: the score, and each finding with the way to where it is mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.measures.quality.fields import ISSUES, NAME
from dangol.measures.quality.pages import FAIR, tone
from dangol.measures.quality.rules import is_looked_at, rules_of
from dangol.records import ports
from dangol.records.types import RecordType


def panels_of(record_type: RecordType) -> Iterator[ports.Panel]:
    """The card, for every type whose records are looked at."""
    if is_looked_at(record_type):
        yield ports.Panel(
            "quality",
            gettext_lazy("Data quality"),
            "measures/quality/panel.html",
            lambda actor, record: _panel(actor, record_type, record),
            "right",
            90,
        )


def _panel(actor: Actor, record_type: RecordType, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """From the record's own fields: no query. Nothing without a score."""
    score = record.get(NAME)
    if not isinstance(score, int):
        return None
    rules = rules_of(record_type)
    issues = record.get(ISSUES)
    codes = issues if isinstance(issues, tuple) else ()
    may_edit = actor.may(record_type.name, "edit")
    findings = [
        {
            "label": rule.label,
            "dimension": rule.dimension.label,
            "url": _place(record_type, record["id"], rule.fields) if may_edit else "",
        }
        for code in codes
        if (rule := rules.get(code)) is not None
    ]
    return {"score": score, "tone": tone(score), "findings": findings}


def _place(record_type: RecordType, record_id: int, fields: Sequence[str]) -> str:
    """The field on the record's form."""
    if not fields or fields[0] not in record_type.editable_fields:
        return ""
    return f"/{record_type.path}/{record_id}/edit/#f-{fields[0].replace('.', '-')}"


def poor_chip(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Chip]:
    """A mark beside the title of a record whose data are poor. No query."""
    score = record.get(NAME)
    if not isinstance(score, int) or score >= FAIR:
        return ()
    return (ports.Chip(_("Data quality %(score)s") % {"score": score}, tone(score)),)
