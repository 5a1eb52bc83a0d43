"""Values that steps give to fields: constants, formulas over the record, and what stands in another field of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import triggers
from dangol.automation.acting import ORIGIN
from dangol.automation.ports import Batch, Outcome, Outcomes, StepProblem
from dangol.identity.actors import Actor
from dangol.records import fieldrules, lists, permissions, writing
from dangol.records.arrays import one_of
from dangol.records.bulk.acts import locale_of
from dangol.records.expressions.building import expression
from dangol.records.expressions.checking import Formula
from dangol.records.expressions.checking import read as read_formula
from dangol.records.expressions.errors import FormulaError
from dangol.records.fields import Field, FieldError, Ref, Reference
from dangol.records.fields.base import Label
from dangol.records.fields.masks import Masked
from dangol.records.types import RecordType
from dangol.records.writing import Change, WriteError

VALUE, FORMULA, COPY, CLEAR, SELF = "value", "formula", "copy", "clear", "this"
MODES: dict[str, Label] = {
    VALUE: gettext_lazy("the value"),
    FORMULA: gettext_lazy("a formula"),
    COPY: gettext_lazy("what stands in the field"),
    CLEAR: gettext_lazy("nothing (empty)"),
}
SELF_MODE: tuple[str, Label] = (SELF, gettext_lazy("this record"))
MOST_LINES = 20

Line = Mapping[str, Any]


def writable(record_type: RecordType, actor: Actor) -> dict[str, Field]:
    """The fields that the actor may set, in their order."""
    seen = fieldrules.seen_by(actor, record_type)
    readable = permissions.fields_for(actor, record_type)
    return {
        name: field
        for name, field in seen.editable_fields.items()
        if name in readable and not isinstance(field, Masked)
    }


def checked_lines(
    target: RecordType, source: RecordType, raw: Any, actor: Actor, *, creating: bool
) -> list[dict[str, Any]]:
    """Lines as entered → as kept. `target` gets the values, formulas and copies read from `source`. Raises StepProblem."""
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise StepProblem(_("Say which fields get which values."), "lines")
    given = [line for line in raw if isinstance(line, Mapping) and line.get("field")]
    if not given:
        raise StepProblem(_("Say which fields get which values."), "lines")
    if len(given) > MOST_LINES:
        raise StepProblem(_("At most %(limit)s fields.") % {"limit": MOST_LINES}, "lines")
    known = writable(target, actor)
    found: list[dict[str, Any]] = []
    for line in given:
        name = str(line["field"])
        if name not in known:
            raise StepProblem(
                _("There is no field “%(name)s” that can be set.") % {"name": name[:60]}, "lines"
            )
        if any(other["field"] == name for other in found):
            raise StepProblem(_("The field “%(name)s” is set twice.") % {"name": known[name].label}, "lines")
        found.append(_checked_line(target, source, known[name], line, actor, creating))
    return found


def _checked_line(
    target: RecordType, source: RecordType, field: Field, line: Line, actor: Actor, creating: bool
) -> dict[str, Any]:
    mode = str(line.get("mode") or VALUE)
    kept = {"field": field.name, "mode": mode}
    raw = line.get("value")
    match mode:
        case "clear":
            if field.required:
                raise StepProblem(_("“%(field)s” cannot be empty.") % {"field": field.label}, "lines")
            return kept
        case "this":
            if not creating or field.target != source.name:
                raise StepProblem(
                    _("“%(field)s” does not refer to such a record.") % {"field": field.label}, "lines"
                )
            return kept
        case "copy":
            name = str(raw or "")
            if name not in permissions.fields_for(actor, source):
                raise StepProblem(
                    _("There is no field “%(name)s” to copy from.") % {"name": name[:60]}, "lines"
                )
            return {**kept, "value": name}
        case "formula":
            try:
                formula = read_formula(str(raw or ""), source)
            except FormulaError as error:
                raise StepProblem(f"{field.label}: {error.message}", "lines") from error
            return {**kept, "value": formula.text}
        case "value":
            if raw in (None, "", []):
                raise StepProblem(
                    _("Enter a value for “%(field)s”, or choose “nothing (empty)”.") % {"field": field.label},
                    "lines",
                )
            try:
                value = triggers.constant(target, field.name, raw, actor, "lines")
            except StepProblem as problem:
                raise StepProblem(f"{field.label}: {problem.message}", "lines") from problem
            return {**kept, "value": triggers.plain(field, value)}
    raise StepProblem(_("Choose what the field gets."), "lines")


def values_for(batch: Batch, lines: Sequence[Line], target: RecordType) -> dict[int, dict[str, Any]]:
    """What each record's lines come to, for the writer. One query for all formulas, one for all copies."""
    constants: dict[str, Any] = {}
    formulas: dict[str, Formula] = {}
    copies: dict[str, str] = {}
    itself: list[str] = []
    for line in lines:
        name, mode = line["field"], line["mode"]
        if mode == FORMULA:
            formulas[name] = read_formula(line["value"], batch.record_type)
        elif mode == COPY:
            copies[name] = line["value"]
        elif mode == SELF:
            itself.append(name)
        else:
            constants[name] = line.get("value") if mode == VALUE else None
    reckoned = _reckoned(batch, formulas, target) if formulas else {}
    copied = _copied(batch, copies, target) if copies else {}
    return {
        record_id: {
            **constants,
            **reckoned.get(record_id, {}),
            **copied.get(record_id, {}),
            **{name: Ref(id=record_id) for name in itself},
        }
        for record_id in batch.ids
    }


