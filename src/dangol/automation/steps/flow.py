"""The steps that lead: if and else, wait, stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import clocks, matching, triggers
from dangol.automation.definitions import condition_of
from dangol.automation.ports import Batch, Outcome, Outcomes, Parameter, StepKind, StepProblem
from dangol.identity.actors import Actor
from dangol.records import filters, lists
from dangol.records.bulk.acts import locale_of
from dangol.records.filters import FilterError
from dangol.records.types import RecordType
from dangol.web import formats

UNITS = {
    "min": gettext_lazy("minutes"),
    "h": gettext_lazy("hours"),
    "d": gettext_lazy("days"),
    "w": gettext_lazy("weeks"),
}
SPANS = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=730)
FOR, UNTIL = "for", "until"


# if and else


def _branch_parameters(
    record_type: RecordType, settings: Mapping[str, Any], actor: Actor
) -> Sequence[Parameter]:
    return [Parameter("condition", gettext_lazy("Condition"), "filter", suggest=record_type.name)]


def _branch_check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    given = settings.get("condition") or ""
    if not given or given == {"and": []}:
        raise StepProblem(_("Say under what condition."), "condition")
    try:
        tree = condition_of(given, record_type, actor)
    except FilterError as error:
        raise StepProblem(error.message, "condition") from error
    return {"condition": filters.to_json(tree)}


def condition_words(record_type: RecordType, condition: Any, actor: Actor) -> str:
    """A kept condition as people read it. A query for each reference among its values."""
    try:
        tree = filters.from_json(condition, record_type)
    except FilterError as error:
        return error.message
    return " · ".join(
        chip.label_text
        for chip in filters.to_chips(tree, record_type, actor=actor, titles=triggers.titles_for(actor))
    )


def _branch_says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    return condition_words(record_type, settings["condition"], actor)


def _branch_preview(batch: Batch) -> dict[int, str]:
    tree = filters.from_json(batch.settings["condition"], batch.record_type)
    met = matching.holding(batch.actor, batch.record_type, tree, batch.ids)
    return {number: _("Holds") if number in met else _("Does not hold") for number in batch.ids}


def _led(batch: Batch) -> Outcomes:
    raise AssertionError("the engine follows branches itself")


BRANCH = StepKind(
    "branch", gettext_lazy("If … else …"), "git-branch", _branch_parameters, _branch_check, _branch_says,
    _branch_preview, _led, order=60,
)  # fmt: skip


# wait


def _wait_parameters(
    record_type: RecordType, settings: Mapping[str, Any], actor: Actor
) -> Sequence[Parameter]:
    modes = [(FOR, gettext_lazy("for some time")), (UNTIL, gettext_lazy("until a date of the record"))]
    found = [Parameter("mode", gettext_lazy("How long"), "choice", modes, redraws=True)]
    if settings.get("mode") == UNTIL:
        dates = [(name, field.label) for name, field in triggers.dates(record_type, actor).items()]
        return [
            *found,
            Parameter("until", gettext_lazy("Date"), "choice", dates),
            Parameter(
                "days",
                gettext_lazy("Days after it"),
                "number",
                help=gettext_lazy("Negative for days before it."),
            ),
            Parameter("at", gettext_lazy("Time of day"), "time"),
        ]
    return [
        *found,
        Parameter("count", gettext_lazy("How many"), "number"),
        Parameter("unit", gettext_lazy("Unit"), "choice", list(UNITS.items())),
    ]


def _wait_check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    if settings.get("mode") == UNTIL:
        name = str(settings.get("until", ""))
        if name not in triggers.dates(record_type, actor):
            raise StepProblem(_("Choose a date of the record."), "until")
        try:
            at = time.fromisoformat(str(settings.get("at") or "09:00"))
        except ValueError:
            raise StepProblem(_("Write the time of day like 09:00."), "at") from None
        days = triggers.whole_days(settings.get("days"), "days")
        return {"mode": UNTIL, "until": name, "days": days, "at": f"{at:%H:%M}"}
    count, unit = str(settings.get("count") or "").strip(), str(settings.get("unit") or "d")
    if not (count.isascii() and count.isdigit() and len(count) <= 6 and int(count) > 0) or unit not in UNITS:
        raise StepProblem(_("Write how long, as a whole number."), "count")
    if int(count) * SPANS[unit] > LONGEST:
        raise StepProblem(_("At most two years."), "count")
    return {"mode": FOR, "count": int(count), "unit": unit}


def _wait_says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    if settings["mode"] == UNTIL:
        words = triggers.says(
            record_type, {"kind": "date", "field": settings["until"], "days": settings["days"]}, actor
        )
        return f"{words}, {settings['at']}"
    return f"{settings['count']} {UNITS[settings['unit']]}"


def _ends(batch: Batch) -> dict[int, datetime | None]:
    """When the wait of each record is over; None where its date is missing. One query for dates."""
    if batch.settings["mode"] == FOR:
        end = batch.now + batch.settings["count"] * SPANS[batch.settings["unit"]]
        return dict.fromkeys(batch.ids, end)
    name = batch.settings["until"]
    rows = lists.records_at(actor=batch.actor, record_type=batch.record_type, ids=batch.ids, columns=[name])
    found: dict[int, datetime | None] = {}
    at = time.fromisoformat(batch.settings["at"])
    for number in batch.ids:
        value = rows.get(number, {}).get(name)
        if isinstance(value, datetime):
            value = value.astimezone(clocks.zone()).date()
        found[number] = (
            datetime.combine(value + timedelta(days=batch.settings["days"]), at, clocks.zone())
            if isinstance(value, date)
            else None
        )
    return found


def _wait_preview(batch: Batch) -> dict[int, str]:
    locale = locale_of(batch.actor)
    missing = _("The date is empty: the rule stops here.")
    return {
        number: missing
        if end is None
        else _("Goes on %(moment)s") % {"moment": formats.moment(end, locale.language, locale.zone)}
        for number, end in _ends(batch).items()
    }


def _wait(batch: Batch) -> Outcomes:
    outcomes: Outcomes = {}
    for number, end in _ends(batch).items():
        if end is None:
            outcomes[number] = Outcome("stop")
        elif end <= timezone.now():
            outcomes[number] = Outcome("past")
        else:
            outcomes[number] = Outcome("waits", {"until": end.isoformat()})
    return outcomes


WAIT = StepKind(
    "wait",
    gettext_lazy("Wait"),
    "clock",
    _wait_parameters,
    _wait_check,
    _wait_says,
    _wait_preview,
    _wait,
    order=70,
)


# stop

STOP = StepKind(
    "stop",
    gettext_lazy("Stop"),
    "ban",
    lambda record_type, settings, actor: (),
    lambda record_type, settings, actor: {},
    lambda record_type, settings, actor: _("Nothing behind it is done."),
    lambda batch: dict.fromkeys(batch.ids, _("The rule stops here.")),
    lambda batch: dict.fromkeys(batch.ids, Outcome("stop")),
    order=80,
)
