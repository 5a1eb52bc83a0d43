"""What stands on a segment's page, and the segments' chips on a customer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.insight.models import Segment
from dangol.insight.segmentation import acts, pages
from dangol.insight.segmentation.index import of_id
from dangol.insight.segmentation.policies import can_make
from dangol.insight.segmentation.standard import FAMILY
from dangol.records import ports, registry
from dangol.records.bulk.acts import acts_for

SHOWN_CHIPS = 4


def contribute() -> None:
    """Hang them onto the pages; called while the project starts."""
    panel = ports.Panel("segment", _("Results"), "insight/segments/panel.html", results, "middle", 1)
    ports.add_panel("segment", panel)
    ports.add_chips("customer", customer_chips)


def results(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Size, value, movement and target of a segment, and what to do with it. Six queries."""
    row = Segment.objects.filter(pk=record["id"]).first()
    found = pages.strategy(actor, row) if row is not None else None
    if found is None:
        return None
    return {
        **found,
        "row": row,
        "may_freeze": can_make(actor),
        "may_task": acts.NAME in {one.name for one in acts_for(actor, registry.get("customer"))},
        "soon": acts.SOON,
    }


def customer_chips(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Chip]:
    """The customer's segments, from the record's own field: no query. Those of RFM have a chip of their own."""
    known = [of_id(one.id) for one in record.get("segment") or ()]
    shown = [one for one in known if one is not None and not (one.key and one.family == FAMILY)]
    return [ports.Chip(one.label(), "", "users-group") for one in shown[:SHOWN_CHIPS]]
