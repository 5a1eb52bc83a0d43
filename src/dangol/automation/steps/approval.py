"""The step "ask for approval": the rule waits for people, stage by stage, and goes one way or the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import approving, escalating
from dangol.automation.models import Locking
from dangol.automation.ports import Batch, Outcome, Outcomes, Parameter, StepKind, StepProblem
from dangol.identity.actors import Actor
from dangol.identity.models import Role, User
from dangol.records.fields.base import Label
from dangol.records.types import RecordType

STAGES = (1, 2, 3)
WHO: tuple[tuple[str, Label], ...] = (
    ("", gettext_lazy("– nobody: this stage is left out –")),
    (approving.PEOPLE, gettext_lazy("these people")),
    (approving.ROLE, gettext_lazy("those with a role, nearest to the owner's team")),
)
HOW = (("any", gettext_lazy("one of them is enough")), ("all", gettext_lazy("all of them")))
LATE: dict[str, Label] = {
    "": gettext_lazy("it counts as rejected"),
    escalating.SUPERIOR: gettext_lazy("the team above those who have not decided is asked"),
    escalating.PERSON: gettext_lazy("somebody else is asked"),
}
MOST_PEOPLE = 200
LONGEST_DAYS = 365


def _parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> Sequence[Parameter]:
    people = (
        User.objects.filter(is_active=True).order_by("name", "pk").values_list("pk", "name")[:MOST_PEOPLE]
    )
    names = [(str(pk), name) for pk, name in people]
    roles = [(str(pk), name) for pk, name in Role.objects.values_list("pk", "name")]
    found: list[Parameter] = []
    for number in STAGES:
        if number > 1 and not settings.get(f"who{number - 1}"):
            break
        stage = _("Stage %(number)s") % {"number": number}
        found.append(Parameter(f"who{number}", f"{stage}: {_('who decides')}", "choice", WHO, redraws=True))
        who = settings.get(f"who{number}")
        if who == approving.PEOPLE:
            found.append(Parameter(f"people{number}", f"{stage}: {_('These people')}", "choices", names))
        if who == approving.ROLE:
            found.append(Parameter(f"role{number}", f"{stage}: {_('Role')}", "choice", roles))
        if who:
            found.append(Parameter(f"how{number}", f"{stage}: {_('How many of them')}", "choice", HOW))
    found.append(
        Parameter(
            "days",
            gettext_lazy("Days to decide"),
            "number",
            help=gettext_lazy("Who has not decided is reminded each day."),
        )
    )
    found.append(
        Parameter("late", gettext_lazy("When the time is over"), "choice", list(LATE.items()), redraws=True)
    )
    if settings.get("late") == escalating.PERSON:
        found.append(
            Parameter("late_person", gettext_lazy("Who is asked then"), "choice", [("", "–"), *names])
        )
    if settings.get("late"):
        found.append(
            Parameter(
                "late_days",
                gettext_lazy("Days to decide from then on"),
                "number",
                help=gettext_lazy("Left empty: as many as before."),
            )
        )
    found.append(Parameter("lock", gettext_lazy("While it waits"), "choice", Locking.choices, redraws=True))
    if settings.get("lock") == Locking.FIELDS:
        fields = [(name, field.label) for name, field in record_type.editable_fields.items()]
        found.append(Parameter("locked_fields", gettext_lazy("These fields"), "choices", fields))
    return found


def _check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for number in STAGES:
        who = str(settings.get(f"who{number}") or "")
        if not who:
            break
        kept[f"who{number}"] = who
        kept[f"how{number}"] = "all" if settings.get(f"how{number}") == "all" else "any"
        if who == approving.PEOPLE:
            given = [str(one) for one in settings.get(f"people{number}") or []]
            ids = [int(one) for one in given if one.isascii() and one.isdigit() and len(one) <= 18]
            there = User.objects.filter(pk__in=ids, is_active=True).count()
            if not ids or len(ids) != len(given) or there != len(set(ids)) or len(ids) > MOST_PEOPLE:
                raise StepProblem(_("Choose who decides."), f"people{number}")
            kept[f"people{number}"] = ids
        elif who == approving.ROLE:
            role = str(settings.get(f"role{number}") or "")
            if (
                not (role.isascii() and role.isdigit())
                or len(role) > 18
                or not Role.objects.filter(pk=int(role)).exists()
            ):
                raise StepProblem(_("Choose a role."), f"role{number}")
            kept[f"role{number}"] = int(role)
        else:
            raise StepProblem(_("Choose who decides."), f"who{number}")
    if not kept:
        raise StepProblem(_("Choose who decides."), "who1")
    kept["days"] = _days(settings, "days", 7)
    return {**kept, **_checked_late(settings, kept["days"]), **_checked_lock(record_type, settings)}


def _days(settings: Mapping[str, Any], name: str, usual: int) -> int:
    days = str(settings.get(name) or usual).strip()
    if not (days.isascii() and days.isdigit() and len(days) <= 3 and 0 < int(days) <= LONGEST_DAYS):
        raise StepProblem(_("Write a whole number from 1 to %(most)s.") % {"most": LONGEST_DAYS}, name)
    return int(days)


def _checked_late(settings: Mapping[str, Any], days: int) -> dict[str, Any]:
    """Who is asked past the deadline, as kept."""
    late = str(settings.get("late") or "")
    if late not in LATE:
        raise StepProblem(_("Choose what happens when the time is over."), "late")
    if not late:
        return {}
    kept: dict[str, Any] = {"late": late, "late_days": _days(settings, "late_days", days)}
    if late == escalating.PERSON:
        person = str(settings.get("late_person") or "")
        if (
            not (person.isascii() and person.isdigit() and len(person) <= 18)
            or not User.objects.filter(pk=int(person), is_active=True).exists()
        ):
            raise StepProblem(_("Choose who is asked then."), "late_person")
        kept["late_person"] = int(person)
    return kept


def _checked_lock(record_type: RecordType, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What nobody changes meanwhile, as kept."""
    lock = str(settings.get("lock") or "")
    if lock not in Locking.values:
        raise StepProblem(_("Choose what nobody changes meanwhile."), "lock")
    if not lock:
        return {}
    if lock == Locking.RECORD:
        return {"lock": lock}
    given = settings.get("locked_fields")
    names = [str(one) for one in given] if isinstance(given, (list, tuple)) else []
    if not names or not set(names) <= record_type.editable_fields.keys():
        raise StepProblem(_("Choose at least one field."), "locked_fields")
    return {"lock": lock, "locked_fields": list(dict.fromkeys(names))}


