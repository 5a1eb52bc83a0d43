"""The acts of defection: learn who leaves when it is due, and tell of all customers now what the version in use says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction

from dangol.identity.actors import Actor
from dangol.insight.customer_value import window_start
from dangol.insight.modelling import room
from dangol.insight.modelling.room import DEFECTION, Prepared, State
from dangol.insight.models import ModelSetting, ModelVersion
from dangol.measures import services
from dangol.web import formats

if TYPE_CHECKING:
    from dangol.insight.modelling.leaving import Learnt
    from dangol.insight.modelling.leaving_scores import Kept
    from dangol.insight.modelling.purchases import Days

log = structlog.get_logger(__name__)


def learn_defection(
    days: Days, *, as_of: date, currency: str, step: Callable[[], None]
) -> ModelVersion | None:
    """Learn who leaves and keep it as a version: published where it beats the baseline and the setting lets it.

    None where there is too little to learn from; what is lacking is kept with the setting.
    """
    from dangol.insight.modelling import leaving
    from dangol.insight.modelling.lifetime import Lacking

    setting = room.setting_of(DEFECTION)
    try:
        learnt = leaving.learn(days, until=as_of.toordinal(), gap_days=setting.gap_days, step=step)
    except Lacking as lacking:
        room.settle(DEFECTION, lacking.figures)
        log.info("model_lacks_data", purpose=DEFECTION, **lacking.figures)
        return None
    with transaction.atomic():
        version = _keep(learnt, as_of, currency)
        room.settle(DEFECTION, {})
    log.info("model_learnt", purpose=DEFECTION, version=version.number, reasons=version.reasons)
    if version.state == State.FITTED and setting.publishes_itself:
        version = room.publish(actor=Actor.system("models"), purpose=DEFECTION, number=version.number)
    return version


def _keep(learnt: Learnt, as_of: date, currency: str) -> ModelVersion:
    from dangol.insight.modelling import leaving_scores

    number = room.next_number(DEFECTION)
    missed = learnt.missed
    services.scores_publish(
        record_type="customer",
        model=room.name_of(DEFECTION, number),
        as_of=as_of,
        batches=leaving_scores.missed_table(missed.customers, missed.told, missed.came).to_reader(),
    )
    return ModelVersion.objects.create(
        purpose=DEFECTION,
        number=number,
        state=State.REFUSED if learnt.reasons else State.FITTED,
        reasons=learnt.reasons,
        method="boosting",
        as_of=as_of,
        currency=currency,
        data=learnt.data,
        parameters=leaving_scores.parameters(learnt.model, learnt.gap),
        held=learnt.held,
    )


def prepare_defection(
    days: Days, *, as_of: date, currency: str, lifetime: Prepared | None
) -> Prepared | None:
    """What the version in use says of everybody who is still a customer; None without one, or without customers.

    Value at risk is told by the lifetime value of a year where `lifetime` has it, else by the revenue of twelve months.
    """
    from dangol.insight.modelling import leaving
    from dangol.insight.modelling.leaving_scores import MONEY, NAMES, Kept, table

    version = room.published(DEFECTION)
    if version is None or version.currency != currency:
        return None
    kept = Kept.of(version.parameters)
    seen = leaving.features(days, cut=as_of.toordinal(), gap=kept.gap)
    if not len(seen.customers):
        return None
    worth: Mapping[str, Any]
    if lifetime is None:
        since = window_start(as_of).toordinal() - 1
        values = days.revenue(seen.customers, since=since, until=as_of.toordinal())
        worth = {"customers": seen.customers, "values": values}
    else:
        worth = _year_of(lifetime)
    found, sums = table(kept, seen, worth=worth, places=formats.minor_places(currency))
    _note_drift(version, kept, days, as_of)
    name = room.name_of(DEFECTION, version.number)
    told_by = "revenue" if lifetime is None else "lifetime"
    facts = {"version": version.number, "worth": told_by, "gap": kept.gap, **sums}
    return Prepared(name, found, NAMES, MONEY, facts)


def _year_of(lifetime: Prepared) -> Mapping[str, Any]:
    """Lifetime value of a year by customer, ascending; as it is published in this very refresh."""
    known = lifetime.table.select(["record_id", "clv.1y"]).drop_null()
    return {
        "customers": known.column("record_id").to_numpy(),
        "values": known.column("clv.1y").cast("float64").to_numpy(),
    }


def _note_drift(version: ModelVersion, kept: Kept, days: Days, as_of: date) -> None:
    """Those told one gap ago beside those who left since, once that time lies behind the learning."""
    from dangol.insight.modelling import leaving

    cut = as_of.toordinal() - kept.gap
    if cut < version.as_of.toordinal():
        return
    seen = leaving.features(days, cut=cut, gap=kept.gap)
    gone = leaving.left(days, seen.customers, cut=cut, gap=kept.gap)
    told = kept.probability(seen.features)
    room.note_drift(
        version, {"told": float(f"{told.sum():.6g}"), "came": int(gone.sum()), "days": kept.gap}, as_of
    )


def gap_said() -> int | None:
    """The days of silence after which a customer counts as gone, where the company said so. One query."""
    return ModelSetting.objects.filter(pk=DEFECTION).values_list("gap_days", flat=True).first()
