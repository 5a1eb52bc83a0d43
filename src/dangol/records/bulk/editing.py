"""The act "edit": new values for fields of many records, through the one writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.actors import Actor
from dangol.records import writing
from dangol.records.bulk import acts
from dangol.records.bulk.acts import ORIGIN, Act, Done, Refusal, Work
from dangol.records.bulk.edits import Edit, fixed_values, read_edits
from dangol.records.fields import Field, FieldError, Ref
from dangol.records.fields.own import OwnReference
from dangol.records.history import history_keys
from dangol.records.types import RecordType
from dangol.records.writing import Change, RowError, WriteError

SHOWN = 200
FORBIDDEN = gettext_lazy("You may see this record but not change it.")


def carry_out(work: Work) -> Done:
    """Write the edits to a chunk. Three queries beside the writer's."""
    edits: Sequence[Edit] = work.settings
    values = fixed_values(edits)
    touched = {edit.field.name for edit in edits} | values.keys()
    relative = [edit for edit in edits if edit.is_relative]
    stored, moved = _locked(work, relative)
    done = Done()
    changes: list[Change] = []
    meanwhile = changed_meanwhile(work, moved, touched) if moved else {}
    for number in work.ids:
        if number in meanwhile:
            done.refused.append(meanwhile[number])
            continue
        row = stored.get(number)
        if row is None:
            done.refused.append(Refusal(number, "missing", _("There is no such record.")))
            continue
        try:
            changes.append(Change(_new_values(values, relative, row), id=number, parsed=True))
        except _Unfit as unfit:
            done.refused.append(
                Refusal(number, unfit.problem.code, unfit.problem.message, unfit.name, _shown(unfit.old))
            )
    done.add(written(work, changes))
    return done


def written(work: Work, changes: Sequence[Change]) -> Done:
    """What the writer made of changes to records of the chunk; what it refuses as a whole is tried in halves."""
    done = Done()
    if not changes:
        return done
    name = work.record_type.name
    try:
        result = writing.write(work.record_type, changes, actor=work.actor, collect=True, origin=ORIGIN)
    except WriteError as problem:
        if len(changes) == 1:
            done.refused.append(_refusal(changes[0], problem.errors[0]))
            return done
        middle = len(changes) // 2
        done.add(written(work, changes[:middle]))
        done.add(written(work, changes[middle:]))
        return done
    refused: set[int] = set()
    for error in result.errors:
        if error.index not in refused:
            refused.add(error.index)
            done.refused.append(_refusal(changes[error.index], error))
    if result.updated:
        done.updated[name] = list(result.updated)
    done.unchanged = list(result.unchanged)
    return done


def _refusal(change: Change, error: RowError) -> Refusal:
    if error.code == "missing" and error.field == "id":
        # The selection holds only what the actor sees: it is there, but not his to change.
        return Refusal(change.id or 0, "forbidden", FORBIDDEN)
    return Refusal(change.id or 0, error.code, error.message, error.field, _shown(error.value))


def _shown(value: Any) -> str:
    if isinstance(value, Ref):
        value = value.title or value.id
    return "" if value is None else str(value)[:SHOWN]


class _Unfit(Exception):
    """The new value that follows from a stored one cannot be."""

    def __init__(self, name: str, old: Any, problem: FieldError) -> None:
        super().__init__(name)
        self.name, self.old, self.problem = name, old, problem


