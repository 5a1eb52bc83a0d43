"""The acts of the model room: learn what is due, publish, retire; and what published models say of customers now."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypedDict

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from dangol.identity.actors import Actor
from dangol.insight.modelling import margins
from dangol.insight.models import ModelSetting, ModelVersion
from dangol.insight.policies import can_publish
from dangol.measures import services
from dangol.web import formats

if TYPE_CHECKING:
    from dangol.insight.modelling.lifetime import Learnt
    from dangol.insight.modelling.margins import Margin
    from dangol.insight.modelling.purchases import Days
    from dangol.insight.modelling.valuing import Valued

log = structlog.get_logger(__name__)

LIFETIME: Final = "lifetime_value"
DEFECTION: Final = "defection"
PURPOSES: Final = (LIFETIME, DEFECTION)
KEPT_DRIFT: Final = 60
State = ModelVersion.State


class NotPublishable(Exception):
    """The version was refused, or is published already."""


class _Terms(TypedDict):
    margin: float
    rate: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """Scores that are ready to be published in the transaction of the refresh. `facts` go with its run."""

    model: str
    table: Any
    names: tuple[str, ...]
    money: tuple[str, ...]
    facts: Mapping[str, Any]


def setting_of(purpose: str) -> ModelSetting:
    """What the company says of a purpose; the defaults where it never said anything (not saved). One query."""
    return ModelSetting.objects.filter(pk=purpose).first() or ModelSetting(purpose=purpose)


def published(purpose: str) -> ModelVersion | None:
    """The version in use. One query."""
    return ModelVersion.objects.filter(purpose=purpose, state=State.PUBLISHED).first()


def setting_change(*, actor: Actor, purpose: str, **values: Any) -> ModelSetting:
    """Change what the company says of a purpose; what is learnt next follows it.

    Raises:
        PermissionDenied: the actor may not.
    """
    _may(actor)
    with transaction.atomic():
        ModelSetting.objects.get_or_create(pk=purpose)
        setting = ModelSetting.objects.select_for_update().get(pk=purpose)
        for name, value in values.items():
            setattr(setting, name, value)
        setting.is_due = True
        setting.save()
    log.info("model_setting_changed", purpose=purpose, by=actor.user_id)
    return setting


def learn_soon(*, actor: Actor, purpose: str) -> None:
    """Have a model learnt anew by the next refresh, whatever its schedule says.

    Raises:
        PermissionDenied: the actor may not.
    """
    _may(actor)
    ModelSetting.objects.get_or_create(pk=purpose)
    ModelSetting.objects.filter(pk=purpose).update(is_due=True)


def publish(*, actor: Actor, purpose: str, number: int) -> ModelVersion:
    """Use a version from the next refresh on; the one before it retires and is kept.

    Raises:
        PermissionDenied: the actor may not.
        NotPublishable: it was refused, or is in use already.
        ModelVersion.DoesNotExist: there is none of this number.
    """
    _may(actor)
    with transaction.atomic():
        version = ModelVersion.objects.select_for_update().get(purpose=purpose, number=number)
        if version.state not in (State.FITTED, State.RETIRED):
            raise NotPublishable
        now = timezone.now()
        ModelVersion.objects.filter(purpose=purpose, state=State.PUBLISHED).update(
            state=State.RETIRED, retired_at=now
        )
        version.state, version.published_at, version.retired_at = State.PUBLISHED, now, None
        version.published_by, version.published_name = actor.user_id, actor.name[:100]
        version.save(update_fields=["state", "published_at", "published_by", "published_name", "retired_at"])
    log.info("model_published", purpose=purpose, version=number, by=actor.user_id)
    return version


def retire(*, actor: Actor, purpose: str) -> bool:
    """Use no model for this purpose any more; its scores go with the next refresh. False where none was in use.

    Raises:
        PermissionDenied: the actor may not.
    """
    _may(actor)
    done = ModelVersion.objects.filter(purpose=purpose, state=State.PUBLISHED).update(
        state=State.RETIRED, retired_at=timezone.now()
    )
    log.info("model_retired", purpose=purpose, by=actor.user_id)
    return bool(done)


def is_due(purpose: str, as_of: date) -> bool:
    """Whether a refresh should learn this model: asked for, never done, or longer ago than the setting says. Two queries."""
    setting = setting_of(purpose)
    if setting.is_due:
        return True
    if not setting.every_days:
        return False
    last = ModelVersion.objects.filter(purpose=purpose).aggregate(last=Max("as_of"))["last"]
    return last is None or not 0 <= (as_of - last).days < setting.every_days


def learn_lifetime(
    days: Days, *, as_of: date, currency: str, step: Callable[[], None], margin: Margin | None = None
) -> ModelVersion | None:
    """Learn lifetime value and keep it as a version: published where it beats the baseline and the setting lets it.

    `margin` is what the data say of it; it counts where the company says none. None where there is too little to learn
    from; what is lacking is kept with the setting.
    """
    from dangol.insight.modelling import lifetime

    setting = setting_of(LIFETIME)
    try:
        learnt = lifetime.learn(days, until=as_of.toordinal(), held_days=setting.held_days, step=step)
    except lifetime.Lacking as lacking:
        settle(LIFETIME, lacking.figures)
        log.info("model_lacks_data", purpose=LIFETIME, **lacking.figures)
        return None
    with transaction.atomic():
        version = _keep_lifetime(learnt, setting, as_of, currency, margin)
        settle(LIFETIME, {})
    log.info("model_learnt", purpose=LIFETIME, version=version.number, reasons=version.reasons)
    if version.state == State.FITTED and setting.publishes_itself:
        version = publish(actor=Actor.system("models"), purpose=LIFETIME, number=version.number)
    return version


def _keep_lifetime(
    learnt: Learnt, setting: ModelSetting, as_of: date, currency: str, margin: Margin | None
) -> ModelVersion:
    from dangol.insight.modelling import valuing

    buying, buying_fit = valuing.kept_fit(learnt.buying)
    spending, spending_fit = valuing.kept_fit(learnt.spending.fit)
    number = next_number(LIFETIME)
    missed = valuing.missed_table(
        learnt.missed.customers, learnt.missed.told, learnt.missed.came, places=formats.minor_places(currency)
    )
    services.scores_publish(
        record_type="customer", model=name_of(LIFETIME, number), as_of=as_of,
        batches=missed.to_reader(), currency=currency, money=valuing.MISSED,
    )  # fmt: skip
    return ModelVersion.objects.create(
        purpose=LIFETIME,
        number=number,
        state=State.REFUSED if learnt.reasons else State.FITTED,
        reasons=learnt.reasons,
        method=learnt.method,
        as_of=as_of,
        currency=currency,
        data=learnt.data,
        parameters={"buying": buying, "spending": spending},
        fit={
            "buying": buying_fit,
            "spending": spending_fit,
            "correlation": learnt.spending.correlation,
            "correlation_interval": list(learnt.spending.correlation_interval),
        },
        held=learnt.held,
        terms={**margins.terms_of(setting.margin, margin), "yearly_rate": str(setting.yearly_rate)},
    )


def score_names(purpose: str) -> tuple[str, ...]:
    """The scores that a purpose writes at every refresh."""
    from dangol.insight.modelling import leaving_scores, valuing

    return {LIFETIME: valuing.NAMES, DEFECTION: leaving_scores.NAMES}[purpose]


def name_of(purpose: str, number: int) -> str:
    """What a version is called in the scores that it made."""
    return f"{purpose}-{number}"


def prepare_lifetime(days: Days, *, as_of: date, currency: str) -> Prepared | None:
    """What the version in use says of all customers now, and said a month ago; None without one, or without purchases."""
    from dangol.insight.modelling import valuing

    version = published(LIFETIME)
    if version is None or version.currency != currency:
        return None
    kept = _kept(version)
    until = as_of.toordinal()
    summary = valuing.summary_of(days, until)
    if summary is None:
        return None
    valued = valuing.value(kept, summary, **_terms(version))
    month = month_before(as_of)
    then = _in_use_on(LIFETIME, month) or version
    earlier = valuing.summary_of(days, month.toordinal())
    old = kept if then.pk == version.pk else _kept(then)
    month_ago = None
    if earlier is not None:
        month_ago = (
            earlier.customers.astype("int64"),
            valuing.worth(old, earlier, **_terms(then)),
            old.buying.model.alive(earlier.histories),
        )
    old_model = None if old is kept else valuing.worth(old, summary, **_terms(then))
    table = valuing.table(
        valued, places=formats.minor_places(currency), month_ago=month_ago, old_model=old_model
    )
    note_drift(version, valuing.drift(kept, days, learnt=version.as_of.toordinal(), until=until), as_of)
    return Prepared(
        name_of(LIFETIME, version.number), table, valuing.NAMES, valuing.MONEY,
        {"version": version.number, "month_ago": month.isoformat(), **_sums(valued)},
    )  # fmt: skip


def scores_write(prepared: Prepared | None, *, names: tuple[str, ...], as_of: date, currency: str) -> int:
    """Publish what was prepared, or take away the scores of `names` where there is nothing. Joins the transaction."""
    if prepared is None:
        services.scores_forget(record_type="customer", names=names)
        return 0
    return services.scores_publish(
        record_type="customer",
        model=prepared.model,
        as_of=as_of,
        batches=prepared.table.to_reader(),
        currency=currency,
        money=prepared.money,
    )


def month_before(day: date) -> date:
    """The same day a month earlier, or the last one of that month."""
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _sums(valued: Valued) -> dict[str, Any]:
    return {
        "customers": len(valued.customers),
        "total": round(valued.total.expected),
        "low": round(valued.total.low),
        "high": round(valued.total.high),
    }


def _kept(version: ModelVersion) -> Any:
    from dangol.insight.modelling.valuing import Kept

    return Kept.of(version.method, version.parameters, version.fit)


def _terms(version: ModelVersion) -> _Terms:
    margin = version.terms.get("margin")
    return _Terms(margin=1.0 if margin is None else float(margin), rate=float(version.terms["yearly_rate"]))


def _in_use_on(purpose: str, day: date) -> ModelVersion | None:
    """The version that was in use at the end of a day."""
    gone = Q(retired_at__isnull=True) | Q(retired_at__date__gt=day)
    found = ModelVersion.objects.filter(gone, purpose=purpose, published_at__date__lte=day)
    return found.order_by("-published_at").first()


def note_drift(version: ModelVersion, found: Mapping[str, float] | None, as_of: date) -> None:
    """Keep with a version how right it was since it was learnt; one entry a day, nothing for None."""
    if found is None:
        return
    kept = [one for one in version.drift if one["as_of"] != as_of.isoformat()]
    version.drift = [*kept, {"as_of": as_of.isoformat(), **found}][-KEPT_DRIFT:]
    version.save(update_fields=["drift"])


def next_number(purpose: str) -> int:
    """The number of the version to come. One query."""
    last = ModelVersion.objects.filter(purpose=purpose).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def settle(purpose: str, lacking: Mapping[str, int]) -> None:
    """What was due is done; what it lacked is kept."""
    ModelSetting.objects.get_or_create(pk=purpose)
    ModelSetting.objects.filter(pk=purpose).update(is_due=False, lacking=dict(lacking))


def _may(actor: Actor) -> None:
    if not can_publish(actor):
        raise PermissionDenied
