"""Turns what callers gave as references into ids the actor may use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions, registry, tombstones
from dangol.records.arrays import one_of
from dangol.records.fields import FieldError, Locale, Ref, Reference
from dangol.records.fields.masks import Masked
from dangol.records.types import Draft, RecordType
from dangol.records.writing.errors import RowError

Asked = dict[str, dict[Any, list[Draft]]]
"""Ways in which targets were named ("id", a unique field, "" for the title) → value → the drafts that did so."""


def resolve_references(
    record_type: RecordType, drafts: Sequence[Draft], *, actor: Actor, locale: Locale
) -> Iterator[RowError]:
    """Replace every Ref by one with an id, in place; yields what cannot be. One query for each way of naming.

    A target must be alive and visible to the actor, unless the row refers to it already.
    """
    for name, field in record_type.editable_fields.items():
        if not isinstance(field, Reference):
            continue
        for key, wanted in _asked(name, drafts).items():
            try:
                found = _look_up(field, key, list(wanted), actor=actor, locale=locale)
            except FieldError as problem:
                for value, rows in wanted.items():
                    yield from _refused(name, value, rows, problem)
                continue
            for value, rows in wanted.items():
                ids = found.get(value, ())
                if len(ids) == 1:
                    for draft in rows:
                        draft.values[name] = Ref(id=ids[0])
                    continue
                unclear = (
                    FieldError("ambiguous", _("Several records are called so. Give the id."))
                    if ids
                    else FieldError("missing", _("There is no such record."))
                )
                yield from _refused(name, value, _not_optional(name, rows), unclear)


def _asked(name: str, drafts: Sequence[Draft]) -> Asked:
    asked: Asked = defaultdict(lambda: defaultdict(list))
    for draft in drafts:
        ref = draft.values.get(name)
        if not isinstance(ref, Ref):
            continue
        if ref.id is not None:
            if draft.current is None or draft.current.get(name) != ref:
                asked["id"][ref.id].append(draft)
        elif ref.key is not None:
            asked[ref.key[0]][ref.key[1]].append(draft)
        else:
            asked[""][ref.title].append(draft)
    return asked


def _not_optional(name: str, rows: Sequence[Draft]) -> list[Draft]:
    """The rows that insist on their reference; the others are left without one."""
    insisting = []
    for draft in rows:
        if draft.values[name].optional:
            draft.values[name] = None
        else:
            insisting.append(draft)
    return insisting


def _refused(name: str, value: Any, rows: Sequence[Draft], problem: FieldError) -> Iterator[RowError]:
    for draft in rows:
        del draft.values[name]
        yield RowError(draft.index, name, value, problem.code, problem.message)


def _look_up(
    field: Reference, key: str, wanted: Sequence[Any], *, actor: Actor, locale: Locale
) -> Mapping[Any, Sequence[int]]:
    """The ids behind each value. Raises FieldError when records cannot be named by `key`. One query."""
    target = registry.find(field.target) if field.target else None
    rows: Any = permissions.visible_to(actor, target) if target else field.model._default_manager.all()
    if target:
        target = fieldrules.seen_by(actor, target)
    # Asking by a key is asking for its value: a masked one answers no more than a filter does.
    clear = (
        {name for name, known in target.fields.items() if not isinstance(known, Masked)} if target else set()
    )
    columns = {
        "id": "pk",
        "": target.title if target else field.title,
        **({"email": "email"} if field.person and target is None else {}),
        **({target.title: target.title} if target else {}),
        **{name: name for name in (target.keys if target else ())},
        **{name: known.column for name, known in (target.fields.items() if target else ()) if known.unique},
    }
    if target:
        columns = {
            name: column
            for name, column in columns.items()
            if name == "id" or (name or target.title) in clear
        }
    own = target.own_fields.get(key) if target else None
    if key not in columns:
        names = ", ".join(name for name in columns if name)
        raise FieldError("key", _("Records are named by: %(keys)s.") % {"keys": names})
    given: dict[Any, list[Any]] = defaultdict(list)
    for value in wanted:
        parsed = value
        if target and key not in ("id", ""):
            try:
                parsed = target.fields[key].parse(value, locale)
            except FieldError:
                continue  # what cannot be a key names no record; the caller hears "there is no such record"
        given[parsed].append(value)
    found: dict[Any, list[int]] = defaultdict(list)
    column = columns[key]
    stored = target.table.columns.get(column) if target else None
    if own is not None:
        rows = rows.annotate(_key=own.expression()).filter(own.q("in", list(given)))
        named = ((record_id, own.loaded(value)) for record_id, value in rows.values_list("pk", "_key"))
    else:
        wanted_values = one_of(given, stored.type) if stored else list(given)
        named = rows.filter(**{f"{column}__in": wanted_values}).values_list("pk", column)
    for record_id, value in named:
        for as_given in given.get(value, ()):
            found[as_given].append(record_id)
    if target and key and own is None:
        for as_given, record_id in _of_merged(target, key, column, given, found, actor):
            found[as_given].append(record_id)
    return found


def _of_merged(
    target: RecordType,
    key: str,
    column: str,
    given: Mapping[Any, Sequence[Any]],
    found: Mapping[Any, Sequence[int]],
    actor: Actor,
) -> list[tuple[Any, int]]:
    """Of what was not found: the records that stand for merged ones which are named by their id or a key, as far as the
    actor sees them, each with how it was named. Three queries at most, none where everything was found.
    """
    gone = [value for value, named_so in given.items() if not any(as_given in found for as_given in named_so)]
    if not gone or not (key == "id" or target.fields[key].unique):
        return []
    rows = target.model._default_manager.filter(**{f"{column}__in": gone}, deleted_at__isnull=False)
    named = dict(rows.values_list("pk", column))
    into = tombstones.survivors(target, named)
    if not into:
        return []
    visible = permissions.visible_to(actor, target).filter(pk__in=into.values())
    seen = set(visible.values_list("pk", flat=True))
    return [
        (as_given, into[record_id])
        for record_id, value in named.items()
        if into.get(record_id) in seen
        for as_given in given.get(value, ())
    ]