def _new_values(fixed: Mapping[str, Any], relative: Sequence[Edit], old: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(fixed)
    for edit in relative:
        before = old[edit.field.name]
        if before is None:
            continue  # there is nothing to go on from
        try:
            values[edit.field.name] = edit.applied(before)
        except FieldError as problem:
            raise _Unfit(edit.field.name, before, problem) from problem
    return values


def _locked(work: Work, relative: Sequence[Edit]) -> tuple[dict[int, dict[str, Any]], list[int]]:
    """The rows of the chunk, locked, with the values that relative edits go on from; and those changed since the preview.

    One query.
    """
    rows = work.record_type.model._default_manager.filter(pk__in=list(work.ids), deleted_at__isnull=True)
    rows = rows.select_for_update(of=("self",)).order_by("pk")
    table = connection.ops.quote_name(work.record_type.table.name)
    seen: Any = (
        RawSQL(  # noqa: S611 - the table's name is our own
            f"pg_visible_in_snapshot({table}.changed_in, %s::pg_snapshot)", [work.snapshot], BooleanField()
        )
        if work.snapshot
        else RawSQL("true", [], BooleanField())
    )
    read: dict[str, Any] = {"_seen": seen}
    places: list[tuple[Field, int, int]] = []
    for edit in relative:
        start = len(read) - 1
        for expression in edit.field.select():
            read[f"_v{len(read)}"] = expression
        places.append((edit.field, start, len(read) - 1))
    found: dict[int, dict[str, Any]] = {}
    moved = []
    for number, is_seen, *values in rows.annotate(**read).values_list("pk", *read):
        found[number] = {field.name: field.value_of(values[start:end]) for field, start, end in places}
        if not is_seen:
            moved.append(number)
    return found, moved


def changed_meanwhile(work: Work, ids: Sequence[int], touched: set[str]) -> dict[int, Refusal]:
    """Records in which somebody else changed, after the preview, a field that is to be changed now. One query."""
    table = work.record_type.table
    names = history_keys(work.record_type, touched)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (c.record_id) c.record_id, u.name, k.key
            FROM records_change c
            CROSS JOIN LATERAL jsonb_object_keys(c.changes) AS k(key)
            LEFT JOIN identity_user u ON u.id = c.actor_id
            WHERE c."table" = %s AND c.record_id = ANY(%s) AND c.request_id <> %s AND k.key = ANY(%s)
              AND NOT pg_visible_in_snapshot(c.changed_in, %s::pg_snapshot)
            ORDER BY c.record_id, c.id DESC
            """,
            [table.name, list(ids), work.actor.request_id, list(names), work.snapshot],
        )
        found = cursor.fetchall()
    refusals = {}
    for number, who, column in found:
        name = names[column]
        reason = _("%(who)s has changed “%(field)s” since the preview.") % {
            "who": who or _("The system"),
            "field": work.record_type.fields[name].label,
        }
        refusals[number] = Refusal(number, "conflict", reason, name)
    return refusals


def _says(record_type: RecordType, settings: Sequence[Edit], actor: Actor) -> list[tuple[str, str]]:
    return [(str(edit.field.label), edit.says(actor)) for edit in settings]


def _already(
    rows: QuerySet[Any], record_type: RecordType, settings: Sequence[Edit], actor: Actor
) -> QuerySet[Any]:
    """Those that have all the values; nothing is shifted that is not there. Not told of a field that may not be compared."""
    said = {edit.field.name for edit in settings}
    conditions = [
        (edit.field, None if edit.is_relative or edit.op == "clear" else edit.value) for edit in settings
    ]
    along = fixed_values(settings).items()
    conditions += [(record_type.fields[name], value) for name, value in along if name not in said]
    for field, value in conditions:
        if value is None:
            rows = rows.filter(field.is_empty())
        elif "=" not in field.operators:
            return rows.none()
        elif isinstance(value, Ref) and value.id is None and value.key:
            rows = _pointing(rows, field, *value.key)
        else:
            rows = rows.filter(field.q("=", value))
    return rows


def _pointing(rows: QuerySet[Any], field: Field, key: str, value: Any) -> QuerySet[Any]:
    """Those that point at the record which is named by one of its keys."""
    if isinstance(field, OwnReference):
        ids = field.model._base_manager.order_by().filter(**{key: value}).values_list("pk", flat=True)
        return rows.filter(field.q("in", list(ids[:2])))
    return rows.filter(**{f"{field.column}__{key}": value})


def _shows(settings: Sequence[Edit]) -> tuple[str, ...]:
    names = [edit.field.name for edit in settings]
    if any(edit.op == "hand_over" for edit in settings):
        names += [name for name in ("team", "territory") if name not in names]
    return tuple(names)


EDIT = Act(
    name="edit",
    label=gettext_lazy("Edit"),
    icon="pencil",
    carry_out=carry_out,
    read=read_edits,
    says=_says,
    already=_already,
    shows=_shows,
)


def register() -> None:
    """Make the act known for all types."""
    acts.register(EDIT)
