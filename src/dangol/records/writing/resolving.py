"""Turns what callers gave as references into ids the actor may use."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import permissions, registry
from dangol.records.fields import FieldError, Locale, Ref, Reference
from dangol.records.types import Draft, RecordType
from dangol.records.writing.errors import RowError


def resolve_references(
    record_type: RecordType, drafts: Sequence[Draft], *, actor: Actor, locale: Locale
) -> list[RowError]:
    """Replace every Ref by one with an id, in place. One query for each way in which a target was named.

    A target must be alive and visible to the actor, unless the row refers to it already.
    """
    errors: list[RowError] = []
    for name, field in record_type.editable_fields.items():
        if not isinstance(field, Reference):
            continue
        asked: dict[str, dict[Any, list[Draft]]] = defaultdict(lambda: defaultdict(list))
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
        for key, wanted in asked.items():
            found, problem = _look_up(field, key, wanted, actor=actor, locale=locale)
            for value, rows in wanted.items():
                ids = found.get(value, ())
                for draft in rows:
                    if len(ids) == 1:
                        draft.values[name] = Ref(id=ids[0])
                        continue
                    if problem is None:
                        message = _("There is no such record.") if not ids else _("Several records are called so. Give the id.")
                        code = "missing" if not ids else "ambiguous"
                    else:
                        message, code = problem.message, problem.code
                    errors.append(RowError(draft.index, name, value, code, message))
                    del draft.values[name]
    return errors


def _look_up(
    field: Reference, key: str, wanted: dict[Any, list[Draft]], *, actor: Actor, locale: Locale
) -> tuple[dict[Any, list[int]], FieldError | None]:
    target = registry.find(field.target) if field.target else None
    if target is None:
        rows: Any = field.model._default_manager.all()
        column = {"id": "pk", "": field.title}.get(key)
    else:
        rows = permissions.visible_to(actor, target)
        column = {"id": "pk", "": target.title}.get(key) or (key if key in target.keys else None)
    if column is None:
        keys = ", ".join(("id", *(target.keys if target else ())))
        return {}, FieldError("key", _("Records are named by: %(keys)s.") % {"keys": keys})
    values: dict[Any, Any] = {}
    for value in wanted:
        try:
            parsed = target.fields[key].parse(value, locale) if target and key not in ("id", "") else value
        except FieldError:
            continue
        values.setdefault(parsed, []).append(value)
    found: dict[Any, list[int]] = defaultdict(list)
    for record_id, value in rows.filter(**{f"{column}__in": list(values)}).values_list("pk", column):
        for given in values.get(value, ()):
            found[given].append(record_id)
    return found, None
