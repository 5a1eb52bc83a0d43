"""Records as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.filters.messages import did_you_mean, nearest
from dangol.records.rest.problems import parameter_problem
from dangol.records.types import RecordType


def item(record_type: RecordType, row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """One record: `id`, `version` and the named fields. Empty texts are null, as every missing value is."""
    fields = record_type.fields
    shown = {"id": row["id"], "version": row["version"]}
    for name in names:
        if name != "id":
            value = row[name]
            shown[name] = None if value is None or value == "" else fields[name].to_json(value)
    return shown


def names_in(text: str | None, record_type: RecordType, default: Iterable[str], *, actor: Actor) -> list[str]:
    """The `fields` parameter: names with commas between them, `*` for all. Raises Problem for an unknown one."""
    known = permissions.fields_for(actor, record_type)
    if text is None:
        return [name for name in default if name != "id" and name in known]
    if text.strip() == "*":
        return [name for name in known if name != "id"]
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in known and name != "version":
            message = _("There is no field “%(name)s”.") % {"name": name[:60]}
            raise parameter_problem("fields", message + did_you_mean(nearest(name, known)), "unknown_field")
    return [name for name in names if name not in ("id", "version")]
