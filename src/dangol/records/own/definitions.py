"""Own fields in memory: each process makes Field objects of the definitions, and anew whenever those change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from dangol.identity import revisions
from dangol.identity.models import Team, Territory
from dangol.records import registry
from dangol.records.fields import own as kinds
from dangol.records.fields.own import Own
from dangol.records.fields.own_json import in_language
from dangol.records.models import IndexState, OwnField, OwnKind, OwnState
from dangol.records.types import Label, RecordType

log = structlog.get_logger(__name__)

REVISION = "own_fields"
FURTHER = _("Further details")
PEOPLE: dict[str, Any] = {"user": get_user_model, "team": lambda: Team, "territory": lambda: Territory}
"""Targets of references that are no record types of their own."""

KINDS: dict[str, type[Own]] = {
    OwnKind.TEXT: kinds.OwnText,
    OwnKind.LONG_TEXT: kinds.OwnLongText,
    OwnKind.INTEGER: kinds.OwnInteger,
    OwnKind.NUMBER: kinds.OwnNumber,
    OwnKind.MONEY: kinds.OwnMoney,
    OwnKind.PERCENT: kinds.OwnNumber,
    OwnKind.DATE: kinds.OwnDate,
    OwnKind.DATETIME: kinds.OwnDateTime,
    OwnKind.BOOLEAN: kinds.OwnBoolean,
    OwnKind.CHOICE: kinds.OwnChoice,
    OwnKind.MULTI_CHOICE: kinds.OwnMultiChoice,
    OwnKind.REFERENCE: kinds.OwnReference,
    OwnKind.PHONE: kinds.OwnPhone,
    OwnKind.EMAIL: kinds.OwnEmail,
    OwnKind.URL: kinds.OwnUrl,
    OwnKind.BUSINESS_NUMBER: kinds.OwnBusinessNumber,
}

Contributor = Callable[[RecordType], Sequence[Own]]
_contributors: list[Contributor] = []


def also(contributor: Contributor) -> None:
    """Have more fields that are kept in `own` made with the others: computed ones. Called while the project starts."""
    _contributors.append(contributor)


def load() -> None:
    """Read all definitions, and give each record type its own fields. One query."""
    by_type: dict[str, list[OwnField]] = defaultdict(list)
    for definition in OwnField.objects.filter(state=OwnState.ACTIVE).order_by("position", "pk"):
        by_type[definition.record_type].append(definition)
    for record_type in registry.all_types():
        give(record_type, by_type.get(record_type.name, ()))


def give(record_type: RecordType, definitions: Sequence[OwnField]) -> None:
    """Give one record type the fields of these definitions, and those that others compute for it."""
    fields = made(definitions)
    fields += [field for contributor in _contributors for field in contributor(record_type)]
    if not fields and not record_type.own_fields:
        return
    groups: dict[str, list[str]] = defaultdict(list)
    for field in fields:
        groups[field.group].append(field.name)
    sections: list[tuple[Label, str, tuple[str, ...]]] = [
        (name or FURTHER, name, tuple(names)) for name, names in groups.items()
    ]
    record_type.take_own(fields, sections)


def made(definitions: Iterable[OwnField]) -> list[Own]:
    """The fields that definitions describe. One that makes none – its target is gone – must not take the others away."""
    fields = []
    for definition in definitions:
        try:
            fields.append(field_of(definition))
        except (KeyError, TypeError, ValueError) as problem:
            log.error(
                "own_field_left_out", type=definition.record_type, field=definition.name, why=repr(problem)
            )
    return fields


def field_of(definition: OwnField) -> Own:
    """The Field that a definition describes.

    Raises:
        KeyError, TypeError, ValueError: the definition describes none.
    """
    settings = definition.settings
    options: dict[str, Any] = {
        "label": in_language(definition.label_ko, definition.label_en),
        "help": in_language(definition.help_ko, definition.help_en),
        "required": definition.required,
        "unique": definition.unique,
    }
    match definition.kind:
        case OwnKind.CHOICE | OwnKind.MULTI_CHOICE:
            choices = settings["choices"]
            options["choices"] = [
                (item["code"], in_language(item.get("ko", ""), item.get("en", ""))) for item in choices
            ]
            options["tones"] = {item["code"]: item["tone"] for item in choices if item.get("tone")}
            options["retired"] = [item["code"] for item in choices if item.get("retired")]
        case OwnKind.REFERENCE:
            options.update(_pointing(settings["target"]))
        case OwnKind.MONEY:
            options.update(digits=settings.get("digits", 18), places=settings.get("places", 2))
            options["currency"] = settings.get("currency", "KRW")
        case OwnKind.NUMBER | OwnKind.PERCENT:
            options.update(digits=settings.get("digits", 18), places=settings.get("places", 4))
            options["unit"] = "%" if definition.kind == OwnKind.PERCENT else settings.get("unit", "")
        case OwnKind.INTEGER:
            options.update({key: settings[key] for key in ("low", "high") if settings.get(key) is not None})
            options["unit"] = settings.get("unit", "")
        case OwnKind.TEXT | OwnKind.LONG_TEXT | OwnKind.EMAIL | OwnKind.URL:
            options["max_length"] = settings.get("max_length")
    field = KINDS[definition.kind](definition.name, **options)
    field.identity = definition.pk or 0
    field.group = definition.group
    field.condition = definition.condition
    field.indexed = definition.index_state == IndexState.READY
    record_type = registry.find(definition.record_type)
    field.bearer = record_type.model if record_type else None
    if definition.default is not None:
        field.default = field.loaded(definition.default)
    return field


def _pointing(target: str) -> dict[str, Any]:
    record_type = registry.find(target)
    if record_type is not None:
        title = record_type.title_field.column
        return {"model": record_type.model, "target": target, "title": title, "path": record_type.path}
    return {"model": PEOPLE[target](), "target": None, "title": "name"}


def start() -> None:
    """Called once while the project starts; reads nothing yet."""
    revisions.keep(REVISION, load)
