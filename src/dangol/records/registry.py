"""All record types there are."""

from typing import TypeVar

from django.db.models import Model

from dangol.records.types import RecordType

T = TypeVar("T", bound=type[RecordType])

_types: dict[str, RecordType] = {}
_by_path: dict[str, RecordType] = {}
_by_model: dict[type[Model], RecordType] = {}


def register(declaration: T) -> T:
    """Class decorator: make a record type known. Raises ValueError when name, path or model is taken."""
    record_type = declaration()
    if record_type.name in _types or record_type.path in _by_path or record_type.model in _by_model:
        raise ValueError(f"record type {record_type.name!r}: its name, path or model is registered already")
    _types[record_type.name] = record_type
    _by_path[record_type.path] = record_type
    _by_model[record_type.model] = record_type
    return declaration


def get(name: str) -> RecordType:
    """The record type of that name. Raises KeyError."""
    return _types[name]


def find(name: str) -> RecordType | None:
    return _types.get(name)


def by_path(path: str) -> RecordType | None:
    """The record type with that path in URLs (`customers`)."""
    return _by_path.get(path)


def by_model(model: type[Model]) -> RecordType | None:
    return _by_model.get(model)


def all_types() -> list[RecordType]:
    """Every record type, in the order of the menu."""
    return sorted(_types.values(), key=lambda record_type: (record_type.order, record_type.name))


def inheriting(record_type: RecordType) -> list[tuple[RecordType, str]]:
    """The types whose scope comes from this one, each with the ORM path that leads here."""
    found = []
    for child in _types.values():
        step, path = child, []
        for part in child.scope.through:
            path.append(part)
            reference = step.fields[part]
            target = _types.get(reference.target or "")
            if target is None:
                break
            if target is record_type:
                found.append((child, "__".join(path)))
                break
            step = target
    return found
