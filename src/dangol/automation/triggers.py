"""What a rule begins with: as it is entered, kept, said and matched against what changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import ports
from dangol.automation.ports import Parameter, StepProblem
from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry
from dangol.records.bulk.acts import locale_of
from dangol.records.fields import Choice, Date, DateTime, Field, FieldError, MultiChoice, Ref, Reference
from dangol.records.fields.base import Label
from dangol.records.types import Draft, RecordType
from dangol.records.writing.resolving import resolve_references

CREATED, CHANGED, DELETED = "created", "changed", "deleted"
SCHEDULE, DATE, BUTTON, EVENT = "schedule", "date", "button", "event"
LABELS = {
    CREATED: gettext_lazy("A record is made"),
    CHANGED: gettext_lazy("A record changes"),
    DELETED: gettext_lazy("A record is deleted"),
    SCHEDULE: gettext_lazy("By the clock, for all records that meet the condition"),
    DATE: gettext_lazy("A date of the record comes"),
    BUTTON: gettext_lazy("Somebody presses a button on the record's page"),
    EVENT: gettext_lazy("Something else happens"),
}
EVERY = {
    "hour": gettext_lazy("Every hour"),
    "day": gettext_lazy("Every day"),
    "week": gettext_lazy("Every week"),
}
WEEKDAYS = {
    0: gettext_lazy("Monday"), 1: gettext_lazy("Tuesday"), 2: gettext_lazy("Wednesday"), 3: gettext_lazy("Thursday"),
    4: gettext_lazy("Friday"), 5: gettext_lazy("Saturday"), 6: gettext_lazy("Sunday"),
}  # fmt: skip
MOST_DAYS = 3_650
_NUMBERED = re.compile(r"\(#(\d{1,18})\)\s*$", re.ASCII)
"""How the builder writes a record that somebody chose: its name, and its id so that two of the same name stay apart."""


def checked(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """A trigger as entered → as kept. Raises StepProblem naming the input. A query for a value that is a reference."""
    kind = str(raw.get("kind", ""))
    match kind:
        case "created" | "deleted":
            return {"kind": kind}
        case "changed":
            return _changed(record_type, raw, actor)
        case "schedule":
            return _schedule(raw)
        case "date":
            return _date(record_type, raw, actor)
        case "button":
            label = str(raw.get("label", "")).strip()
            if not label or len(label) > 40:
                raise StepProblem(_("Say what stands on the button, in at most 40 characters."), "label")
            return {"kind": kind, "label": label}
        case "event":
            found = ports.signal(str(raw.get("event", "")))
            if found is None or found.record_type != record_type.name:
                raise StepProblem(_("Choose what happens."), "event")
            return {"kind": kind, "event": found.key}
    raise StepProblem(_("Choose what the rule begins with."), "kind")


def _changed(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    given = raw.get("fields") or []
    names = (
        [str(name) for name in given] if isinstance(given, Sequence) and not isinstance(given, str) else []
    )
    known = watchable(record_type, actor)
    for name in names:
        if name not in known:
            raise StepProblem(
                _("There is no field “%(name)s” whose changes could be watched.") % {"name": name[:60]},
                "fields",
            )
    kept: dict[str, Any] = {"kind": CHANGED, "fields": names}
    for side in ("from", "to"):
        value = raw.get(side)
        if value in (None, "", []):
            continue
        if len(names) != 1:
            raise StepProblem(_("Values from and to need exactly one field."), "fields")
        kept[side] = plain(known[names[0]], constant(record_type, names[0], value, actor, side))
    return kept


def _schedule(raw: Mapping[str, Any]) -> dict[str, Any]:
    every = str(raw.get("every", ""))
    if every not in EVERY:
        raise StepProblem(_("Choose how often."), "every")
    kept: dict[str, Any] = {"kind": SCHEDULE, "every": every}
    if every != "hour":
        try:
            at = time.fromisoformat(str(raw.get("at") or "09:00"))
        except ValueError:
            raise StepProblem(_("Write the time of day like 09:00."), "at") from None
        kept["at"] = f"{at:%H:%M}"
    if every == "week":
        weekday = str(raw.get("weekday", "0"))
        if weekday not in {str(number) for number in WEEKDAYS}:
            raise StepProblem(_("Choose a day of the week."), "weekday")
        kept["weekday"] = int(weekday)
    return kept


def _date(record_type: RecordType, raw: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    name = str(raw.get("field", ""))
    if name not in dates(record_type, actor):
        raise StepProblem(_("Choose a date of the record."), "field")
    return {"kind": DATE, "field": name, "days": whole_days(raw.get("days", 0), "days")}


def whole_days(raw: Any, parameter: str, *, low: int = -MOST_DAYS) -> int:
    """A number of days. Raises StepProblem."""
    text = str(raw or 0).strip()
    number = text.removeprefix("-").removeprefix("+")
    if not (number.isascii() and number.isdigit() and len(number) <= 4) or not low <= int(text) <= MOST_DAYS:
        raise StepProblem(_("Write a whole number of days, such as 7 or -3."), parameter)
    return int(text)


def constant(record_type: RecordType, name: str, raw: Any, actor: Actor, parameter: str) -> Any:
    """A value somebody entered for a field, with references found. Raises StepProblem. A query for a reference."""
    field = record_type.fields[name]
    locale = locale_of(actor)
    if isinstance(field, Reference) and isinstance(raw, str) and (numbered := _NUMBERED.search(raw)):
        raw = int(numbered.group(1))
    try:
        value = field.parse(raw, locale)
    except FieldError as problem:
        raise StepProblem(str(problem.message), parameter) from problem
    if isinstance(value, Ref):
        draft = Draft(0, None, {name: value})
        for error in resolve_references(record_type, [draft], actor=actor, locale=locale):
            raise StepProblem(f"{error.message} ({raw})"[:300], parameter)
        return draft.values[name]
    return value


def plain(field: Field, value: Any) -> Any:
    """A value as JSON, by which it is kept and compared: of a reference the id."""
    if isinstance(value, Ref):
        return value.id
    return None if value in (None, "") else field.to_json(value)


def watchable(record_type: RecordType, actor: Actor) -> dict[str, Field]:
    """The fields whose changes can set a rule off: those that history tells of, and that the actor may see unmasked."""
    known = permissions.fields_for(actor, record_type)
    return {
        name: field
        for name, field in known.items()
        if field.editable
        and not field.computed
        and (name in record_type.table.columns or name in record_type.own_fields or name == "tags")
        and fieldrules.is_clear(actor, record_type.name, name)
    }


def dates(record_type: RecordType, actor: Actor | None = None) -> dict[str, Field]:
    """The dates and moments of a record itself, by which a rule can come."""
    known = permissions.fields_for(actor, record_type) if actor is not None else record_type.fields
    return {
        name: field
        for name, field in known.items()
        if isinstance(field, Date | DateTime) and not field.computed and not field.needs
    }


def require(record_type: RecordType, trigger: Mapping[str, Any]) -> None:
    """Raise `definitions.Broken` where the trigger names something that is gone."""
    from dangol.automation.definitions import Broken

    names = [*trigger.get("fields", ()), *([trigger["field"]] if "field" in trigger else [])]
    for name in names:
        if name not in record_type.fields:
            raise Broken(_("What it begins with names the field “%(name)s”, which is gone.") % {"name": name})
    if trigger.get("kind") == EVENT and ports.signal(str(trigger.get("event"))) is None:
        raise Broken(_("What it begins with does not exist any more."))


def entered(record_type: RecordType, name: str, kept: Any, actor: Actor) -> str:
    """A kept value as it is written into an input, from which `constant` reads it back. One query for a reference."""
    field = record_type.fields.get(name)
    if kept is None or field is None:
        return ""
    if isinstance(field, Reference):
        return f"{shown(record_type, name, kept, actor)} (#{kept})"
    locale = locale_of(actor)
    try:
        value = field.parse(kept, locale)
        return (
            field.text(value, locale)
            if field.kind in ("choice", "boolean")
            else str(field.input(value, locale))
        )
    except FieldError:
        return str(kept)


def parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> list[Parameter]:
    """The inputs of the card "when". No query."""
    kinds = [
        (kind, label) for kind, label in LABELS.items() if kind != EVENT or ports.signals(record_type.name)
    ]
    found = [Parameter("kind", gettext_lazy("What happens"), "choice", kinds, redraws=True)]
    match settings.get("kind") or CREATED:
        case "changed":
            fields = [(name, field.label) for name, field in watchable(record_type, actor).items()]
            found.append(
                Parameter(
                    "fields", gettext_lazy("Which fields"), "choices", fields, redraws=True,
                    help=gettext_lazy("None chosen: whatever changes. Exactly one: values from and to can be said."),
                )
            )  # fmt: skip
            chosen = settings.get("fields") or []
            if len(chosen) == 1:
                name = str(chosen[0])
                found += [
                    _side(record_type, name, "from", gettext_lazy("From the value"), settings, actor),
                    _side(record_type, name, "to", gettext_lazy("To the value"), settings, actor),
                ]
        case "schedule":
            found.append(
                Parameter("every", gettext_lazy("How often"), "choice", list(EVERY.items()), redraws=True)
            )
            if settings.get("every") == "week":
                days = [(str(number), label) for number, label in WEEKDAYS.items()]
                found.append(Parameter("weekday", gettext_lazy("Weekday"), "choice", days))
            if settings.get("every") in ("day", "week"):
                found.append(Parameter("at", gettext_lazy("Time of day"), "time"))
        case "date":
            options = [(name, field.label) for name, field in dates(record_type, actor).items()]
            found += [
                Parameter("field", gettext_lazy("Date"), "choice", options),
                Parameter(
                    "days",
                    gettext_lazy("Days after it"),
                    "number",
                    help=gettext_lazy("Negative for days before it."),
                ),
            ]
        case "button":
            found.append(Parameter("label", gettext_lazy("What stands on the button")))
        case "event":
            facts = [(one.key, one.label) for one in ports.signals(record_type.name)]
            found.append(Parameter("event", gettext_lazy("What"), "choice", facts))
    return found


def _side(
    record_type: RecordType, name: str, side: str, label: Label, settings: Mapping[str, Any], actor: Actor
) -> Parameter:
    """The input for the value before or after: chosen where the field has choices, else written."""
    field = record_type.fields.get(name)
    language = locale_of(actor).language
    if isinstance(field, MultiChoice) or not (
        isinstance(field, Choice) or (field and field.kind == "boolean")
    ):
        return Parameter(side, label, "value", before=name)
    if isinstance(field, Choice):
        labels = [text for _code, text in field.options(language)]
    else:
        labels = [field.text(value, locale_of(actor)) for value in (True, False)]
    if (held := str(settings.get(side) or "")) and held not in labels:
        labels.append(held)  # no longer offered
    return Parameter(
        side, label, "choice", [("", gettext_lazy("anything")), *((text, text) for text in labels)]
    )


# matching

Changes = Mapping[str, tuple[Any, Any]]
"""Field → what was there before and after, as `plain` gives it."""


def is_met(trigger: Mapping[str, Any], changes: Changes) -> bool:
    """Whether these changes of one record are what a trigger of the kind "changed" waits for."""
    names = trigger.get("fields") or list(changes)
    touched = [name for name in names if name in changes]
    if not touched:
        return False
    if "from" not in trigger and "to" not in trigger:
        return True
    before, after = changes[touched[0]]
    return ("from" not in trigger or _same(trigger["from"], before)) and (
        "to" not in trigger or _same(trigger["to"], after)
    )


def _same(wanted: Any, found: Any) -> bool:
    return bool(wanted == found)


# in words


def says(record_type: RecordType, trigger: Mapping[str, Any], actor: Actor) -> str:
    """The trigger as a sentence. A query for a value that is a reference."""
    kind = trigger.get("kind")
    match kind:
        case "changed":
            return _says_changed(record_type, trigger, actor)
        case "schedule":
            at = str(trigger.get("at", ""))
            day = str(WEEKDAYS[trigger["weekday"]]) if "weekday" in trigger else ""
            return " ".join(part for part in (str(EVERY[trigger["every"]]), day, at) if part)
        case "date":
            label = _label(record_type, trigger["field"])
            days = trigger["days"]
            if days < 0:
                return _("%(days)s days before: %(field)s") % {"field": label, "days": -days}
            if days > 0:
                return _("%(days)s days after: %(field)s") % {"field": label, "days": days}
            return _("On the day: %(field)s") % {"field": label}
        case "button":
            return _("The button “%(label)s” is pressed") % {"label": trigger["label"]}
        case "event":
            found = ports.signal(str(trigger.get("event")))
            return str(found.label) if found else "–"
    return str(LABELS.get(str(kind), "–"))


def _says_changed(record_type: RecordType, trigger: Mapping[str, Any], actor: Actor) -> str:
    names = trigger.get("fields") or []
    if not names:
        return str(LABELS[CHANGED])
    labels = ", ".join(_label(record_type, name) for name in names)
    if len(names) == 1 and ("from" in trigger or "to" in trigger):
        before, after = (
            shown(record_type, names[0], trigger[side], actor) if side in trigger else _("anything")
            for side in ("from", "to")
        )
        return _("%(field)s changes: %(before)s → %(after)s") % {
            "field": labels,
            "before": before,
            "after": after,
        }
    return _("One of these changes: %(fields)s") % {"fields": labels}


def _label(record_type: RecordType, name: str) -> str:
    field = record_type.fields.get(name)
    return str(field.label) if field else name


def shown(record_type: RecordType, name: str, kept: Any, actor: Actor) -> str:
    """A kept value as the actor reads it. One query for a reference."""
    field = record_type.fields.get(name)
    if field is None:
        return str(kept)
    if isinstance(field, Reference):
        titles = titles_of(field, [kept], actor)
        return titles.get(kept, f"#{kept}")
    try:
        return field.text(field.parse(kept, locale_of(actor)), locale_of(actor)) or "–"
    except FieldError:
        return str(kept)


def titles_of(field: Reference, ids: Iterable[Any], actor: Actor) -> dict[Any, str]:
    """What referred records are called, of those that the actor may see. One query."""
    target = registry.find(field.target) if field.target else None
    rows: Any = permissions.visible_to(actor, target) if target else field.model._default_manager.all()
    found = dict(rows.filter(pk__in=list(ids)).values_list("pk", field.title))
    if target is not None:
        return {key: str(fieldrules.masked_title(actor, target, str(title))) for key, title in found.items()}
    return {key: str(title) for key, title in found.items()}


def titles_for(actor: Actor) -> Callable[[Any, int], str]:
    """Names for the records that a condition refers to, as chips ask for them. One query for each."""
    return lambda field, record_id: titles_of(field, [record_id], actor).get(record_id, "")