def escalation_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Who is asked past the deadline, as requests keep it; empty: nobody."""
    if not settings.get("late"):
        return {}
    found = {"to": settings["late"], "days": settings["late_days"]}
    return {**found, "person": settings["late_person"]} if "late_person" in settings else found


def stages_of(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stages as requests keep them."""
    return [
        {
            "who": settings[f"who{number}"],
            "people": settings.get(f"people{number}", []),
            "role": settings.get(f"role{number}", 0),
            "all": settings.get(f"how{number}") == "all",
        }
        for number in STAGES
        if settings.get(f"who{number}")
    ]


def _says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    said = []
    for stage in stages_of(settings):
        rows = (
            User.objects.filter(pk__in=stage["people"])
            if stage["who"] == approving.PEOPLE
            else Role.objects.filter(pk=stage["role"])
        )
        names = ", ".join(rows.values_list("name", flat=True))
        said.append(f"{names} ({HOW[1][1] if stage['all'] else HOW[0][1]})")
    parts = [" → ".join(said), _("%(days)s days") % {"days": settings["days"]}]
    if late := settings.get("late"):
        name = User.objects.filter(pk=settings.get("late_person", 0)).values_list("name", flat=True).first()
        parts.append(f"{_('When the time is over')}: {name or LATE[late]}")
    match settings.get("lock"):
        case Locking.RECORD:
            parts.append(str(Locking.RECORD.label))
        case Locking.FIELDS:
            known = record_type.fields
            labels = [str(known[name].label) for name in settings["locked_fields"] if name in known]
            parts.append(f"{Locking.FIELDS.label}: {', '.join(labels)}")
    return " · ".join(parts)


def _preview(batch: Batch) -> dict[int, str]:
    found = {}
    for number in batch.ids:
        asked = approving.approvers(stages_of(batch.settings)[0], batch.record_type, number)
        names = User.objects.filter(pk__in=asked).order_by("name").values_list("name", flat=True)
        found[number] = _("Asked first: %(names)s") % {"names": ", ".join(names) or _("nobody")}
    return found


def _execute(batch: Batch) -> Outcomes:
    outcomes: Outcomes = {}
    days = batch.settings["days"]
    for number in batch.ids:
        request = approving.ask(
            run_id=batch.runs[number],
            step=batch.step,
            record_type=batch.record_type,
            record_id=number,
            stages=stages_of(batch.settings),
            days=days,
            lock=batch.settings.get("lock", ""),
            locked_fields=batch.settings.get("locked_fields", ()),
            escalation=escalation_of(batch.settings),
        )
        if request is None:
            nobody = _("Nobody is there who could decide and may see the record.")
            outcomes[number] = Outcome("refused", ok=False, detail=nobody)
        else:
            until = (timezone.now() + timedelta(days=days)).isoformat()
            outcomes[number] = Outcome("waits", {"until": until, "approval": request.pk})
    return outcomes


def _decided(batch: Batch) -> set[int]:
    approving.expire(list(batch.runs.values()), batch.step)
    return approving.approved(batch.runs, batch.step)


def _prolonged(batch: Batch) -> dict[int, tuple[datetime, Mapping[str, Any]]]:
    records = {run: record_id for record_id, run in batch.runs.items()}
    found = escalating.escalated(list(records), batch.step)
    return {records[run]: (until, {"users": people}) for run, (until, people) in found.items()}


STEP = StepKind(
    "approval",
    gettext_lazy("Ask for approval"),
    "shield-check",
    _parameters,
    _check,
    _says,
    _preview,
    _execute,
    order=65,
    decided=_decided,
    prolonged=_prolonged,
)
