"""The weekly word to owners about those of their records whose data are poorest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.interactions.models.notifications import Kind
from dangol.interactions.notifications import targets
from dangol.interactions.notifications.services import notify
from dangol.measures.quality import selectors

MINE: Final = "quality_mine"


def tell_owners(day: date | None = None) -> int:
    """Tell everybody who owns records with findings, once a week. Returns how many were told."""
    year, week, _weekday = (day or datetime.now(ZoneInfo(settings.TIME_ZONE)).date()).isocalendar()
    owners = selectors.owners_with_findings()
    return len(
        notify(
            kind=Kind.QUALITY, users=owners, target_type=MINE, target_id=0, fact=f"quality:{year}-W{week:02}"
        )
    )


def found(actor: Actor, ids: Collection[int]) -> Mapping[int, targets.Target]:
    """The page of one's own worst records, for who sees any data quality. No query."""
    if not selectors.types_for(actor):
        return {}
    target = targets.Target(
        _("My records to mend first"), reverse("quality:mine"), _("Data quality"), "checklist"
    )
    return dict.fromkeys(ids, target)
