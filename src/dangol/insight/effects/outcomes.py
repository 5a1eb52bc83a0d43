"""What refreshes find of programmes, and keep for the pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.utils import timezone

from dangol.insight.effects.windows import State, window
from dangol.insight.models import Programme, ProgrammeEffect, SegmentStay
from dangol.insight.segmentation import index
from dangol.insight.segmentation.snapshot import today
from dangol.measures import lake
from dangol.measures.selectors import run_last_done

if TYPE_CHECKING:
    from dangol.measures.lake import Lake

log = structlog.get_logger(__name__)

EFFECT_TASK: Final = "dangol.insight.effects_compute"


def compute(programmes: Iterable[int] | None = None) -> int:
    """Find out what programmes changed, from the lake as it is, and keep it. Returns how many were found out.

    For each programme, four passes over what the lake has of both groups. Nothing where the lake was never made.
    """
    rows = Programme.objects.filter(deleted_at=None).order_by("pk")
    if programmes is not None:
        rows = rows.filter(pk__in=list(programmes))
    wanted = list(rows)
    run = run_last_done()
    if not wanted or run is None:
        return 0
    currency = str(run.facts.get("currency") or "")
    with lake.connect() as opened:
        for programme in wanted:
            found = found_of(opened, programme, currency)
            ProgrammeEffect.objects.update_or_create(
                programme=programme,
                defaults={"as_of": run.as_of, "computed_at": timezone.now(), "found": found},
            )
    log.info("effects_computed", programmes=len(wanted))
    return len(wanted)


def members_of(segment: int | None) -> list[int] | None:
    """The customers of a list that a programme keeps; None where it is gone or no fixed list any more. One query."""
    known = index.of_id(segment) if segment else None
    if known is None or not known.fixed:
        return None
    rows = SegmentStay.objects.filter(segment_id=known.id, left_on=None).order_by()
    return list(rows.values_list("customer_id", flat=True))


def found_of(opened: Lake, programme: Programme, currency: str) -> dict[str, Any]:
    """What the lake says of a programme now, as JSON: `state`, and where that is measured all the figures."""
    from dangol.insight.effects import judging, observing

    treated, control = members_of(programme.reached_id), members_of(programme.compared_id)
    if treated is None or control is None:
        return {"state": State.NO_GROUPS.value}
    first, last = observing.span_of(opened, currency, today())
    spanned = window(programme.starts_on, programme.ends_on, first, last)
    sizes = {"treated": len(treated), "control": len(control)}
    told: dict[str, Any] = {
        "currency": currency,
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
        **sizes,
    }
    if isinstance(spanned, State):
        return {"state": spanned.value, **told}
    observed = observing.observe(opened, treated, control, spanned, currency=currency)
    outcome = judging.judge(observed, spanned, random=programme.by_chance)
    if outcome is None or first is None or last is None:
        return {"state": State.NO_GROUPS.value, **told}
    line = observing.steps(
        opened, treated, control, start=programme.starts_on, span=(first, last), currency=currency
    )
    return {
        **told,
        "state": State.MEASURED.value,
        "since": spanned.since.isoformat(),
        "start": spanned.start.isoformat(),
        "until": spanned.until.isoformat(),
        "days": spanned.days,
        "by_chance": programme.by_chance,
        "left_out": sizes["treated"] + sizes["control"] - outcome.treated - outcome.control,
        "treated": outcome.treated,
        "control": outcome.control,
        "measures": [asdict(one) for one in outcome.measures],
        "money": {"amount": outcome.money.amount, "low": outcome.money.low, "high": outcome.money.high},
        "line": [
            {"day": one.day.isoformat(), "treated": one.treated, "control": one.control} for one in line
        ],
    }
