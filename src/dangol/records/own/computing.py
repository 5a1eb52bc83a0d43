"""What is asked of computed fields before they are kept, changed or made fast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.backends.postgresql.psycopg_any import mogrify
from django.db.models import Q
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.records import registry
from dangol.records.expressions.checking import Formula, read
from dangol.records.expressions.errors import FormulaError
from dangol.records.expressions.kinds import LABELS
from dangol.records.expressions.tree import Apply, Input, walk
from dangol.records.filters.messages import quoted
from dangol.records.models import IndexState, OwnField, OwnKind
from dangol.records.own import definitions, formulas, roll_settings, rolling

LOCK = 0x464F524D
ROLL_UP_TASK = "dangol.records.own.roll_up"
Errors = defaultdict[str, list[str]]


def one_at_a_time(kind: str) -> None:
    """Let nobody else keep a computed field until the transaction ends: two together could read each other."""
    if kind in (OwnKind.FORMULA, OwnKind.ROLL_UP):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def settings_of(definition: OwnField, before: OwnField | None, errors: Errors) -> dict[str, Any]:
    """What is kept of a computed field; what is wrong with it goes into `errors`."""
    if definition.kind == OwnKind.ROLL_UP:
        kept = roll_settings.settings_of(definition, before, errors)
        place = "function"
    else:
        kept = _formula_settings(definition, errors)
        place = "formula"
    result = kept.get("result")
    if before is not None and result is not None and before.settings.get("result") != result:
        readers = _formulas(definition)
        if readers:
            errors[place].append(
                _("Its result would become “%(kind)s”, but it is read by: %(fields)s.")
                % {
                    "kind": LABELS.get(result, result),
                    "fields": ", ".join(_titled(*pair) for pair in readers),
                }
            )
    return kept


def _formula_settings(definition: OwnField, errors: Errors) -> dict[str, Any]:
    places = definition.settings.get("places")
    if places not in (None, "") and (not isinstance(places, int) or not 0 <= places <= 10):
        errors["places"].append(
            _("The number must lie between %(low)s and %(high)s.") % {"low": 0, "high": 10}
        )
    written = definition.settings.get("formula") or ""
    try:
        formula = read(written, registry.get(definition.record_type))
    except FormulaError as problem:
        errors["formula"].append(located(problem, written))
        return {}
    circle = _circle(definition, formula)
    if circle:
        errors["formula"].append(_("The formula reads itself, by way of “%(field)s”.") % {"field": circle})
        return {}
    kept = {} if errors["places"] else formulas.settings_of(formula, definition.settings)
    if not errors["places"]:
        del errors["places"]
    return kept


def located(problem: FormulaError, written: str) -> str:
    """The message, with the part of the text that is wrong in front of it."""
    part = written[problem.position : problem.position + problem.length].strip()
    if not part:
        return problem.message
    return _("At “%(part)s” (character %(place)s): %(message)s") % {
        "part": quoted(part), "place": problem.position + 1, "message": problem.message,
    }  # fmt: skip


def _circle(definition: OwnField, formula: Formula) -> str:
    """The label of the field by way of which a formula would read itself; empty where none does."""
    itself = (definition.record_type, definition.name)
    for record_type, name in sorted(formula.reads):
        source = registry.get(record_type).fields.get(name)
        if (record_type, name) == itself or (source is not None and itself in definitions.reads(source)):
            return str(source.label) if source is not None else name
    return ""


def refuse_while_read(definition: OwnField, *, leaving: str = "") -> None:
    """Raises ValidationError where computed fields read this one; those of the type `leaving` go with it."""
    readers = [pair for pair in _formulas(definition) if pair[0].name != leaving]
    _refuse(readers, [other for other in _roll_ups(definition) if other.record_type != leaving])


def refuse_while_type_is_read(name: str) -> None:
    """Raises ValidationError where computed fields of other types read any field of this one, or count its records."""
    readers = [
        (reading, field)
        for reading in registry.all_types()
        for field in reading.own_fields.values()
        if reading.name != name
        and isinstance(field, formulas.FormulaField)
        and any(read == name for read, _field in field.direct)
    ]
    _refuse(readers, list(rolling.kept(settings__child=name).exclude(record_type=name)))


def _refuse(readers: Sequence[tuple[Any, formulas.Computed]], roll_ups: Sequence[OwnField]) -> None:
    labels = [_titled(record_type.label, field.label) for record_type, field in readers]
    for other in roll_ups:
        record_type = registry.find(other.record_type)
        labels.append(_titled(record_type.label if record_type else other.record_type, other))
    if labels:
        raise ValidationError(
            _("It is read by: %(fields)s. Change or delete those first.") % {"fields": ", ".join(labels)}
        )


def _formulas(definition: OwnField) -> list[tuple[Any, formulas.Computed]]:
    found = definitions.readers(definition.record_type, definition.name)
    return [pair for pair in found if isinstance(pair[1], formulas.FormulaField)]


def _roll_ups(definition: OwnField) -> list[OwnField]:
    """Roll-ups of the field, also those that are being computed. One query."""
    read = Q(settings__inputs__contains=[definition.name]) | Q(settings__through=definition.name)
    return list(rolling.kept().filter(read, settings__child=definition.record_type))


def _titled(record_type: Any, field: Any) -> str:
    return f"{getattr(record_type, 'label', record_type)} · {getattr(field, 'label', field)}"


def recompute_readers(definition: OwnField) -> None:
    """Have roll-ups computed anew that read a formula which has become another, also through other formulas."""
    waiting, seen = [definition], {definition.pk}
    while waiting:
        changed = waiting.pop()
        for other in _roll_ups(changed):
            ask_for_values(other)
        for record_type, field in _formulas(changed):
            if field.identity not in seen and record_type.name == definition.record_type:
                seen.add(field.identity)
                waiting.append(OwnField.objects.get(pk=field.identity))


def ask_for_values(definition: OwnField) -> None:
    """Have all values of a roll-up computed in the background; until then no page shows it."""
    OwnField.objects.filter(pk=definition.pk).update(index_state=IndexState.BUILDING, index_error="")
    definition.index_state = IndexState.BUILDING
    queue.enqueue(ROLL_UP_TASK, field_id=definition.pk)


def index_is_void(before: OwnField, after: OwnField) -> bool:
    """Whether an index holds results of what the formula was before."""
    return (
        after.kind == OwnKind.FORMULA
        and after.settings != before.settings
        and before.index_state in (IndexState.READY, IndexState.BUILDING)
    )


def why_no_index(definition: OwnField) -> str:
    """Why no index can make a formula fast; empty where one can, and for fields that are not computed."""
    if definition.kind == OwnKind.ROLL_UP:
        return _("Roll-ups stand in a table of their own that has an index already.")
    if definition.kind != OwnKind.FORMULA:
        return ""
    try:
        formula = read(definition.settings.get("formula", ""), registry.get(definition.record_type))
    except FormulaError as problem:
        return problem.message
    if formula.kind.name == "boolean":
        return _("A yes or no splits the records in two; an index would not make that faster.")
    for part in walk(formula.tree):
        if isinstance(part, Input) and part.steps:
            return _("It reads other records (%(name)s): they change without this record changing.") % {
                "name": ".".join((*part.steps, part.name))
            }
        if isinstance(part, Input) and not part.fixed:
            return _("It reads %(name)s, which does not stand in the record itself.") % {"name": part.name}
        if isinstance(part, Apply) and not part.fixed:
            return _("It depends on the moment or on the reader’s language: today(), now() and label() do.")
    return ""


def sql_of_formula(definition: OwnField) -> str:
    """The SQL of a fixed formula over a row of its table, exactly as lists sort and filter by it."""
    field = definitions.field_of(definition)
    rows = field.bearer._base_manager.order_by().annotate(_value=field.expression())
    compiler = rows.query.get_compiler(connection=connection)
    compiler.pre_sql_setup()
    sql, parameters = compiler.compile(rows.query.annotations["_value"])
    return f"({mogrify(sql, parameters, connection)})"