def _reckoned(batch: Batch, formulas: Mapping[str, Formula], target: RecordType) -> dict[int, dict[str, Any]]:
    guard = permissions.guard_of(batch.actor)
    made = {
        f"_v{place}": expression(formula.tree, batch.record_type, guard)
        for place, formula in enumerate(formulas.values())
    }
    rows = permissions.visible_to(batch.actor, batch.record_type).filter(pk__in=one_of(batch.ids, "bigint"))
    found: dict[int, dict[str, Any]] = {}
    for record_id, *values in rows.annotate(**made).values_list("pk", *made):
        found[record_id] = {
            name: _fitting(target.fields[name], value) for name, value in zip(formulas, values, strict=True)
        }
    return found


def _fitting(field: Field, value: Any) -> Any:
    """A formula's number in as many places as the field has: half up, as everywhere."""
    from decimal import ROUND_HALF_UP, Decimal

    if isinstance(value, Decimal):
        places = getattr(field, "places", 0)
        return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return value


def _copied(batch: Batch, copies: Mapping[str, str], target: RecordType) -> dict[int, dict[str, Any]]:
    rows = lists.records_at(
        actor=batch.actor,
        record_type=batch.record_type,
        ids=batch.ids,
        columns=list(dict.fromkeys(copies.values())),
    )
    locale = locale_of(batch.actor)
    found: dict[int, dict[str, Any]] = {}
    for record_id, row in rows.items():
        values = {}
        for name, source in copies.items():
            value = row.get(source)
            field = batch.record_type.fields[source]
            if isinstance(value, Ref) and not isinstance(target.fields[name], Reference):
                value = value.title
            elif (
                value is not None
                and target.fields[name].kind in ("text", "long_text")
                and not isinstance(value, str)
            ):
                value = field.text(value, locale)
            values[name] = value
        found[record_id] = values
    return found


def written(
    batch: Batch, target: RecordType, changes: Mapping[int, Mapping[str, Any]], *, new: bool
) -> Outcomes:
    """Write these values, each record's for itself or (`new`) as a new record; what became of each. About twelve queries.

    A record that refuses its values does not keep the others from theirs.
    """
    ids = list(changes)
    batch_of = [Change(changes[number], id=None if new else number) for number in ids]
    try:
        done = writing.write(target, batch_of, actor=batch.actor, collect=True, origin=ORIGIN)
    except WriteError as problem:
        if len(ids) > 1:
            found: Outcomes = {}
            for number in ids:
                found |= written(batch, target, {number: changes[number]}, new=new)
            return found
        return {ids[0]: _refused(target, problem.errors)}
    errors: dict[int, list[Any]] = {}
    for error in done.errors:
        errors.setdefault(error.index, []).append(error)
    unchanged = set(done.unchanged)
    outcomes: Outcomes = {}
    for place, number in enumerate(ids):
        names = sorted(changes[number])
        if place in errors:
            outcomes[number] = _refused(target, errors[place])
        elif new:
            outcomes[number] = Outcome("made", {"record_type": target.name, "id": done.ids[place]})
        else:
            outcomes[number] = Outcome("unchanged" if number in unchanged else "set", {"fields": names})
    return outcomes


def _refused(target: RecordType, errors: Iterable[Any]) -> Outcome:
    said = []
    for error in errors:
        field = target.fields.get(error.field)
        said.append(f"{field.label}: {error.message}" if field else str(error.message))
    names = sorted({error.field for error in errors if error.field})
    return Outcome("refused", {"fields": names}, ok=False, detail=" ".join(dict.fromkeys(said)))


def says_lines(target: RecordType, source: RecordType, lines: Sequence[Line], actor: Actor) -> str:
    """The lines as a sentence. A query for each constant that is a reference."""
    said = []
    for line in lines:
        field = target.fields.get(line["field"])
        label = field.label if field else line["field"]
        match line["mode"]:
            case "value":
                what = triggers.shown(target, line["field"], line["value"], actor)
            case "formula":
                what = f"= {line['value']}"
            case "copy":
                copied = source.fields.get(line["value"])
                what = _("as in “%(field)s”") % {"field": copied.label if copied else line["value"]}
            case "this":
                what = str(SELF_MODE[1])
            case _:
                what = _("empty")
        said.append(f"{label} → {what}")
    return ", ".join(said)


def preview_values(batch: Batch, target: RecordType, values: Mapping[str, Any]) -> str:
    """Values about to be written, as the actor reads them."""
    locale = locale_of(batch.actor)
    said = []
    for name, raw in values.items():
        field = target.fields[name]
        try:
            value = field.parse(raw, locale)
        except FieldError as problem:
            said.append(f"{field.label}: {problem.message}")
            continue
        if isinstance(value, Ref):
            assert isinstance(field, Reference)
            text = value.title or triggers.titles_of(field, [value.id], batch.actor).get(
                value.id, f"#{value.id}"
            )
        else:
            text = field.text(value, locale) if value is not None else ""
        said.append(f"{field.label} → {text or _('empty')}")
    return ", ".join(said)
