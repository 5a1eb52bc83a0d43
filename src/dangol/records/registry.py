"""All record types there are: those that rooms declare, and those that administrators made (`objects/`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Model

from dangol.records.types import RecordType

T = TypeVar("T", bound=type[RecordType])


@dataclass(frozen=True, eq=False)
class _Known:
    """The record types by all they are asked for by. Never changed: another one is put in its place."""

    types: dict[str, RecordType] = field(default_factory=dict)
    by_path: dict[str, RecordType] = field(default_factory=dict)
    by_model: dict[type[Model], RecordType] = field(default_factory=dict)


_declared: list[RecordType] = []
_own: tuple[RecordType, ...] = ()
_known = _Known()


def register(declaration: T) -> T:
    """Class decorator: make a record type known. Raises ValueError when name, path or model is taken."""
    record_type = declaration()
    if (
        record_type.name in _known.types
        or record_type.path in _known.by_path
        or record_type.model in _known.by_model
    ):
        raise ValueError(f"record type {record_type.name!r}: its name, path or model is registered already")
    _declared.append(record_type)
    _put()
    return declaration


def set_own(types: Sequence[RecordType]) -> None:
    """Have these types of administrators' making from now on, instead of those before; all readers see it at once."""
    global _own
    _own = tuple(types)
    _put()


def own_types() -> tuple[RecordType, ...]:
    """The types that administrators made, as far as they are switched on."""
    return _own


def _put() -> None:
    global _known
    types = [*_declared, *_own]
    _known = _Known(
        {item.name: item for item in types},
        {item.path: item for item in types},
        {item.model: item for item in types},
    )


def generation() -> object:
    """Stands for all that is registered now; another one as soon as something changes. For keys of caches."""
    return _known


def get(name: str) -> RecordType:
    """The record type of that name. Raises KeyError."""
    return _known.types[name]


def find(name: str) -> RecordType | None:
    return _known.types.get(name)


def by_path(path: str) -> RecordType | None:
    """The record type with that path in URLs (`customers`)."""
    return _known.by_path.get(path)


def by_model(model: type[Model]) -> RecordType | None:
    return _known.by_model.get(model)


def all_types() -> list[RecordType]:
    """Every record type, in the order of the menu."""
    return sorted(_known.types.values(), key=lambda record_type: (record_type.order, record_type.name))


def inheriting(record_type: RecordType) -> list[tuple[RecordType, str]]:
    """The types whose scope comes from this one, each with the ORM path that leads here."""
    found = []
    known = _known.types
    for child in known.values():
        step, path = child, []
        for part in child.scope.through:
            path.append(part)
            reference = step.fields[part]
            target = known.get(reference.target or "")
            if target is None:
                break
            if target is record_type:
                found.append((child, "__".join(path)))
                break
            step = target
    return found
