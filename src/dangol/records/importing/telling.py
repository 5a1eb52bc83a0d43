"""Rows that name a record which an earlier row of the file names: in words, with what becomes of them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from dangol.records import registry
from dangol.records.importing.repeats import Told
from dangol.records.models import ImportRun


def told(repeats: Told) -> list[dict[str, Any]]:
    """A sentence for each record type, with the first such rows."""
    return [
        {"text": sentence(one), "examples": one["examples"], "repeated": one["repeated"]}
        for one in repeats.values()
        if registry.find(one["type"])
    ]


def told_of(run: ImportRun) -> list[dict[str, Any]]:
    """What a run tells; where it counted within its chunks only and a dry run counted them all, what that one told."""
    dry = run.rehearsed.get("repeats", {}) if run.rehearsed.get("state") == "done" else {}
    return told(
        {
            **{alias: one for alias, one in dry.items() if one["exact"]},
            **{alias: one for alias, one in run.repeats.items() if one["exact"] or alias not in dry},
        }
        if run.rows
        else {}
    )


def sentence(one: dict[str, Any]) -> str:
    """How many rows repeat an earlier one, and which of them counts."""
    words = {"type": registry.get(one["type"]).label_plural, "rows": f"{one['rows']:,}"}
    if one["repeated"] == "reject":
        return (
            _("%(type)s: %(rows)s rows name a record that an earlier row names already. They are rejected.")
            % words
        )
    if one["repeated"] == "keep":
        return (
            _(
                "%(type)s: %(rows)s rows name a record that an earlier row names already."
                " The first row's values stay."
            )
            % words
        )
    if one["exact"]:
        return (
            _(
                "%(type)s: %(rows)s rows name a record that an earlier row names already."
                " The later row's values win."
            )
            % words
        )
    return (
        _(
            "%(type)s: at least %(rows)s rows name a record that an earlier row names already."
            " The later row's values win."
        )
        % words
    )
